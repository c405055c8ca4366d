import { Emitter } from "../player/emitter";
import { ByteLru } from "../player/lru";
import type { SharedLine } from "../player/readingAhead";
import { isAbort, SourceError } from "../player/types";

/** Numbers a keypoint: x, y, z and sigma in millimetres; NaN where unknown. */
export const POSE_STRIDE = 4;

/** The poses of ticks `start` to `stop` (exclusive): float32 (tick, individual, keypoint, 4). */
export interface PoseWindow {
  readonly start: number;
  readonly stop: number;
  readonly data: Float32Array;
}

/**
 * Resolves to float32 (stop - start, individual, keypoint, 4); rejects with the signal's reason on abort, and with a
 * `SourceError` other than `network` where the server refuses, so that asking again is in vain.
 */
export type FetchWindow = (start: number, stop: number, signal: AbortSignal) => Promise<Float32Array>;

export interface PoseShape {
  readonly ticks: number;
  readonly individuals: number;
  readonly keypoints: number;
}

export interface PoseEvents {
  /** These ticks can be read, or read anew. */
  loaded: PoseWindow;
  /** These ticks could not be had. With `again` they are asked for after a pause, while they are still wanted. */
  failed: { readonly start: number; readonly stop: number; readonly error: unknown; readonly again: boolean };
}

/** Poses by tick, as a scene reads them. */
export interface PoseSource {
  readonly shape: PoseShape;
  /** Says which tick is shown, so that it and what follows is loaded. */
  want(tick: number): void;
  /** The window that holds the tick, where it is loaded. Its data never change; a newer one replaces it. */
  windowOf(tick: number): PoseWindow | null;
  on<Name extends keyof PoseEvents>(name: Name, listener: (event: PoseEvents[Name]) => void): () => void;
}

export interface PoseWindowsOptions {
  readonly shape: PoseShape;
  readonly fetchWindow: FetchWindow;
  /** How many ticks, from the first on, are filled; less than `shape.ticks` while a job runs. */
  readonly ticksDone?: number;
  readonly windowTicks?: number;
  readonly maxBytes?: number;
  /** Windows loaded ahead in the direction of travel. */
  readonly ahead?: number;
  /** What all that read ahead take turns on: while the page is calm, windows around are read as well. */
  readonly line?: SharedLine;
}

const WINDOW_TICKS = 512;
const MAX_BYTES = 64 * 2 ** 20;
const AHEAD = 2;
/** Nobody has wished for anything for so long. */
const CALM_MS = 250;
/** No more is read without a wish than so much in all, about half an hour of two animals. */
const AROUND_BYTES = 16 * 2 ** 20;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

interface Held extends PoseWindow {
  /** How many ticks were done when this was asked for, or were written since: what came later is not in it. */
  readonly asOf: number;
}

interface Load {
  readonly abort: AbortController;
  readonly asOf: number;
}

/**
 * Windows of 3D poses, loaded as they are wanted, kept by bytes, and read again where a job has filled them.
 *
 * Windows are aligned, so that every viewer of a recording asks for the same addresses. A window beyond
 * what is done is known to be empty and is not asked for. While nobody waits, windows around the tick are read from
 * near to far, so that a jump finds its poses in the page.
 */
export class PoseWindows implements PoseSource {
  readonly shape: PoseShape;
  readonly windowTicks: number;
  readonly #fetch: FetchWindow;
  readonly #ahead: number;
  readonly #line: SharedLine | undefined;
  readonly #cache: ByteLru<number, Held>;
  readonly #loads = new Map<number, Load>();
  readonly #emitter = new Emitter<PoseEvents>();
  readonly #empty: Float32Array;
  #ticksDone: number;
  #tick: number | null = null;
  /** Where the person goes, or went; null before the first time. */
  #expected: number | null = null;
  #direction: 1 | -1 | 0 = 0;
  #pauseMs = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #calm: ReturnType<typeof setTimeout> | undefined;
  /** The wait for the line. */
  #turn: AbortController | null = null;
  /** The last window around could not be had: no more before one that somebody waits for comes again. */
  #aroundFailed = false;
  /** The server will give none of these poses: they are gone, or the person may not see them. */
  #refused = false;
  #disposed = false;

  constructor(options: PoseWindowsOptions) {
    const { shape, windowTicks = WINDOW_TICKS, maxBytes = MAX_BYTES, ahead = AHEAD } = options;
    const sizes = { ...shape, windowTicks };
    for (const [name, value] of Object.entries(sizes)) {
      const least = name === "windowTicks" ? 1 : 0;
      if (!Number.isInteger(value) || value < least) {
        throw new RangeError(`${name} must be a whole number from ${least} on, got ${value}.`);
      }
    }
    this.shape = shape;
    this.windowTicks = windowTicks;
    this.#fetch = options.fetchWindow;
    this.#line = options.line;
    this.#ticksDone = bounded(options.ticksDone ?? shape.ticks, shape.ticks);
    this.#cache = new ByteLru(maxBytes);
    this.#empty = new Float32Array(windowTicks * shape.individuals * shape.keypoints * POSE_STRIDE).fill(
      Number.NaN,
    );
    // No more ahead than fits beside what is shown and expected: else each would push out the other for ever.
    const room = Math.floor(maxBytes / Math.max(1, this.#empty.byteLength)) - 2;
    this.#ahead = Math.max(0, Math.min(ahead, room));
  }

  get ticksDone(): number {
    return this.#ticksDone;
  }

  /** Bytes of poses held. */
  get bytes(): number {
    return this.#cache.bytes;
  }

  on<Name extends keyof PoseEvents>(name: Name, listener: (event: PoseEvents[Name]) => void): () => void {
    return this.#emitter.on(name, listener);
  }

  windowOf(tick: number): PoseWindow | null {
    if (!this.#holds(tick)) return null;
    const start = this.#startOf(tick);
    const held = this.#cache.get(start);
    if (held !== undefined) return held;
    if (start < this.#ticksDone) return null;
    return { start, stop: this.#stopOf(start), data: this.#empty };
  }

  /** Whether the poses of a tick are on their way. */
  isComing(tick: number): boolean {
    return this.#holds(tick) && this.#loads.has(this.#startOf(tick));
  }

  /** Whether any keypoint has a place at a tick; null while that is not known. */
  hasPlace(tick: number): boolean | null {
    const held = this.#holds(tick) ? this.#cache.get(this.#startOf(tick)) : undefined;
    // What was done after the window was read is not in it, and no answer either.
    if (held === undefined || tick >= held.asOf) return null;
    const from = (tick - held.start) * this.#rowLength;
    const row = held.data.subarray(from, from + this.#rowLength);
    return row.some((value, at) => at % POSE_STRIDE === 0 && Number.isFinite(value));
  }

  want(tick: number): void {
    if (this.#disposed || !this.#holds(tick)) return;
    const step = tick - (this.#tick ?? tick);
    // A longer step is a jump: it says nothing of where the person goes next.
    if (step !== 0) this.#direction = Math.abs(step) <= this.windowTicks ? (step > 0 ? 1 : -1) : 0;
    this.#tick = tick;
    this.#plan();
  }

  /** The person is on the way to this tick while another is still shown: it is loaded beside that one. */
  expect(tick: number): void {
    if (this.#disposed || !this.#holds(tick)) return;
    this.#expected = tick;
    if (this.#tick === null) this.want(tick);
    else this.#plan();
  }

  /** A job has filled the ticks before `ticksDone`; a smaller number than before means that it began anew. */
  grown(ticksDone: number): void {
    const done = bounded(ticksDone, this.shape.ticks);
    if (this.#disposed || done === this.#ticksDone) return;
    if (done < this.#ticksDone) this.#forget();
    this.#ticksDone = done;
    this.#plan();
  }

  /**
   * A job has filled the ticks `start <= tick < stop` and sent them: float32 (tick, individual, keypoint, 4).
   * `ticksDone` is what is done in all; a smaller number than before means that it began anew.
   *
   * They go into the windows that miss nothing before them and are held or wanted; those are not read again.
   */
  fill(start: number, stop: number, values: Float32Array, ticksDone: number): void {
    if (this.#disposed) return;
    this.#check(start, stop, values);
    if (bounded(ticksDone, this.shape.ticks) < this.#ticksDone) this.grown(0);
    for (let at = this.#startOf(start); at < stop; at += this.windowTicks)
      this.#write(at, start, stop, values);
    // What is done beyond these is on its way as well, and not to be read meanwhile.
    if (stop > this.#ticksDone) this.grown(stop);
  }

  #write(at: number, start: number, stop: number, values: Float32Array): void {
    const end = this.#stopOf(at);
    const held = this.#cache.get(at);
    const wanted = this.#tick !== null && this.#wanted(this.#tick).includes(at);
    if (held === undefined && !(wanted && at >= start)) return;
    if (held !== undefined && held.asOf < Math.max(start, at)) return;
    const row = this.#rowLength;
    const data = held === undefined ? this.#empty.slice(0, (end - at) * row) : held.data.slice();
    const [first, last] = [Math.max(at, start), Math.min(end, stop)];
    data.set(values.subarray((first - start) * row, (last - start) * row), (first - at) * row);
    this.#keep({ start: at, stop: end, data, asOf: Math.max(stop, held?.asOf ?? 0) });
  }

  /** The connection is back: ask at once for what is wanted, without the rest of a pause. */
  retry(): void {
    if (this.#disposed || this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#pauseMs = 0;
    this.#plan();
  }

  dispose(): void {
    this.#disposed = true;
    this.#forget();
  }

  #forget(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#pauseMs = 0;
    this.#refused = false;
    this.#aroundFailed = false;
    this.#standBack();
    for (const load of this.#loads.values()) load.abort.abort();
    this.#loads.clear();
    this.#cache.clear();
  }

  #holds(tick: number): boolean {
    return Number.isInteger(tick) && tick >= 0 && tick < this.shape.ticks;
  }

  #startOf(tick: number): number {
    return tick - (tick % this.windowTicks);
  }

  #stopOf(start: number): number {
    return Math.min(start + this.windowTicks, this.shape.ticks);
  }

  /** True where the window misses nothing that is done by now. */
  #isFresh(start: number, asOf: number): boolean {
    return asOf >= Math.min(this.#ticksDone, this.#stopOf(start));
  }

  /** Load what is wanted and missing or outgrown, and give up what is neither. */
  #plan(): void {
    this.#standBack();
    if (this.#tick === null || this.#timer !== null || this.#refused) return;
    const needed = this.#needed(this.#tick);
    const wanted = this.#wanted(this.#tick);
    for (const [start, load] of this.#loads) {
      if (wanted.includes(start)) continue;
      load.abort.abort();
      this.#loads.delete(start);
    }
    for (const start of wanted) {
      // What is ahead waits for what is shown or expected, so that they do not share the line.
      if (!needed.includes(start) && needed.some((one) => this.#loads.has(one))) break;
      if (start >= this.#ticksDone || this.#loads.has(start)) continue;
      const held = this.#cache.get(start);
      if (held === undefined || !this.#isFresh(start, held.asOf)) void this.#load(start);
    }
    // The one on the screen is the last to be dropped, whatever was loaded ahead of it.
    this.#cache.get(wanted[0] as number);
    if (this.#line !== undefined && this.#loads.size === 0 && !this.#aroundFailed) {
      this.#calm = setTimeout(() => void this.#readAround(), CALM_MS);
    }
  }

  /** No longer calm, or not any more: nothing is read without a wish. */
  #standBack(): void {
    clearTimeout(this.#calm);
    this.#turn?.abort();
  }

  /** Read the nearest window that is missing, once it is this page's turn; what comes of it leads to the next. */
  async #readAround(): Promise<void> {
    const turn = new AbortController();
    this.#turn = turn;
    try {
      await this.#line?.(async () => {
        const start = this.#nearestMissing();
        if (start !== null && !turn.signal.aborted) await this.#load(start);
      }, turn.signal);
    } catch (error) {
      if (!isAbort(error)) throw error; // else it was given up while it waited
    }
  }

  /** Start of the nearest window that is done and missing, while there is room for it. */
  #nearestMissing(): number | null {
    if (this.#cache.bytes + this.#empty.byteLength > Math.min(AROUND_BYTES, this.#cache.maxBytes))
      return null;
    const middle = this.#startOf(this.#expected ?? this.#tick ?? 0);
    for (let away = 0; away < this.#ticksDone; away += this.windowTicks) {
      for (const start of [middle + away, middle - away]) {
        if (start >= 0 && this.#stopOf(start) <= this.#ticksDone && !this.#cache.has(start)) return start;
      }
    }
    return null;
  }

  /** Starts of the windows of the tick shown and of the one expected. */
  #needed(tick: number): number[] {
    return [...new Set([this.#startOf(tick), this.#startOf(this.#expected ?? tick)])];
  }

  /** Starts of the windows to hold: those needed first, then those ahead. */
  #wanted(tick: number): number[] {
    const first = this.#startOf(tick);
    const starts = new Set(this.#needed(tick));
    for (let step = 1; step <= this.#ahead && this.#direction !== 0; step++) {
      const start = first + step * this.#direction * this.windowTicks;
      if (start >= 0 && start < this.shape.ticks) starts.add(start);
    }
    return [...starts];
  }

  async #load(start: number): Promise<void> {
    const stop = this.#stopOf(start);
    const load: Load = { abort: new AbortController(), asOf: this.#ticksDone };
    this.#loads.set(start, load);
    try {
      const data = await this.#fetch(start, stop, load.abort.signal);
      if (this.#loads.get(start) !== load) return;
      this.#check(start, stop, data);
      // Rows that were written meanwhile are newer than this answer.
      const held = this.#cache.get(start);
      if (held === undefined || held.asOf <= load.asOf) this.#keep({ start, stop, data, asOf: load.asOf });
      this.#pauseMs = 0;
      this.#aroundFailed = false;
    } catch (error) {
      if (this.#loads.get(start) !== load) return;
      this.#loads.delete(start);
      if (isAbort(error)) return;
      // Whoever wishes for it asks for it again, and is told why it cannot be had.
      if (this.#tick === null || !this.#wanted(this.#tick).includes(start)) {
        this.#aroundFailed = true;
        return;
      }
      this.#refused = error instanceof SourceError && error.code !== "network";
      if (!this.#refused) this.#pause();
      this.#emitter.emit("failed", { start, stop, error, again: !this.#refused });
      return;
    }
    // A listener may have made another wish by now, and given this load up.
    if (this.#loads.get(start) === load) this.#loads.delete(start);
    this.#plan();
  }

  get #rowLength(): number {
    return this.shape.individuals * this.shape.keypoints * POSE_STRIDE;
  }

  #check(start: number, stop: number, values: Float32Array): void {
    const { individuals, keypoints } = this.shape;
    const expected = (stop - start) * this.#rowLength;
    if (values.length !== expected) {
      throw new RangeError(
        `Poses of ticks ${start} to ${stop - 1} must be ${expected} numbers ` +
          `(${stop - start} ticks, ${individuals} individuals, ${keypoints} keypoints, 4), ` +
          `got ${values.length}.`,
      );
    }
  }

  #keep(held: Held): void {
    this.#cache.set(held.start, held, held.data.byteLength);
    this.#emitter.emit("loaded", held);
  }

  /** Ask for nothing for a while, each time for longer, then for what is wanted by then. */
  #pause(): void {
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, this.#pauseMs * 2));
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#plan();
    }, this.#pauseMs);
  }
}

function bounded(value: number, most: number): number {
  if (!Number.isInteger(value) || value < 0) {
    throw new RangeError(`ticksDone must be a whole number from 0 on, got ${value}.`);
  }
  return Math.min(value, most);
}
