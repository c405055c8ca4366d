import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { type Api, bodyOf } from "../../api/client";
import type { Model, Result, Video } from "../../api/types";
import { cropAround, MarkedFrame, type Point, pairsOf, pointsOf } from "../parts/markedFrame";
import { readPredictedPoints } from "../parts/predictedPoints";

interface FramePictureProps {
  readonly api: Api;
  readonly video: Video;
  readonly worst: Model["worst"][number];
  /** What the model has said about the whole video, where it ran over it. */
  readonly result: Result | undefined;
}

/** A worst frame, cropped to its labels: with the points that were measured, where the model kept them. */
export function FramePicture({ api, video, worst, result }: FramePictureProps): JSX.Element {
  const { frame_index: frame, labels_px, points_px } = worst;
  const words = `Frame ${frame} of ${video.recording_name}`;
  if (!labels_px || !points_px) {
    return <PictureOfNow api={api} video={video} frame={frame} result={result} words={words} />;
  }
  const labels = pointsOf(labels_px);
  return (
    <MarkedFrame
      video={video}
      frame={frame}
      labels={labels}
      answers={pointsOf(points_px)}
      pairs={pairsOf(labels_px, points_px)}
      crop={cropAround(labels, video)}
      words={words}
    />
  );
}

interface PictureOfNowProps {
  readonly api: Api;
  readonly video: Video;
  readonly frame: number;
  readonly result: Result | undefined;
  readonly words: string;
}

/** Of models that kept no points: the labels of now, and what the model said when it ran over the video. */
function PictureOfNow({ api, video, frame, result, words }: PictureOfNowProps): JSX.Element {
  const labels: Signal<readonly Point[]> = useSignal([]);
  const answers: Signal<readonly Point[]> = useSignal([]);
  const resultId = result && result.frames_done > frame ? result.id : null;
  useEffect(() => {
    let stale = false;
    const keep = (into: Signal<readonly Point[]>, reading: Promise<Point[]>) =>
      reading
        .then((found) => {
          if (!stale) into.value = found;
        })
        // The picture is still worth having without its marks.
        .catch((error: unknown) => console.warn("marks of a worst frame could not be read", error));
    void keep(labels, readLabels(api, video.id, frame));
    if (resultId !== null) void keep(answers, readPredictedPoints(resultId, frame));
    return () => {
      stale = true;
    };
  }, [api, video.id, frame, resultId, labels, answers]);
  return (
    <MarkedFrame
      video={video}
      frame={frame}
      labels={labels.value}
      answers={answers.value}
      crop={cropAround(labels.value, video)}
      words={words}
    />
  );
}

async function readLabels(api: Api, videoId: number, frame: number): Promise<Point[]> {
  const query = { start: frame, stop: frame + 1 };
  const path = { video_id: videoId };
  const instances = await bodyOf(api.GET("/api/v1/videos/{video_id}/labels", { params: { path, query } }));
  return instances
    .flatMap(({ keypoints }) => keypoints)
    .flatMap(({ x, y, visibility }) =>
      x !== null && y !== null && (visibility === "visible" || visibility === "guessed") ? [{ x, y }] : [],
    );
}
