/** Reprojection errors by camera of the tick on the screen, read by window. */

import { ByteLru } from "../../player/lru";
import { isAbort, SourceError } from "../../player/types";
import type { FetchRange } from "./model";

/** They are few numbers: so many ticks at once of what is done, and of what a job still fills so many. */
const WIDE_TICKS = 4096;
const NARROW_TICKS = 512;
const MAX_BYTES = 8 * 2 ** 20;

interface Held {
  readonly values: Float32Array;
  /** How many ticks were done when this was asked for: what came later is not in it. */
  readonly asOf: number;
}

interface Range {
  readonly start: number;
  readonly stop: number;
  readonly key: string;
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
  readonly #windows = new ByteLru<string, Held>(MAX_BYTES);
  #ticksDone: number;
  #load: { readonly key: string; readonly abort: AbortController } | null = null;
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
    const range = this.#rangeOf(tick);
    const held = this.#windows.get(range.key);
    const due = Math.min(this.#ticksDone, range.stop);
    const isFresh = held !== undefined ? held.asOf >= due : range.start >= due;
    if (!isFresh && this.#load?.key !== range.key && !this.#refused) void this.#read(range, onCome);
    if (held !== undefined) return this.#row(held, tick - range.start);
    // The range has become a wide one: until that is read, what was read of it will do.
    const before = this.#range(tick, NARROW_TICKS);
    const kept = this.#windows.get(before.key);
    return kept === undefined || tick >= kept.asOf ? null : this.#row(kept, tick - before.start);
  }

  #row({ values }: Held, row: number): Float32Array {
    return values.subarray(row * this.#views, (row + 1) * this.#views);
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

  #rangeOf(tick: number): Range {
    const wide = this.#range(tick, WIDE_TICKS);
    return wide.stop <= this.#ticksDone ? wide : this.#range(tick, NARROW_TICKS);
  }

  #range(tick: number, ticks: number): Range {
    const start = tick - (tick % ticks);
    const stop = Math.min(this.#ticks, start + ticks);
    return { start, stop, key: `${start}-${stop}` };
  }

  async #read({ key, start, stop }: Range, onCome: () => void): Promise<void> {
    this.#load?.abort.abort();
    const load = { key, abort: new AbortController() };
    this.#load = load;
    const asOf = this.#ticksDone;
    try {
      const values = await this.#fetch(start, stop, load.abort.signal);
      if (this.#load !== load) return;
      this.#windows.set(key, { values, asOf }, values.byteLength);
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
