/** Draws where a keypoint can be by what other views have of it: a line, or a cross where it should be. */

import type { Guide } from "./scene";
import { canvasFromImage, type Point, type ViewTransform } from "./transform";

/** Half the length of the arms of a cross, CSS pixels; open in the middle, so that the spot can be seen. */
const ARM = 9;
const GAP = 3;
const EDGE = "rgb(0 0 0 / 55%)";

export function drawGuides(
  context: CanvasRenderingContext2D,
  guides: readonly Guide[],
  view: ViewTransform,
): void {
  if (guides.length === 0) return;
  context.save();
  context.lineCap = "round";
  for (const { lines, place, colour } of guides) {
    context.beginPath();
    for (const points of lines) trace(context, points, view);
    if (place !== null) traceCross(context, canvasFromImage(view, place));
    context.lineWidth = 3;
    context.strokeStyle = EDGE;
    context.stroke();
    context.lineWidth = 1.25;
    context.strokeStyle = colour;
    context.stroke();
  }
  context.restore();
}

function trace(context: CanvasRenderingContext2D, points: readonly Point[], view: ViewTransform): void {
  for (const [at, point] of points.entries()) {
    const { x, y } = canvasFromImage(view, point);
    if (at === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  }
}

/** Diagonal, unlike the plus of an open label. */
function traceCross(context: CanvasRenderingContext2D, { x, y }: Point): void {
  for (const [dx, dy] of [
    [1, 1],
    [1, -1],
    [-1, 1],
    [-1, -1],
  ] as const) {
    context.moveTo(x + dx * GAP, y + dy * GAP);
    context.lineTo(x + dx * ARM, y + dy * ARM);
  }
}
