/** Draws labels and predictions over a frame. Sizes are CSS pixels, the same at every zoom. */

import { drawGuides } from "./guides";
import { sideTint } from "./palette";
import type { AnimalMarks, LabelMark, OverlayScene, PredictionMark, SkeletonLook } from "./scene";
import { canvasFromImage, type Point, type ViewTransform } from "./transform";

const LABEL_RADIUS = 5.5;
const PREDICTION_RADIUS = 6.5;
/** From this scale on a mark is drawn open, so that the pixel below it can be seen. */
const PIXEL_WORK_SCALE = 8;
const GHOST_EDGE = "rgb(0 0 0 / 45%)";
const OUTLINE = "rgb(0 0 0 / 75%)";
const CONFIDENCE_TEXT_SCALE = 2;

export function drawOverlay(
  context: CanvasRenderingContext2D,
  scene: OverlayScene,
  view: ViewTransform,
): void {
  for (const animal of scene.animals) drawPredictions(context, scene, animal, view);
  drawGuides(context, scene.guides ?? [], view);
  for (const animal of scene.animals) drawLabels(context, scene, animal, view);
}

function drawPredictions(
  context: CanvasRenderingContext2D,
  scene: OverlayScene,
  animal: AnimalMarks,
  view: ViewTransform,
): void {
  if (animal.predictions.length === 0) return;
  const labelled = new Set(animal.labels.map((mark) => mark.keypoint));
  context.save();
  context.setLineDash([3, 3]);
  const byKeypoint = new Map(animal.predictions.map((mark) => [mark.keypoint, mark]));
  for (const [a, b] of scene.skeleton.edges) {
    const from = byKeypoint.get(a);
    const to = byKeypoint.get(b);
    if (from === undefined || to === undefined) continue;
    context.globalAlpha = 0.65 * strength(Math.min(from.confidence, to.confidence));
    path(context, canvasFromImage(view, from), canvasFromImage(view, to));
    strokeGhost(context, animal.colour, 1.5);
  }
  for (const mark of animal.predictions) {
    // Where a person has placed the keypoint, the ghost steps back.
    context.globalAlpha = strength(mark.confidence) * (labelled.has(mark.keypoint) ? 0.5 : 1);
    drawGhost(context, mark, animal.colour, view);
  }
  context.restore();
}

function strength(confidence: number): number {
  return 0.3 + 0.7 * Math.min(1, Math.max(0, confidence));
}

function drawGhost(
  context: CanvasRenderingContext2D,
  mark: PredictionMark,
  colour: string,
  view: ViewTransform,
): void {
  const at = canvasFromImage(view, mark);
  circle(context, at, PREDICTION_RADIUS);
  strokeGhost(context, colour, 2);
  if (view.scale >= CONFIDENCE_TEXT_SCALE) {
    text(context, mark.confidence.toFixed(2), { x: at.x + PREDICTION_RADIUS + 3, y: at.y + 4 }, colour);
  }
}

/** Dashes with a dark edge, so that they can be seen on light and on dark fur. */
function strokeGhost(context: CanvasRenderingContext2D, colour: string, width: number): void {
  context.lineWidth = width + 1.75;
  context.strokeStyle = GHOST_EDGE;
  context.stroke();
  context.lineWidth = width;
  context.strokeStyle = colour;
  context.stroke();
}

function drawLabels(
  context: CanvasRenderingContext2D,
  scene: OverlayScene,
  animal: AnimalMarks,
  view: ViewTransform,
): void {
  context.save();
  context.globalAlpha = animal.active ? 1 : 0.8;
  drawLabelEdges(context, scene.skeleton, animal, view);
  for (const mark of animal.labels) {
    const armed = animal.active && mark.keypoint === scene.armed;
    const side = scene.skeleton.sides[mark.keypoint] ?? "middle";
    drawLabel(context, mark, sideTint(animal.colour, side), armed, view);
    if (armed || scene.showNames) {
      const at = canvasFromImage(view, mark);
      text(context, scene.skeleton.names[mark.keypoint] ?? "", { x: at.x + 11, y: at.y - 8 }, animal.colour);
    }
  }
  context.restore();
}

function drawLabelEdges(
  context: CanvasRenderingContext2D,
  skeleton: SkeletonLook,
  animal: AnimalMarks,
  view: ViewTransform,
): void {
  const byKeypoint = new Map(animal.labels.map((mark) => [mark.keypoint, mark]));
  context.strokeStyle = animal.colour;
  context.lineWidth = animal.active ? 2 : 1.5;
  for (const [a, b] of skeleton.edges) {
    const from = byKeypoint.get(a);
    const to = byKeypoint.get(b);
    if (from !== undefined && to !== undefined) {
      line(context, canvasFromImage(view, from), canvasFromImage(view, to));
    }
  }
}

/** Visible: disc. Guessed: square. Shape carries it, so that it needs no colour to be read. */
function drawLabel(
  context: CanvasRenderingContext2D,
  mark: LabelMark,
  colour: string,
  armed: boolean,
  view: ViewTransform,
): void {
  const at = canvasFromImage(view, mark);
  const open = view.scale >= PIXEL_WORK_SCALE;
  const radius = open ? LABEL_RADIUS + 3 : LABEL_RADIUS;
  context.beginPath();
  if (mark.visibility === "visible") context.arc(at.x, at.y, radius, 0, 2 * Math.PI);
  else context.rect(at.x - radius, at.y - radius, 2 * radius, 2 * radius);
  if (open) {
    context.strokeStyle = OUTLINE;
    context.lineWidth = 4;
    context.stroke();
    context.strokeStyle = colour;
    context.lineWidth = 2;
    context.stroke();
    cross(context, at, 2.5, colour);
  } else {
    context.fillStyle = colour;
    context.fill();
    context.strokeStyle = OUTLINE;
    context.lineWidth = 1.5;
    context.stroke();
  }
  if (!armed) return;
  context.strokeStyle = "#fff";
  context.lineWidth = 1.5;
  circle(context, at, radius + 4);
  context.stroke();
}

function cross(context: CanvasRenderingContext2D, at: Point, arm: number, colour: string): void {
  context.strokeStyle = colour;
  context.lineWidth = 1;
  line(context, { x: at.x - arm, y: at.y }, { x: at.x + arm, y: at.y });
  line(context, { x: at.x, y: at.y - arm }, { x: at.x, y: at.y + arm });
}

function circle(context: CanvasRenderingContext2D, at: Point, radius: number): void {
  context.beginPath();
  context.arc(at.x, at.y, radius, 0, 2 * Math.PI);
}

function path(context: CanvasRenderingContext2D, from: Point, to: Point): void {
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.lineTo(to.x, to.y);
}

function line(context: CanvasRenderingContext2D, from: Point, to: Point): void {
  path(context, from, to);
  context.stroke();
}

function text(context: CanvasRenderingContext2D, words: string, at: Point, colour: string): void {
  context.save();
  context.setLineDash([]);
  context.font = "600 13px system-ui, sans-serif";
  context.lineJoin = "round";
  context.lineWidth = 3;
  context.strokeStyle = OUTLINE;
  context.strokeText(words, at.x, at.y);
  context.fillStyle = colour;
  context.fillText(words, at.x, at.y);
  context.restore();
}
