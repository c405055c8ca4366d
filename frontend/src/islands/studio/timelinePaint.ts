/** Draws the timeline; pure geometry first, so that what a click means and what is drawn agree. */

import { timeWords } from "./words";

export interface TimelineColours {
  readonly line: string;
  readonly text: string;
  readonly dim: string;
  readonly ok: string;
  readonly warn: string;
  readonly accent: string;
}

export interface TimelineContent {
  readonly frameCount: number;
  readonly fps: number;
  readonly target: number;
  readonly labelled: Iterable<number>;
  readonly suggested: Iterable<number>;
  readonly bands: readonly { readonly colour: string; readonly confidence: Float32Array }[];
}

const AXIS_HEIGHT = 18;
const MARK_HEIGHT = 12;
const BAND_HEIGHT = 9;
const GAP = 4;
const LEAST_MARK_WIDTH = 4;
const TICK_SPACING = 90;
const TICK_STEPS_S = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200];

export function timelineHeight(bands: number): number {
  return AXIS_HEIGHT + GAP + MARK_HEIGHT + bands * (GAP + BAND_HEIGHT) + 2;
}

/** Left edge of a frame on a timeline of this width. */
export function xOfFrame(frame: number, frameCount: number, width: number): number {
  return (frame / frameCount) * width;
}

/** The frame at a horizontal position; clamped to the recording. */
export function frameOfX(x: number, frameCount: number, width: number): number {
  return Math.min(frameCount - 1, Math.max(0, Math.floor((x / width) * frameCount)));
}

/** Seconds between ticks that leave room for their text. */
export function tickStep(durationS: number, width: number): number {
  const wished = (durationS * TICK_SPACING) / Math.max(1, width);
  return TICK_STEPS_S.find((step) => step >= wished) ?? Math.ceil(wished / 3600) * 3600;
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
  content.bands.forEach((band, i) => {
    const top = AXIS_HEIGHT + GAP + MARK_HEIGHT + GAP + i * (GAP + BAND_HEIGHT);
    paintBand(context, width, content.frameCount, band, top);
  });
  context.globalAlpha = 1;
  const wide = Math.max(2, width / content.frameCount);
  context.fillStyle = colours.text;
  context.fillRect(
    xOfFrame(content.target, content.frameCount, width),
    AXIS_HEIGHT - 3,
    Math.min(wide, 3),
    height,
  );
}

function paintAxis(
  context: CanvasRenderingContext2D,
  width: number,
  { frameCount, fps }: TimelineContent,
  colours: TimelineColours,
): void {
  const duration = frameCount / fps;
  const step = tickStep(duration, width);
  context.fillStyle = colours.line;
  context.fillRect(0, AXIS_HEIGHT - 1, width, 1);
  context.font = "13px system-ui, sans-serif";
  for (let i = 0; i * step < duration; i++) {
    const x = (i * step * fps * width) / frameCount;
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
  { frameCount, labelled, suggested }: TimelineContent,
  colours: TimelineColours,
): void {
  const top = AXIS_HEIGHT + GAP;
  const wide = Math.max(LEAST_MARK_WIDTH, width / frameCount - 1);
  context.strokeStyle = colours.warn;
  context.lineWidth = 1.5;
  for (const frame of suggested) {
    context.strokeRect(xOfFrame(frame, frameCount, width) + 0.75, top + 0.75, wide - 0.5, MARK_HEIGHT - 1.5);
  }
  context.fillStyle = colours.ok;
  for (const frame of labelled) context.fillRect(xOfFrame(frame, frameCount, width), top, wide, MARK_HEIGHT);
}

/** One column a device pixel: the mean confidence of its frames is the strength of the bar. */
function paintBand(
  context: CanvasRenderingContext2D,
  width: number,
  frameCount: number,
  { colour, confidence }: TimelineContent["bands"][number],
  top: number,
): void {
  context.fillStyle = colour;
  const columns = Math.min(Math.ceil(width), frameCount);
  const step = width / columns;
  for (let c = 0; c < columns; c++) {
    const from = Math.floor((c * frameCount) / columns);
    const to = Math.max(from + 1, Math.floor(((c + 1) * frameCount) / columns));
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
