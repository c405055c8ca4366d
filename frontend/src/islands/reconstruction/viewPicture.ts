import type { DecodedFrame } from "../../player/types";

/** One video beside the scene: the frame of the tick, as large as its place allows, or word that there is none. */
export class ViewPicture {
  readonly #canvas: HTMLCanvasElement;
  readonly #size: { readonly width: number; readonly height: number };

  constructor(canvas: HTMLCanvasElement, size: { readonly width: number; readonly height: number }) {
    this.#canvas = canvas;
    this.#size = size;
  }

  draw(frame: DecodedFrame | null): void {
    const canvas = this.#canvas;
    const context = canvas.getContext("2d", { alpha: false });
    if (context === null) throw new Error("This browser gives no 2D canvas.");
    const width = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
    const height = Math.max(1, Math.round((width * this.#size.height) / this.#size.width));
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    canvas.dataset.frame = frame === null ? "none" : String(frame.index);
    if (frame === null) {
      context.clearRect(0, 0, width, height);
      return;
    }
    // The proxy of an odd-sized recording has a row or column more than the recording: it is not drawn.
    const { width: w, height: h } = this.#size;
    context.drawImage(frame.image, 0, 0, w, h, 0, 0, width, height);
  }
}
