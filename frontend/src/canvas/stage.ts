/** The two canvases of a view: pixels below, marks above, drawn together for one frame index. */

import type { DecodedFrame } from "../player/types";
import { drawOverlay } from "./overlay";
import type { OverlayScene } from "./scene";
import {
  fitView,
  type Point,
  pan,
  pinched,
  resized,
  type Size,
  type ViewTransform,
  zoomAt,
} from "./transform";

/** From this many device pixels an image pixel on, pixels are shown as squares. */
const NEAREST_FROM = 2;
const LOUPE_PIXELS = 25;
/** Stands for the plate that says that a view has no frame. */
const NO_FRAME = -1;
const PLATE = { words: "no frame at this tick", text: "#c9ccd0", hatch: "rgb(255 255 255 / 5%)", step: 14 };

export interface StageOptions {
  readonly video: HTMLCanvasElement;
  readonly overlay: HTMLCanvasElement;
  readonly loupe: HTMLCanvasElement;
  /** True size of the recording; the padding of an odd-sized proxy is never drawn. */
  readonly image: Size;
  readonly sceneOf: (index: number) => OverlayScene;
  /** Asks for `draw` in the next animation frame. */
  readonly requestDraw: () => void;
  readonly onView: (view: ViewTransform) => void;
}

export class Stage {
  readonly #options: StageOptions;
  readonly #video: CanvasRenderingContext2D;
  readonly #overlay: CanvasRenderingContext2D;
  readonly #loupe: CanvasRenderingContext2D;
  #size: Size = { width: 1, height: 1 };
  /** Device pixels a CSS pixel when the canvases got their size: what is drawn must go by the same. */
  #ratio = 1;
  #view: ViewTransform = { scale: 1, offsetX: 0, offsetY: 0 };
  #fitted = true;
  #loupeAt: Point | null = null;
  /** Index and view that the video canvas shows; the picture is not drawn again for a change of marks. */
  #drawn: { index: number; view: ViewTransform; rough: boolean } | null = null;

  constructor(options: StageOptions) {
    this.#options = options;
    this.#video = contextOf(options.video);
    this.#overlay = contextOf(options.overlay);
    this.#loupe = contextOf(options.loupe);
  }

  get view(): ViewTransform {
    return this.#view;
  }

  get size(): Size {
    return this.#size;
  }

  /** New size of the canvases in CSS pixels. */
  resize(size: Size): void {
    if (size.width < 1 || size.height < 1) return;
    const before = this.#size;
    this.#size = size;
    this.#ratio = devicePixelRatio;
    for (const canvas of [this.#options.video, this.#options.overlay]) {
      canvas.width = Math.round(size.width * this.#ratio);
      canvas.height = Math.round(size.height * this.#ratio);
    }
    this.#drawn = null;
    const { image } = this.#options;
    this.#setView(
      this.#fitted ? fitView(image, size) : resized(this.#view, before, size, image),
      this.#fitted,
    );
  }

  fit(): void {
    this.#setView(fitView(this.#options.image, this.#size), true);
  }

  zoom(factor: number, at: Point = { x: this.#size.width / 2, y: this.#size.height / 2 }): void {
    this.#setView(zoomAt(this.#view, at, factor, this.#options.image, this.#size), false);
  }

  pan(dx: number, dy: number): void {
    this.#setView(pan(this.#view, dx, dy, this.#options.image, this.#size), false);
  }

  pinch(before: readonly [Point, Point], after: readonly [Point, Point]): void {
    this.#setView(pinched(this.#view, before, after, this.#options.image, this.#size), false);
  }

  /** Image point to magnify, or null for no loupe. */
  magnify(at: Point | null): void {
    this.#loupeAt = at;
    this.#options.requestDraw();
  }

  /**
   * Draw a frame and the marks of the same index. Call in an animation frame.
   *
   * `moving`: the next frame follows at once. A small picture is then drawn a little rougher, and smoothly by the
   * first call that does not say so.
   */
  draw(frame: DecodedFrame, moving = false): void {
    const drawn = this.#drawn;
    const stale = drawn === null || drawn.index !== frame.index || drawn.view !== this.#view;
    if (stale || (drawn.rough && !moving)) this.#drawVideo(frame, moving);
    this.#drawMarks(frame.index);
    this.#drawLoupe(frame);
  }

  /** Say that the view has no frame at this tick: a neighbour's picture would be a lie. */
  drawNone(): void {
    const { video, overlay, loupe } = this.#options;
    loupe.hidden = true;
    if (this.#drawn?.index === NO_FRAME && this.#drawn.view === this.#view) return;
    this.#overlay.setTransform(1, 0, 0, 1, 0, 0);
    this.#overlay.clearRect(0, 0, overlay.width, overlay.height);
    this.#drawPlate();
    this.#drawn = { index: NO_FRAME, view: this.#view, rough: false };
    for (const canvas of [video, overlay]) canvas.dataset.frame = "none";
  }

  #drawPlate(): void {
    const { video } = this.#options;
    const context = this.#video;
    const { width, height } = this.#size;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, video.width, video.height);
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    context.strokeStyle = PLATE.hatch;
    context.lineWidth = 2;
    context.beginPath();
    for (let x = -height; x < width; x += PLATE.step) {
      context.moveTo(x, height);
      context.lineTo(x + height, 0);
    }
    context.stroke();
    context.font = "500 14px system-ui, sans-serif";
    context.textAlign = "center";
    context.fillStyle = PLATE.text;
    context.fillText(PLATE.words, width / 2, height / 2);
  }

  #drawVideo(frame: DecodedFrame, moving: boolean): void {
    const { video, image } = this.#options;
    const context = this.#video;
    const { scale, offsetX, offsetY } = this.#view;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, video.width, video.height);
    context.imageSmoothingEnabled = scale * this.#ratio < NEAREST_FROM;
    // Mipmaps, at 10 ms, are worth their price only where bilinear sampling would leave pixels out, and an eye
    // has the time to see it.
    const leavesOut = scale * this.#ratio < 0.5;
    context.imageSmoothingQuality = leavesOut && !moving ? "medium" : "low";
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    const { width, height } = image;
    context.drawImage(frame.image, 0, 0, width, height, offsetX, offsetY, width * scale, height * scale);
    this.#drawn = { index: frame.index, view: this.#view, rough: leavesOut && moving };
    video.dataset.frame = String(frame.index);
  }

  #drawMarks(index: number): void {
    const { overlay, sceneOf } = this.#options;
    const context = this.#overlay;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, overlay.width, overlay.height);
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    const scene = sceneOf(index);
    if (scene.index === index) drawOverlay(context, scene, this.#view);
    overlay.dataset.frame = String(index);
  }

  #drawLoupe(frame: DecodedFrame): void {
    const { loupe } = this.#options;
    loupe.hidden = this.#loupeAt === null;
    if (this.#loupeAt === null) return;
    const side = Math.round(loupe.clientWidth * this.#ratio) || 1;
    if (loupe.width !== side) loupe.width = loupe.height = side;
    const context = this.#loupe;
    const zoom = side / LOUPE_PIXELS;
    context.imageSmoothingEnabled = false;
    context.clearRect(0, 0, side, side);
    const left = this.#loupeAt.x + 0.5 - LOUPE_PIXELS / 2;
    const top = this.#loupeAt.y + 0.5 - LOUPE_PIXELS / 2;
    const { width, height } = this.#options.image;
    context.drawImage(
      frame.image,
      0,
      0,
      width,
      height,
      -left * zoom,
      -top * zoom,
      width * zoom,
      height * zoom,
    );
  }

  #setView(view: ViewTransform, fitted: boolean): void {
    this.#fitted = fitted;
    this.#view = view;
    this.#options.onView(view);
    this.#options.requestDraw();
  }
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("This browser gives no 2D canvas.");
  return context;
}
