import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { bodyOf } from "../../api/client";
import type { Instance, Video } from "../../api/types";
import { count, pixels } from "../parts/format";
import { studioUrl } from "../parts/project";
import type { ModelPage } from "./index";

const PICTURE_WIDTH = 640;
/** The crop keeps this much of the labelled extent around it, so that the animal fills the picture. */
const MARGIN = 0.6;
const LEAST_SIDE_PX = 80;

/** Where it fails, as pictures: the human labels lie over each, and a press opens the studio there. */
export function WorstFrames(page: ModelPage): JSX.Element | null {
  const { model, recordings } = page.data;
  const videos = new Map(
    recordings.flatMap((recording) => recording.videos).map((video) => [video.id, video]),
  );
  const frames = model.worst.filter(({ video_id }) => videos.has(video_id));
  if (frames.length === 0) return null;
  return (
    <section class="card">
      <div class="card-head">
        <h2>Worst frames</h2>
        <span class="dim small">
          Rings are the labels. A label in the wrong place makes a frame look bad too: check it first.
        </span>
      </div>
      <ul class="tiles">
        {frames.map(({ video_id, frame_index, mean_px }) => {
          const video = videos.get(video_id);
          return (
            video && (
              <li key={`${video_id}:${frame_index}`}>
                <a class="tile" href={studioUrl(page.props.urls, video_id, { frame: frame_index })}>
                  <FramePicture api={page.api} video={video} frame={frame_index} />
                  <span class="row apart">
                    <b class="num-text">{pixels(mean_px)}</b>
                    <span class="dim small num-text">frame {count(frame_index)}</span>
                  </span>
                  <span class="dim small clip">{video.recording_name}</span>
                </a>
              </li>
            )
          );
        })}
      </ul>
    </section>
  );
}

interface FramePictureProps extends Pick<ModelPage, "api"> {
  readonly video: Video;
  readonly frame: number;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function FramePicture({ api, video, frame }: FramePictureProps): JSX.Element {
  const points: Signal<readonly Point[]> = useSignal([]);
  useEffect(() => {
    let stale = false;
    const query = { start: frame, stop: frame + 1 };
    bodyOf(api.GET("/api/v1/videos/{video_id}/labels", { params: { path: { video_id: video.id }, query } }))
      .then((instances) => {
        if (!stale) points.value = placedPoints(instances);
      })
      // The picture is still worth having without its rings.
      .catch((error: unknown) => console.warn("labels of a worst frame could not be read", error));
    return () => {
      stale = true;
    };
  }, [api, video.id, frame, points]);

  const width =
    video.frame_widths.includes(PICTURE_WIDTH) && video.width > PICTURE_WIDTH ? PICTURE_WIDTH : null;
  const address = (video.frame_url_template ?? "").replace("{n}", String(frame));
  const [x, y, side, height] = cropAround(points.value, video);
  return (
    <span class="shot">
      <svg
        viewBox={`${x} ${y} ${side} ${height}`}
        role="img"
        aria-label={`Frame ${frame} of ${video.recording_name}`}
      >
        <image
          href={width ? `${address}?width=${width}` : address}
          x={-0.5}
          y={-0.5}
          width={video.width}
          height={video.height}
          preserveAspectRatio="none"
        />
        {points.value.map((point) => (
          <circle key={`${point.x}:${point.y}`} class="ring" cx={point.x} cy={point.y} r={side / 60} />
        ))}
      </svg>
    </span>
  );
}

function placedPoints(instances: readonly Instance[]): Point[] {
  return instances
    .flatMap(({ keypoints }) => keypoints)
    .flatMap(({ x, y, visibility }) =>
      x !== null && y !== null && (visibility === "visible" || visibility === "guessed") ? [{ x, y }] : [],
    );
}

/** A 4:3 window in source pixels around the points; the whole frame where there are none. */
export function cropAround(
  points: readonly Point[],
  { width, height }: Pick<Video, "width" | "height">,
): readonly [number, number, number, number] {
  if (points.length === 0) return [0, 0, width, height];
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  const extent = Math.max(right - left, (bottom - top) * (4 / 3), LEAST_SIDE_PX);
  const side = Math.min(extent * (1 + 2 * MARGIN), width);
  const tall = Math.min(side * 0.75, height);
  const within = (centre: number, size: number, limit: number) =>
    Math.max(0, Math.min(centre - size / 2, limit - size));
  return [within((left + right) / 2, side, width), within((top + bottom) / 2, tall, height), side, tall];
}
