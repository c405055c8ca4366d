/** Reprojection errors by camera of the tick on the screen, read by window. */

import { ByteLru } from "../../player/lru";
import { isAbort } from "../../player/types";
import type { FetchRange } from "./model";

const WINDOW_TICKS = 512;
const MAX_BYTES = 8 * 2 ** 20;

export class Residuals {
  readonly #fetch: FetchRange;
  readonly #ticks: number;
  readonly #views: number;
  readonly #windows = new ByteLru<number, Float32Array>(MAX_BYTES);
  #load: { start: number; abort: AbortController } | null = null;

  /** `fetch` reads float32 (stop - start, view). */
  constructor(fetch: FetchRange, ticks: number, views: number) {
    this.#fetch = fetch;
    this.#ticks = ticks;
    this.#views = views;
  }

  /** Pixels by view, NaN where a view took no part; null while they are read, and then `onCome` is called. */
  at(tick: number, onCome: () => void): Float32Array | null {
    const start = tick - (tick % WINDOW_TICKS);
    const held = this.#windows.get(start);
    if (held !== undefined) {
      const row = (tick - start) * this.#views;
      return held.subarray(row, row + this.#views);
    }
    if (this.#load?.start !== start) void this.#read(start, onCome);
    return null;
  }

  /** A job has filled more: what was read may be out of date. */
  forget(): void {
    this.#load?.abort.abort();
    this.#load = null;
    this.#windows.clear();
  }

  async #read(start: number, onCome: () => void): Promise<void> {
    this.#load?.abort.abort();
    const load = { start, abort: new AbortController() };
    this.#load = load;
    try {
      const stop = Math.min(this.#ticks, start + WINDOW_TICKS);
      const values = await this.#fetch(start, stop, load.abort.signal);
      if (this.#load !== load) return;
      this.#windows.set(start, values, values.byteLength);
      onCome();
    } catch (error) {
      // The figures beside the cameras stay empty; they are asked for again with the next tick.
      if (!isAbort(error)) console.warn("reprojection errors could not be read", error);
    } finally {
      if (this.#load === load) this.#load = null;
    }
  }
}
