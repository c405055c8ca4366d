import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { type Api, bodyOf } from "../../api/client";
import { problemOf } from "../../api/problem";
import type { Video } from "../../api/types";
import { parseWindow } from "../studio/predictions";

const PICTURE_WIDTH = 640;
/** The crop keeps this much of the labelled extent around it, so that the animal fills the picture. */
const MARGIN = 0.6;
const LEAST_SIDE_PX = 80;

interface FramePictureProps {
  readonly api: Api;
  readonly modelId: number;
  readonly video: Video;
  readonly frame: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** One frame, cropped to its labels, with a ring a label and a cross a prediction. */
export function FramePicture({ api, modelId, video, frame }: FramePictureProps): JSX.Element {
  const labels: Signal<readonly Point[]> = useSignal([]);
  const predictions: Signal<readonly Point[]> = useSignal([]);
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
    void keep(predictions, readPredictions(api, modelId, video.id, frame));
    return () => {
      stale = true;
    };
  }, [api, modelId, video.id, frame, labels, predictions]);

  const scaled = video.width > PICTURE_WIDTH && video.frame_widths.includes(PICTURE_WIDTH);
  const address = (video.frame_url_template ?? "").replace("{n}", String(frame));
  const [x, y, width, height] = cropAround(labels.value, video);
  return (
    <span class="shot">
      <svg
        viewBox={`${x} ${y} ${width} ${height}`}
        role="img"
        aria-label={`Frame ${frame} of ${video.recording_name}`}
      >
        {/* Pixel (0, 0) is the centre of the first pixel, so the picture begins half a pixel before it. */}
        <image
          href={scaled ? `${address}?width=${PICTURE_WIDTH}` : address}
          x={-0.5}
          y={-0.5}
          width={video.width}
          height={video.height}
          preserveAspectRatio="none"
        />
        {labels.value.map((point) => (
          <circle key={`${point.x}:${point.y}`} class="ring" cx={point.x} cy={point.y} r={width / 60} />
        ))}
        {predictions.value.map((point) => (
          <path key={`${point.x}:${point.y}`} class="cross" d={crossAt(point, width / 60)} />
        ))}
      </svg>
    </span>
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

/** Where this model ran on the video: its points of the frame. Nothing elsewhere. */
async function readPredictions(api: Api, modelId: number, videoId: number, frame: number): Promise<Point[]> {
  const path = { video_id: videoId };
  const results = await bodyOf(api.GET("/api/v1/videos/{video_id}/results", { params: { path } }));
  const result = results.find((one) => one.model_id === modelId && one.frames_done > frame);
  if (!result) return [];
  const response = await fetch(`/api/v1/results/${result.id}/window?start=${frame}&stop=${frame + 1}`);
  if (!response.ok) throw await problemOf(response);
  const shape = response.headers.get("X-Shape") ?? "";
  const { values } = parseWindow(await response.arrayBuffer(), shape, frame);
  const points: Point[] = [];
  for (let at = 0; at < values.length; at += 3) {
    const [x, y] = [values[at] ?? Number.NaN, values[at + 1] ?? Number.NaN];
    if (Number.isFinite(x) && Number.isFinite(y)) points.push({ x, y });
  }
  return points;
}

function crossAt({ x, y }: Point, arm: number): string {
  return `M${x - arm} ${y - arm}L${x + arm} ${y + arm}M${x - arm} ${y + arm}L${x + arm} ${y - arm}`;
}

/** A 4:3 window in source pixels around the points; the whole frame where there are none. */
export function cropAround(
  points: readonly Point[],
  { width, height }: Pick<Video, "width" | "height">,
): readonly [x: number, y: number, width: number, height: number] {
  if (points.length === 0) return [0, 0, width, height];
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  const extent = Math.max(right - left, (bottom - top) * (4 / 3), LEAST_SIDE_PX);
  const wide = Math.min(extent * (1 + 2 * MARGIN), width);
  const tall = Math.min(wide * 0.75, height);
  const within = (centre: number, size: number, limit: number) =>
    Math.max(0, Math.min(centre - size / 2, limit - size));
  return [within((left + right) / 2, wide, width), within((top + bottom) / 2, tall, height), wide, tall];
}
