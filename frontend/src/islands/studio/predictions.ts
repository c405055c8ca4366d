/** Predictions of one result: windows fetched as they are needed, read synchronously when a frame is drawn. */

import type { PredictionMark } from "../../canvas/scene";
import { ByteLru } from "../../player/lru";
import { isAbort } from "../../player/types";
import type { PoseResult } from "./model";

export const WINDOW_FRAMES = 512;
const CACHE_BYTES = 64 * 2 ** 20;
/** Pause after a window that could not be read, doubled with every further failure. */
const FIRST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 30_000;

/** float32 (frame, individual, keypoint, 3): x and y in image pixels, confidence in 0..1. */
export interface PoseWindow {
  readonly start: number;
  readonly frames: number;
  readonly individuals: number;
  readonly keypoints: number;
  readonly values: Float32Array;
}

export type FetchWindow = (start: number, stop: number, signal: AbortSignal) => Promise<PoseWindow>;

export class PredictionStore {
  readonly result: PoseResult;
  /** Skeleton position of each keypoint of the result, -1 where the skeleton has none of that name. */
  readonly #keypointOf: readonly number[];
  readonly #fetchWindow: FetchWindow;
  readonly #onChange: () => void;
  readonly #onError: (error: unknown) => void;
  readonly #windows = new ByteLru<number, PoseWindow>(CACHE_BYTES);
  readonly #loading = new Map<number, Promise<boolean>>();
  /** After a failure nothing is asked for until the pause is over: each drawn frame would ask again. */
  #resting: Promise<void> | null = null;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  readonly #abort = new AbortController();
  /** Mean confidence (individual, frame); NaN where it is not known. */
  readonly confidence: Float32Array[];

  constructor(
    result: PoseResult,
    skeleton: readonly string[],
    fetchWindow: FetchWindow,
    onChange: () => void,
    onError: (error: unknown) => void,
  ) {
    this.result = result;
    this.#keypointOf = result.keypoints.map((name) => skeleton.indexOf(name));
    this.#fetchWindow = fetchWindow;
    this.#onChange = onChange;
    this.#onError = onError;
    this.confidence = result.individuals.map(() => new Float32Array(result.framesDone).fill(Number.NaN));
  }

  /** Marks of one individual, or null while its window is on its way. */
  marks(frame: number, individual: number): readonly PredictionMark[] | null {
    if (frame < 0 || frame >= this.result.framesDone) return [];
    const at = Math.floor(frame / WINDOW_FRAMES);
    const window = this.#windows.get(at);
    if (window === undefined) {
      void this.#load(at);
      return null;
    }
    if (individual >= window.individuals || frame - window.start >= window.frames) return [];
    const marks: PredictionMark[] = [];
    const row = ((frame - window.start) * window.individuals + individual) * window.keypoints;
    for (let k = 0; k < window.keypoints; k++) {
      const [x, y, confidence] = window.values.subarray((row + k) * 3, (row + k) * 3 + 3);
      const keypoint = this.#keypointOf[k] ?? -1;
      if (keypoint < 0 || !Number.isFinite(x) || !Number.isFinite(y)) continue;
      marks.push({ keypoint, x: x as number, y: y as number, confidence: confidence || 0 });
    }
    return marks;
  }

  /** Have the window around a frame, and the next one, at hand before they are drawn. */
  prepare(frame: number): void {
    const at = Math.floor(frame / WINDOW_FRAMES);
    for (const window of [at, at + 1]) {
      if (window * WINDOW_FRAMES < this.result.framesDone && !this.#windows.has(window))
        void this.#load(window);
    }
  }

  /** Read everything once, one window after another, for the confidence band of the timeline. */
  async survey(): Promise<void> {
    const count = Math.ceil(this.result.framesDone / WINDOW_FRAMES);
    for (let at = 0; at < count && !this.#abort.signal.aborted; ) {
      const first = this.confidence[0]?.[at * WINDOW_FRAMES];
      const missing = first === undefined || Number.isNaN(first);
      if (!missing || (await this.#load(at))) at++;
      else await this.#resting;
    }
  }

  dispose(): void {
    this.#abort.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#windows.clear();
  }

  /** Resolves to whether the window is there; one that is on its way already is waited for. */
  #load(at: number): Promise<boolean> {
    if (this.#resting !== null || this.#abort.signal.aborted) return Promise.resolve(false);
    const under = this.#loading.get(at);
    if (under !== undefined) return under;
    const load = this.#read(at).finally(() => this.#loading.delete(at));
    this.#loading.set(at, load);
    return load;
  }

  async #read(at: number): Promise<boolean> {
    const start = at * WINDOW_FRAMES;
    try {
      const stop = Math.min(this.result.framesDone, start + WINDOW_FRAMES);
      const window = await this.#fetchWindow(start, stop, this.#abort.signal);
      this.#windows.set(at, window, window.values.byteLength);
      this.#summarise(window);
      this.#failures = 0;
      this.#onChange();
      return true;
    } catch (error) {
      if (!isAbort(error)) this.#rest(error);
      return false;
    }
  }

  /** Said once; asked for again, by the frame on screen, when the pause is over. */
  #rest(error: unknown): void {
    if (this.#resting !== null) return;
    if (this.#failures === 0) this.#onError(error);
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures++);
    this.#resting = new Promise((resolve) => {
      this.#timer = setTimeout(() => {
        this.#resting = null;
        resolve();
        this.#onChange();
      }, pause);
    });
  }

  #summarise({ start, frames, individuals, keypoints, values }: PoseWindow): void {
    for (let f = 0; f < frames; f++) {
      for (let i = 0; i < individuals; i++) {
        let sum = 0;
        let count = 0;
        for (let k = 0; k < keypoints; k++) {
          const confidence = values[((f * individuals + i) * keypoints + k) * 3 + 2] as number;
          if (!Number.isFinite(confidence)) continue;
          sum += confidence;
          count++;
        }
        const band = this.confidence[i];
        if (band !== undefined) band[start + f] = count === 0 ? 0 : sum / count;
      }
    }
  }
}

/** Read the binary answer of the window endpoint; throws when its size and its header disagree. */
export function parseWindow(buffer: ArrayBuffer, shape: string, start: number): PoseWindow {
  const [frames, individuals, keypoints, space] = shape.split(",").map(Number);
  const sizes = [frames, individuals, keypoints, space];
  if (sizes.some((size) => !Number.isInteger(size) || (size as number) < 0) || space !== 3) {
    throw new Error(
      `Predictions came with the shape '${shape}'; (frame, individual, keypoint, 3) was expected.`,
    );
  }
  const count = (frames as number) * (individuals as number) * (keypoints as number) * 3;
  if (buffer.byteLength !== count * 4) {
    throw new Error(`Predictions of shape '${shape}' need ${count * 4} bytes; ${buffer.byteLength} came.`);
  }
  const view = new DataView(buffer);
  const values = Float32Array.from({ length: count }, (_, i) => view.getFloat32(i * 4, true));
  return {
    start,
    frames: frames as number,
    individuals: individuals as number,
    keypoints: keypoints as number,
    values,
  };
}
