/** Reprojection errors by camera of the tick on the screen, read by window. */

import { ByteLru } from "../../player/lru";
import { isAbort, SourceError } from "../../player/types";
import type { FetchRange } from "./model";

const WINDOW_TICKS = 512;
const MAX_BYTES = 8 * 2 ** 20;

interface Held {
  readonly values: Float32Array;
  /** How many ticks were done when this was asked for: what came later is not in it. */
  readonly asOf: number;
}

export interface ResidualsShape {
  readonly ticks: number;
  readonly views: number;
  /** How many ticks, from the first on, are filled. */
  readonly ticksDone: number;
}

export class Residuals {
  readonly #fetch: FetchRange;
  readonly #onFailed: (error: unknown) => void;
  readonly #ticks: number;
  readonly #views: number;
  readonly #windows = new ByteLru<number, Held>(MAX_BYTES);
  #ticksDone: number;
  #load: { readonly start: number; readonly abort: AbortController } | null = null;
  /** The server will give none: they are gone, or the person may not see them. */
  #refused = false;

  /** `fetch` reads float32 (stop - start, view); `onFailed` hears why a read failed. */
  constructor(
    fetch: FetchRange,
    { ticks, views, ticksDone }: ResidualsShape,
    onFailed: (error: unknown) => void,
  ) {
    this.#fetch = fetch;
    this.#onFailed = onFailed;
    this.#ticks = ticks;
    this.#views = views;
    this.#ticksDone = ticksDone;
  }

  /** Pixels by view, NaN where a view took no part; null while they are read, and then `onCome` is called. */
  at(tick: number, onCome: () => void): Float32Array | null {
    const start = tick - (tick % WINDOW_TICKS);
    const held = this.#windows.get(start);
    const due = Math.min(this.#ticksDone, this.#stopOf(start));
    const isFresh = held !== undefined ? held.asOf >= due : start >= due;
    if (!isFresh && this.#load?.start !== start && !this.#refused) void this.#read(start, onCome);
    if (held === undefined) return null;
    const row = (tick - start) * this.#views;
    return held.values.subarray(row, row + this.#views);
  }

  /** A job has filled the ticks before this; fewer than before means that it began anew. */
  grown(ticksDone: number): void {
    if (ticksDone < this.#ticksDone) this.stop();
    this.#ticksDone = ticksDone;
  }

  /** Forget everything. */
  stop(): void {
    this.#load?.abort.abort();
    this.#load = null;
    this.#refused = false;
    this.#windows.clear();
  }

  #stopOf(start: number): number {
    return Math.min(this.#ticks, start + WINDOW_TICKS);
  }

  async #read(start: number, onCome: () => void): Promise<void> {
    this.#load?.abort.abort();
    const load = { start, abort: new AbortController() };
    this.#load = load;
    const asOf = this.#ticksDone;
    try {
      const values = await this.#fetch(start, this.#stopOf(start), load.abort.signal);
      if (this.#load !== load) return;
      this.#windows.set(start, { values, asOf }, values.byteLength);
    } catch (error) {
      if (this.#load !== load) return;
      this.#load = null;
      this.#refused = error instanceof SourceError && error.code !== "network";
      // Unless refused, they are asked for again with the next tick.
      if (!isAbort(error)) this.#onFailed(error);
      return;
    }
    this.#load = null;
    onCome();
  }
}
