/** Quality of a reconstruction along the recording: how much is known, and how well it fits. */

import type { Quality } from "../../api/types";

export interface QualityColours {
  readonly known: string;
  readonly unknown: string;
  readonly error: string;
  readonly text: string;
}

export const TIMELINE_HEIGHT = 58;
const BAND_TOP = 46;
const BAND_HEIGHT = 8;
const CURVE_TOP = 17;
const CURVE_BOTTOM = 42;
/** The scale never shrinks below this: noise of a tenth of a pixel is no mountain range. */
const LEAST_SCALE_PX = 2;

type Bin = Quality["bins"][number];

/** Mean over the views of their median errors in a bin; null where no view took part. */
export function errorOf({ residual_px }: Bin): number | null {
  const known = residual_px.filter((value): value is number => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** Upper end of the error axis: room for all but the worst few bins. */
export function scaleOf(bins: readonly Bin[]): number {
  const errors = bins.map(errorOf).filter((value): value is number => value !== null);
  if (errors.length === 0) return LEAST_SCALE_PX;
  errors.sort((a, b) => a - b);
  const high = errors[Math.floor((errors.length - 1) * 0.98)] as number;
  return Math.max(LEAST_SCALE_PX, 1.25 * high);
}

export function paintQuality(
  context: CanvasRenderingContext2D,
  width: number,
  quality: Quality | null,
  ticks: number,
  colours: QualityColours,
): void {
  const x = (tick: number): number => (tick / Math.max(1, ticks)) * width;
  context.clearRect(0, 0, width, TIMELINE_HEIGHT);
  context.fillStyle = colours.unknown;
  context.fillRect(0, BAND_TOP, width, BAND_HEIGHT);
  const bins = quality?.bins ?? [];
  const scale = scaleOf(bins);
  context.fillStyle = colours.known;
  for (const bin of bins) {
    context.globalAlpha = bin.known;
    context.fillRect(x(bin.start), BAND_TOP, Math.max(1, x(bin.stop) - x(bin.start)), BAND_HEIGHT);
  }
  context.globalAlpha = 1;
  paintCurve(context, bins, x, scale, colours.error);
  context.fillStyle = colours.text;
  context.font = "13px system-ui, sans-serif";
  context.textBaseline = "top";
  context.fillText(`reprojection error, 0 to ${scale.toFixed(1)} px`, 2, 0);
}

function paintCurve(
  context: CanvasRenderingContext2D,
  bins: readonly Bin[],
  x: (tick: number) => number,
  scale: number,
  colour: string,
): void {
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.beginPath();
  let drawing = false;
  for (const bin of bins) {
    const error = errorOf(bin);
    if (error === null) {
      drawing = false; // a gap in what is known is a gap in the line
      continue;
    }
    const y = CURVE_BOTTOM - Math.min(1, error / scale) * (CURVE_BOTTOM - CURVE_TOP);
    const middle = x((bin.start + bin.stop) / 2);
    if (drawing) context.lineTo(middle, y);
    else context.moveTo(middle, y);
    drawing = true;
  }
  context.stroke();
}
