/**
 * The bytes of groups of pictures: what was read is kept, and more is read ahead while nobody waits.
 *
 * Reading ahead goes from where the reader is outwards, until the memory is full. A jump then finds its bytes in
 * the page, whether the server stands beside it or across the country. It takes half of the line at most, which all
 * views share, starts when the page is calm, and gives the line up to whoever waits for bytes.
 */

import { ByteRead } from "./bytes";
import type { FrameTable, Gop } from "./frameTable";
import { ByteLru } from "./lru";
import type { SharedLine } from "./readingAhead";

/** Of one request: some groups, so that the server is asked seldom, and not for long. */
const RUN_BYTES = 512 * 2 ** 10;

export type FetchRange = (start: number, end: number, signal: AbortSignal) => Promise<ByteRead>;

export class GroupReader {
  readonly #table: FrameTable;
  readonly #fetchRange: FetchRange;
  readonly #line: SharedLine;
  readonly #kept: ByteLru<number, Uint8Array>;
  /** Where to read on from; null while somebody waits. */
  #from: number | null = null;
  /** Of the reading ahead that is on its way, or waits for the line. */
  #reading: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The last reading ahead failed: nothing more before the bytes that somebody waits for come again. */
  #failed = false;

  constructor(table: FrameTable, fetchRange: FetchRange, line: SharedLine, keptBytes: number) {
    this.#table = table;
    this.#fetchRange = fetchRange;
    this.#line = line;
    this.#kept = new ByteLru(keptBytes);
  }

  /** How much may be kept; what is too much leaves at once. */
  setKeptBytes(bytes: number): void {
    this.#kept.setMaxBytes(bytes);
  }

  /** The bytes of a group, at hand or on their way. */
  async read(gop: Gop, signal: AbortSignal): Promise<ByteRead> {
    const kept = this.#kept.get(gop.first);
    if (kept !== undefined) return new ByteRead(kept.length, async () => kept);
    this.#reading?.abort();
    return this.#fetchRange(gop.byteStart, gop.byteEnd, signal);
  }

  /** Read what is still on its way, and keep it. */
  async finish(gop: Gop, read: ByteRead): Promise<void> {
    await read.until(read.bytes.length);
    this.#failed = false;
    if (!this.#kept.has(gop.first)) this.#kept.set(gop.first, read.bytes, read.bytes.length);
  }

  /** Somebody waits: what is on its way may come, and nothing more is asked for. */
  standBack(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#from = null;
  }

  /** Nobody waits: after so many milliseconds without `standBack`, read on around this frame. */
  readAhead(from: number, calmMs: number): void {
    this.standBack();
    this.#from = from;
    this.#timer = setTimeout(() => void this.#readOn(), calmMs);
  }

  dispose(): void {
    this.standBack();
    this.#reading?.abort();
    this.#kept.clear();
  }

  async #readOn(): Promise<void> {
    this.#timer = undefined;
    if (this.#reading !== null || this.#from === null || this.#failed) return;
    if (this.#nextRun(this.#from).length === 0) return;
    const reading = new AbortController();
    this.#reading = reading;
    try {
      await this.#line(() => this.#readOne(reading.signal), reading.signal);
    } catch {
      // Whoever waits for one of these groups asks for it again, and is told why it cannot be had.
      this.#failed = !reading.signal.aborted;
    } finally {
      this.#reading = null;
    }
    if (this.#timer === undefined) void this.#readOn();
  }

  /** One request, and as long a rest; nothing where it is no longer calm, or not yet again, once the line is free. */
  async #readOne(signal: AbortSignal): Promise<void> {
    if (this.#from === null || this.#timer !== undefined) return;
    const run = this.#nextRun(this.#from);
    if (run.length === 0) return;
    const began = performance.now();
    await this.#readRun(run, signal);
    await new Promise((resolve) => setTimeout(resolve, performance.now() - began));
  }

  async #readRun(run: readonly Gop[], signal: AbortSignal): Promise<void> {
    const start = Math.min(...run.map(({ byteStart }) => byteStart));
    const end = Math.max(...run.map(({ byteEnd }) => byteEnd));
    const read = await this.#fetchRange(start, end, signal);
    for (const gop of run) {
      await read.until(gop.byteEnd - start);
      // A copy: a group that leaves the memory must not be held by its neighbours.
      const bytes = read.bytes.slice(gop.byteStart - start, gop.byteEnd - start);
      this.#kept.set(gop.first, bytes, bytes.length);
    }
  }

  /** The nearest missing group with its missing neighbours away from `from`, in the order of their bytes. */
  #nextRun(from: number): Gop[] {
    let after: Gop | null = this.#table.gopOf(from);
    let before: Gop | null = after;
    while (after !== null || before !== null) {
      if (after !== null && !this.#kept.has(after.first)) return this.#runFrom(after, 1);
      if (before !== null && !this.#kept.has(before.first)) return this.#runFrom(before, -1);
      after = after && this.#neighbour(after, 1);
      before = before && this.#neighbour(before, -1);
    }
    return [];
  }

  #runFrom(first: Gop, direction: 1 | -1): Gop[] {
    const run: Gop[] = [];
    const room = Math.min(RUN_BYTES, this.#kept.maxBytes - this.#kept.bytes);
    let bytes = 0;
    for (let gop: Gop | null = first; gop !== null; gop = this.#neighbour(gop, direction)) {
      const size = gop.byteEnd - gop.byteStart;
      const last = run.at(-1);
      const apart = last !== undefined && gop.byteStart !== last.byteEnd && gop.byteEnd !== last.byteStart;
      // One group that is larger than a run is a run; nothing that is kept leaves for it.
      const tooMuch =
        bytes + size > room && (run.length > 0 || this.#kept.bytes + size > this.#kept.maxBytes);
      if (apart || tooMuch || this.#kept.has(gop.first)) break;
      run.push(gop);
      bytes += size;
    }
    return run.sort((a, b) => a.byteStart - b.byteStart);
  }

  #neighbour(gop: Gop, direction: 1 | -1): Gop | null {
    return this.#table.ahead(gop.first, direction, 1)[0] ?? null;
  }
}
