/**
 * Where image pixels lie on the canvas.
 *
 * Image coordinates: pixel (0, 0) is the centre of the top-left pixel, so the image spans [-0.5, width - 0.5].
 * Canvas coordinates are CSS pixels from the canvas's top-left corner:
 * `canvas = offset + (image + 0.5) * scale`.
 */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface ViewTransform {
  /** CSS pixels an image pixel. */
  readonly scale: number;
  /** Canvas position of the image's top-left corner. */
  readonly offsetX: number;
  readonly offsetY: number;
}

export const MAX_SCALE = 64;
/** The image may shrink to this part of its fitted size. */
const MIN_FIT_PART = 0.5;
/** At least this much of the image stays in view, in CSS pixels. */
const KEEP_IN_VIEW = 48;

export function canvasFromImage(view: ViewTransform, image: Point): Point {
  return { x: view.offsetX + (image.x + 0.5) * view.scale, y: view.offsetY + (image.y + 0.5) * view.scale };
}

export function imageFromCanvas(view: ViewTransform, canvas: Point): Point {
  return { x: (canvas.x - view.offsetX) / view.scale - 0.5, y: (canvas.y - view.offsetY) / view.scale - 0.5 };
}

/** Scale that shows the whole image. */
export function fitScale(image: Size, canvas: Size): number {
  return Math.min(canvas.width / image.width, canvas.height / image.height);
}

/** The whole image, centred. */
export function fitView(image: Size, canvas: Size): ViewTransform {
  const scale = fitScale(image, canvas);
  return {
    scale,
    offsetX: (canvas.width - image.width * scale) / 2,
    offsetY: (canvas.height - image.height * scale) / 2,
  };
}

/** Zoom so that the image point under `at` (canvas coordinates) stays there. */
export function zoomAt(
  view: ViewTransform,
  at: Point,
  factor: number,
  image: Size,
  canvas: Size,
): ViewTransform {
  const least = Math.min(1, fitScale(image, canvas)) * MIN_FIT_PART;
  const scale = Math.min(MAX_SCALE, Math.max(least, view.scale * factor));
  const ratio = scale / view.scale;
  const moved = {
    scale,
    offsetX: at.x - (at.x - view.offsetX) * ratio,
    offsetY: at.y - (at.y - view.offsetY) * ratio,
  };
  return keepInView(moved, image, canvas);
}

export function pan(view: ViewTransform, dx: number, dy: number, image: Size, canvas: Size): ViewTransform {
  return keepInView({ ...view, offsetX: view.offsetX + dx, offsetY: view.offsetY + dy }, image, canvas);
}

/** The same zoom about the canvas centre after the canvas changed size. */
export function resized(view: ViewTransform, before: Size, after: Size, image: Size): ViewTransform {
  const dx = (after.width - before.width) / 2;
  const dy = (after.height - before.height) / 2;
  return keepInView({ ...view, offsetX: view.offsetX + dx, offsetY: view.offsetY + dy }, image, after);
}

/** Two fingers: the image points under them follow them. */
export function pinched(
  view: ViewTransform,
  before: readonly [Point, Point],
  after: readonly [Point, Point],
  image: Size,
  canvas: Size,
): ViewTransform {
  const spread = ([a, b]: readonly [Point, Point]): number => Math.hypot(a.x - b.x, a.y - b.y);
  const middle = ([a, b]: readonly [Point, Point]): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
  const from = middle(before);
  const to = middle(after);
  const zoomed = zoomAt(view, from, spread(after) / Math.max(1, spread(before)), image, canvas);
  return pan(zoomed, to.x - from.x, to.y - from.y, image, canvas);
}

/** Whether an image position lies on the picture. */
export function isOnImage(point: Point, image: Size): boolean {
  return point.x >= -0.5 && point.y >= -0.5 && point.x <= image.width - 0.5 && point.y <= image.height - 0.5;
}

/** The nearest position on the picture. */
export function clampToImage(point: Point, image: Size): Point {
  return {
    x: Math.min(image.width - 0.5, Math.max(-0.5, point.x)),
    y: Math.min(image.height - 0.5, Math.max(-0.5, point.y)),
  };
}

function keepInView(view: ViewTransform, image: Size, canvas: Size): ViewTransform {
  const clamp = (offset: number, length: number, room: number): number => {
    const keep = Math.min(KEEP_IN_VIEW, length, room);
    return Math.min(room - keep, Math.max(keep - length, offset));
  };
  return {
    scale: view.scale,
    offsetX: clamp(view.offsetX, image.width * view.scale, canvas.width),
    offsetY: clamp(view.offsetY, image.height * view.scale, canvas.height),
  };
}
