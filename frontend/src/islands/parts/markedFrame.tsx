import type { JSX } from "preact";
import type { Video } from "../../api/types";

const PICTURE_WIDTH = 640;
/** The crop keeps this much of the labelled extent around it, so that the animal fills the picture. */
const MARGIN = 0.6;
const LEAST_SIDE_PX = 80;

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A label and what the model says of it, where both are known to belong together. */
export interface Pair {
  readonly label: Point;
  readonly answer: Point;
}

/** x, y, width, height in source pixels. */
export type Crop = readonly [x: number, y: number, width: number, height: number];

interface MarkedFrameProps {
  readonly video: Video;
  readonly frame: number;
  readonly labels: readonly Point[];
  readonly answers: readonly Point[];
  /** A thin line from each label to its answer. */
  readonly pairs?: readonly Pair[];
  readonly crop: Crop;
  readonly words: string;
}

/** A frame with a ring a label and a cross an answer. */
export function MarkedFrame(props: MarkedFrameProps): JSX.Element {
  const { video, frame, labels, answers, pairs = [], crop } = props;
  const scaled = video.width > PICTURE_WIDTH && video.frame_widths.includes(PICTURE_WIDTH);
  const address = (video.frame_url_template ?? "").replace("{n}", String(frame));
  const [x, y, width, height] = crop;
  return (
    <span class="shot">
      <svg viewBox={`${x} ${y} ${width} ${height}`} role="img" aria-label={props.words}>
        {/* Pixel (0, 0) is the centre of the first pixel, so the picture begins half a pixel before it. */}
        <image
          href={scaled ? `${address}?width=${PICTURE_WIDTH}` : address}
          x={-0.5}
          y={-0.5}
          width={video.width}
          height={video.height}
          preserveAspectRatio="none"
        />
        {pairs.map(({ label, answer }) => (
          <path
            key={`${label.x}:${label.y}:${answer.x}:${answer.y}`}
            class="miss"
            d={`M${label.x} ${label.y}L${answer.x} ${answer.y}`}
          />
        ))}
        {labels.map((point) => (
          <circle key={`${point.x}:${point.y}`} class="ring" cx={point.x} cy={point.y} r={width / 60} />
        ))}
        {answers.map((point) => (
          <path key={`${point.x}:${point.y}`} class="cross" d={crossAt(point, width / 60)} />
        ))}
      </svg>
    </span>
  );
}

/** (individual, keypoint) of [x, y, ...], null where there is none, as the server tells them. */
export type ServerPoints = readonly (readonly (readonly number[] | null)[])[];

export function pointsOf(points: ServerPoints): Point[] {
  return points.flat().flatMap((point) => pointOf(point) ?? []);
}

/** Labels with their answers; points that one of them lacks are left out. */
export function pairsOf(labels: ServerPoints, answers: ServerPoints): Pair[] {
  return labels.flatMap((individual, i) =>
    individual.flatMap((point, k) => {
      const [label, answer] = [pointOf(point), pointOf(answers[i]?.[k] ?? null)];
      return label && answer ? [{ label, answer }] : [];
    }),
  );
}

function pointOf(point: readonly number[] | null): Point | null {
  const [x, y] = point ?? [];
  return x === undefined || y === undefined ? null : { x, y };
}

function crossAt({ x, y }: Point, arm: number): string {
  return `M${x - arm} ${y - arm}L${x + arm} ${y + arm}M${x - arm} ${y + arm}L${x + arm} ${y - arm}`;
}

/** A 4:3 window in source pixels around the points; the whole frame where there are none. */
export function cropAround(
  points: readonly Point[],
  { width, height }: Pick<Video, "width" | "height">,
): Crop {
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
