/**
 * Frames as RGBA pixels.
 *
 * Drawing a `VideoFrame` converts its YUV planes on the page's own thread, some 10 ms for 1280x1024 without a
 * GPU. The worker does it in 3 ms beside the page, which is left with copying the pixels into a canvas.
 */

import type { DecodedFrame } from "./types";

const FORMAT = { format: "RGBA", colorSpace: "srgb" } as VideoFrameCopyToOptions;
/** One on the screen, one on its way there, one for the next of a playback. */
const KEPT_CANVASES = 3;
const SPARE_BUFFERS = 2;

export interface Pixels {
  readonly pixels: ArrayBuffer;
  readonly width: number;
  readonly height: number;
}

/** Reads the pixels of frames into memory that is used again: fresh pages cost as much as the conversion. */
export class PixelReader {
  readonly #free: ArrayBuffer[] = [];

  /** The visible pixels of a frame, or null where this browser only copies planes as they were decoded. */
  async read(frame: VideoFrame): Promise<Pixels | null> {
    const { width, height } = frame.visibleRect ?? { width: frame.codedWidth, height: frame.codedHeight };
    const bytes = width * height * 4;
    try {
      if (frame.allocationSize(FORMAT) !== bytes) return null;
      const spare = this.#free.pop();
      const pixels = spare?.byteLength === bytes ? spare : new ArrayBuffer(bytes);
      await frame.copyTo(pixels, FORMAT);
      return { pixels, width, height };
    } catch (error) {
      if (error instanceof DOMException && error.name === "NotSupportedError") return null;
      throw error;
    }
  }

  /** Take back memory that nobody reads any more. */
  giveBack(pixels: ArrayBuffer): void {
    if (this.#free.length < SPARE_BUFFERS) this.#free.push(pixels);
  }
}

/** Turns pixels into what a canvas can draw; a few canvases are used again and again. */
export class PixelCanvases {
  readonly #free: OffscreenCanvas[] = [];
  readonly #readBack: boolean;

  /**
   * With `readBack` they stay in memory, for whoever reads their pixels again: from a graphics card, or the process
   * that plays one, that waits until everything asked of it before was drawn.
   */
  constructor(readBack = false) {
    this.#readBack = readBack;
  }

  hold(index: number, { pixels, width, height }: Pixels): DecodedFrame {
    const image = this.#take(width, height);
    const context = image.getContext("2d", { alpha: false, willReadFrequently: this.#readBack });
    if (context === null) throw new Error("This browser gives no 2D canvas.");
    context.putImageData(new ImageData(new Uint8ClampedArray(pixels), width, height), 0, 0);
    let open = true;
    const close = (): void => {
      if (open && this.#free.length < KEPT_CANVASES) this.#free.push(image);
      open = false;
    };
    return { index, image, close };
  }

  #take(width: number, height: number): OffscreenCanvas {
    const canvas = this.#free.pop();
    if (canvas?.width === width && canvas.height === height) return canvas;
    return new OffscreenCanvas(width, height);
  }
}
