/** Draws the timeline; pure geometry first, so that what a click means and what is drawn agree. */

import { timeWords } from "./words";

export interface TimelineColours {
  readonly line: string;
  readonly dim: string;
  readonly ok: string;
  readonly warn: string;
  readonly accent: string;
  readonly bad: string;
}

export interface TimelineContent {
  readonly ticks: number;
  readonly fps: number;
  /** Ticks with labels, and with suggested frames, of the active view. */
  readonly labelled: Iterable<number>;
  readonly suggested: Iterable<number>;
  /** The same of the other views. */
  readonly labelledElsewhere: Iterable<number>;
  readonly suggestedElsewhere: Iterable<number>;
  /** Stretches of ticks in which the predictions of the active view are doubtful. */
  readonly doubts: readonly DoubtfulTicks[];
  /** Confidence (tick) of the active view. */
  readonly bands: readonly { readonly colour: string; readonly confidence: Float32Array }[];
}

/** Ticks first..last; the last one belongs to it. */
export interface DoubtfulTicks {
  readonly first: number;
  readonly last: number;
  readonly severity: number;
}

const AXIS_HEIGHT = 18;
const MARK_HEIGHT = 12;
const BAND_HEIGHT = 9;
const GAP = 4;
/** Within the gap below the marks. */
const DOUBT_HEIGHT = 3;
/** A stretch of a few frames in hours is still to be seen. */
const LEAST_DOUBT_WIDTH = 2;
/** What other views have stands back behind what the active one has. */
const ELSEWHERE_ALPHA = 0.38;
const LEAST_MARK_WIDTH = 4;
const TIME_SPACING = 90;
const TIME_STEPS_S = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200];

export function timelineHeight(bands: number): number {
  return AXIS_HEIGHT + GAP + MARK_HEIGHT + bands * (GAP + BAND_HEIGHT) + 2;
}

/** Left edge of a tick on a timeline of this width. */
export function xOfTick(tick: number, ticks: number, width: number): number {
  return (tick / ticks) * width;
}

/** The tick at a horizontal position; clamped to the recording. */
export function tickOfX(x: number, ticks: number, width: number): number {
  return Math.min(ticks - 1, Math.max(0, Math.floor((x / width) * ticks)));
}

/** Seconds between the times on the axis that leave room for their text. */
export function timeStep(durationS: number, width: number): number {
  const wished = (durationS * TIME_SPACING) / Math.max(1, width);
  return TIME_STEPS_S.find((step) => step >= wished) ?? Math.ceil(wished / 3600) * 3600;
}

export function paintTimeline(
  context: CanvasRenderingContext2D,
  width: number,
  content: TimelineContent,
  colours: TimelineColours,
): void {
  const height = timelineHeight(content.bands.length);
  context.clearRect(0, 0, width, height);
  paintAxis(context, width, content, colours);
  paintMarks(context, width, content, colours);
  paintDoubts(context, width, content, colours);
  content.bands.forEach((band, i) => {
    const top = AXIS_HEIGHT + GAP + MARK_HEIGHT + GAP + i * (GAP + BAND_HEIGHT);
    paintBand(context, width, content.ticks, band, top);
  });
}

function paintAxis(
  context: CanvasRenderingContext2D,
  width: number,
  { ticks, fps }: TimelineContent,
  colours: TimelineColours,
): void {
  const duration = ticks / fps;
  const step = timeStep(duration, width);
  context.fillStyle = colours.line;
  context.fillRect(0, AXIS_HEIGHT - 1, width, 1);
  context.font = "13px system-ui, sans-serif";
  for (let i = 0; i * step < duration; i++) {
    const x = (i * step * fps * width) / ticks;
    if (x > width - 28) break;
    context.fillStyle = colours.line;
    context.fillRect(Math.round(x), AXIS_HEIGHT - 5, 1, 4);
    context.fillStyle = colours.dim;
    context.fillText(timeWords(i * step + 1e-6, step < 1), x + (i === 0 ? 0 : 4), AXIS_HEIGHT - 5);
  }
}

function paintMarks(
  context: CanvasRenderingContext2D,
  width: number,
  content: TimelineContent,
  colours: TimelineColours,
): void {
  const { ticks } = content;
  const top = AXIS_HEIGHT + GAP;
  const wide = Math.max(LEAST_MARK_WIDTH, width / ticks - 1);
  const rings = (marks: Iterable<number>): void => {
    for (const tick of marks) {
      context.strokeRect(xOfTick(tick, ticks, width) + 0.75, top + 0.75, wide - 0.5, MARK_HEIGHT - 1.5);
    }
  };
  const bars = (marks: Iterable<number>): void => {
    for (const tick of marks) context.fillRect(xOfTick(tick, ticks, width), top, wide, MARK_HEIGHT);
  };
  context.strokeStyle = colours.warn;
  context.lineWidth = 1.5;
  context.fillStyle = colours.ok;
  context.globalAlpha = ELSEWHERE_ALPHA;
  rings(content.suggestedElsewhere);
  bars(content.labelledElsewhere);
  context.globalAlpha = 1;
  rings(content.suggested);
  bars(content.labelled);
}

/** Lines below the marks, the stronger the more doubtful. */
function paintDoubts(
  context: CanvasRenderingContext2D,
  width: number,
  { ticks, doubts }: TimelineContent,
  colours: TimelineColours,
): void {
  const top = AXIS_HEIGHT + GAP + MARK_HEIGHT + 0.5;
  context.fillStyle = colours.bad;
  for (const { first, last, severity } of doubts) {
    const left = xOfTick(first, ticks, width);
    const wide = Math.max(LEAST_DOUBT_WIDTH, xOfTick(last + 1, ticks, width) - left);
    context.globalAlpha = 0.45 + 0.55 * Math.min(1, severity);
    context.fillRect(left, top, wide, DOUBT_HEIGHT);
  }
  context.globalAlpha = 1;
}

/** One column a device pixel: the mean confidence of its ticks is the strength of the bar. */
function paintBand(
  context: CanvasRenderingContext2D,
  width: number,
  ticks: number,
  { colour, confidence }: TimelineContent["bands"][number],
  top: number,
): void {
  context.fillStyle = colour;
  const columns = Math.min(Math.ceil(width), ticks);
  const step = width / columns;
  for (let c = 0; c < columns; c++) {
    const from = Math.floor((c * ticks) / columns);
    const to = Math.max(from + 1, Math.floor(((c + 1) * ticks) / columns));
    let sum = 0;
    let count = 0;
    for (let f = from; f < to; f++) {
      const value = confidence[f];
      if (value === undefined || Number.isNaN(value)) continue;
      sum += value;
      count++;
    }
    if (count === 0) continue;
    context.globalAlpha = 0.12 + 0.83 * Math.min(1, sum / count) ** 2;
    context.fillRect(c * step, top, step + 0.5, BAND_HEIGHT);
  }
  context.globalAlpha = 1;
}
