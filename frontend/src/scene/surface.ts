/** The canvas with its WebGL context: size, sharpness, loss and return of the context, and its end. */

import { type Scene as Graph, WebGLRenderer } from "three";
import type { CanvasSize, Eye } from "./eye";
import { type Lens, newLens } from "./material";
import { SceneError } from "./types";

/** More device pixels a CSS pixel than this are not seen and cost as much as they are. */
const MOST_RATIO = 2;
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

export interface SurfaceOptions {
  readonly canvas: HTMLCanvasElement;
  readonly onResize: () => void;
  readonly onContext: (state: "lost" | "restored") => void;
}

export class Surface {
  readonly canvas: HTMLCanvasElement;
  readonly lens: Lens = newLens();
  /** Drawn by the processor: each pixel counts. */
  readonly software: boolean;
  readonly #renderer: WebGLRenderer;
  readonly #stop = new AbortController();
  readonly #observer: ResizeObserver;
  #size: CanvasSize = { width: 1, height: 1 };
  /** Share of the device's sharpness that is drawn with. */
  #sharpness = 1;
  #lost = false;
  /** A capture has set the buffer's size: neither the page nor the rhythm changes it before `settle`. */
  #borrowed = false;
  #ground = "rgb(0,0,0)";

  constructor({ canvas, onResize, onContext }: SurfaceOptions) {
    this.canvas = canvas;
    this.#renderer = newRenderer(canvas);
    this.software = SOFTWARE.test(deviceOf(this.#renderer));
    this.#renderer.autoClear = true;
    // three.js hears of both first and sets up the new context before this scene draws in it.
    const { signal } = this.#stop;
    canvas.addEventListener(
      "webglcontextlost",
      () => {
        this.#lost = true;
        onContext("lost");
      },
      { signal },
    );
    canvas.addEventListener(
      "webglcontextrestored",
      () => {
        this.#lost = false;
        // three.js sets up a new context with a black ground.
        this.background(this.#ground);
        onContext("restored");
      },
      { signal },
    );
    this.#observer = new ResizeObserver(() => {
      if (this.#measure()) onResize();
    });
    this.#observer.observe(canvas);
    this.#measure();
  }

  get size(): CanvasSize {
    return this.#size;
  }

  /** False while the browser holds the context back; drawing then is in vain. */
  get canDraw(): boolean {
    return !this.#lost;
  }

  /** Draw with fewer pixels than the screen has; 1 for all of them. True where that changed something. */
  sharpen(share: number): boolean {
    if (share === this.#sharpness) return false;
    this.#sharpness = share;
    this.#fit();
    return true;
  }

  /** What of the graphics memory three.js counts as held. */
  get held(): { readonly geometries: number; readonly textures: number; readonly programs: number } {
    const { memory, programs } = this.#renderer.info;
    return { ...memory, programs: programs?.length ?? 0 };
  }

  get drawCalls(): number {
    return this.#renderer.info.render.calls;
  }

  background(css: string): void {
    this.#ground = css;
    this.#renderer.setClearColor(css, 1);
  }

  draw(graph: Graph, eye: Eye): void {
    this.#renderer.render(graph, eye);
  }

  /** Draw into a buffer of exactly this many pixels, as `ratio` device pixels a CSS pixel, until `settle`. */
  resize(width: number, height: number, ratio: number): void {
    this.#borrowed = true;
    this.#apply(width, height, ratio);
  }

  #apply(width: number, height: number, ratio: number): void {
    this.#renderer.setPixelRatio(1);
    this.#renderer.setSize(width, height, false);
    this.lens.viewport.value.set(width, height);
    this.lens.ratio.value = ratio;
  }

  /** Back to the size on the page. */
  settle(): void {
    this.#borrowed = false;
    this.#fit();
  }

  /** The context cannot be had again from this canvas; a browser gives only some sixteen at a time. */
  dispose(): void {
    this.#observer.disconnect();
    this.#stop.abort();
    this.#renderer.dispose();
    this.#renderer.forceContextLoss();
  }

  #measure(): boolean {
    const [width, height] = [this.canvas.clientWidth, this.canvas.clientHeight];
    if (width < 1 || height < 1) return false;
    this.#size = { width, height };
    this.#fit();
    return true;
  }

  #fit(): void {
    if (this.#borrowed) return;
    const { width, height } = this.#size;
    const ratio = Math.min(this.software ? 1 : MOST_RATIO, devicePixelRatio) * this.#sharpness;
    this.#apply(Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio)), ratio);
  }
}

function newRenderer(canvas: HTMLCanvasElement): WebGLRenderer {
  try {
    // Edges are smoothed in the shaders: multisampling would cost four times the pixels for nothing.
    return new WebGLRenderer({ canvas, antialias: false, alpha: false, stencil: false });
  } catch (error) {
    throw new SceneError(
      "no_webgl",
      "This browser gives no WebGL 2, so the 3D scene cannot be drawn. The videos and all figures beside it " +
        "still work. Try a current browser, or turn on graphics acceleration in its settings.",
      { cause: error },
    );
  }
}

function deviceOf(renderer: WebGLRenderer): string {
  const gl = renderer.getContext();
  const names = gl.getExtension("WEBGL_debug_renderer_info");
  return String(gl.getParameter(names === null ? gl.RENDERER : names.UNMASKED_RENDERER_WEBGL));
}
