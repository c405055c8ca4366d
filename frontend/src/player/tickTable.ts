/**
 * Which frame each view shows at each tick of a recording's common clock.
 *
 * Cameras start late and drop frames, so frame 100 of one view need not show what frame 100 of another does.
 * Kept as runs in which the frame advances with the tick, so that hours of recording cost a few numbers a drop.
 */

/** As in the engine: a day at 100 frames a second. */
const MAX_TICKS = 10_000_000;
const NUMBERS_A_RUN = 3;

/** A table that does not hold together; the words name the view and the run at fault. */
export class BadTicks extends Error {
  constructor(reason: string) {
    super(`The table of ticks of this recording is not usable: ${reason} Register the recording again.`);
    this.name = "BadTicks";
  }
}

/** Runs of one view, one after another in time; the three arrays go together. */
interface Runs {
  readonly ticks: Int32Array;
  readonly frames: Int32Array;
  readonly lengths: Int32Array;
}

export class TickTable {
  readonly ticks: number;
  readonly #runs: ReadonlyMap<string, Runs>;

  private constructor(ticks: number, runs: ReadonlyMap<string, Runs>) {
    this.ticks = ticks;
    this.#runs = runs;
  }

  /**
   * Read `{"ticks": N, "views": {name: [[first_tick, first_frame, length], ...]}}`.
   *
   * `frameCounts` holds the views of the recording with the frames that each has; a view that is not readable
   * (yet) is left out of it, and its runs are not looked up. Throws `BadTicks` with what is wrong.
   */
  static parse(json: unknown, frameCounts: ReadonlyMap<string, number>): TickTable {
    const { ticks, views } = recordOf(json, "the table");
    if (!isWhole(ticks, 1, MAX_TICKS)) {
      throw new BadTicks(`it has ${show(ticks)} ticks; 1 to ${MAX_TICKS} were expected.`);
    }
    const listed = recordOf(views, "its list of views");
    const runs = new Map<string, Runs>();
    for (const [view, frameCount] of frameCounts) {
      if (!Object.hasOwn(listed, view)) throw new BadTicks(`it does not know the view '${view}'.`);
      runs.set(view, parseRuns(listed[view], view, ticks, frameCount));
    }
    return new TickTable(ticks, runs);
  }

  get views(): readonly string[] {
    return [...this.#runs.keys()];
  }

  /** The frame of a view at a tick; null where it has none. */
  frameAt(view: string, tick: number): number | null {
    const { ticks, frames, lengths } = this.#of(view);
    const run = lastAtMost(ticks, tick);
    const into = tick - (ticks[run] ?? 0);
    return run < 0 || into >= (lengths[run] ?? 0) ? null : (frames[run] ?? 0) + into;
  }

  /** The tick at which a view shows a frame; null for a frame that is never shown. */
  tickOf(view: string, frame: number): number | null {
    const { ticks, frames, lengths } = this.#of(view);
    const run = lastAtMost(frames, frame);
    const into = frame - (frames[run] ?? 0);
    return run < 0 || into >= (lengths[run] ?? 0) ? null : (ticks[run] ?? 0) + into;
  }

  /** The tick of the nearest frame that is shown, the earlier where two are as near; 0 where none ever is. */
  tickNear(view: string, frame: number): number {
    const { ticks, frames, lengths } = this.#of(view);
    const run = Math.max(0, lastAtMost(frames, frame));
    if (frames.length === 0) return 0;
    const last = (frames[run] ?? 0) + (lengths[run] ?? 1) - 1;
    const before = Math.min(Math.max(frame, frames[run] ?? 0), last);
    const after = frames[run + 1] ?? Number.POSITIVE_INFINITY;
    if (after - frame < Math.abs(frame - before)) return ticks[run + 1] ?? 0;
    return (ticks[run] ?? 0) + before - (frames[run] ?? 0);
  }

  /** Whether the view shows frame n at tick n from the first one on, as long as it shows any. */
  isAligned(view: string): boolean {
    const { ticks, frames } = this.#of(view);
    return ticks.length === 1 && ticks[0] === 0 && frames[0] === 0;
  }

  /**
   * Values (frame) of a view, laid out (tick) in `laid`, of `ticks` numbers; NaN where the view has no frame or
   * there is no value.
   */
  layByTick(view: string, values: Float32Array, laid: Float32Array): void {
    if (laid.length !== this.ticks)
      throw new RangeError(`Got room for ${laid.length} ticks; ${this.ticks} were expected.`);
    const { ticks, frames, lengths } = this.#of(view);
    laid.fill(Number.NaN);
    ticks.forEach((tick, i) => {
      const from = frames[i] ?? 0;
      laid.set(values.subarray(from, from + (lengths[i] ?? 0)), tick);
    });
  }

  #of(view: string): Runs {
    const runs = this.#runs.get(view);
    if (runs === undefined) throw new RangeError(`The table of ticks has no view '${view}'.`);
    return runs;
  }
}

function parseRuns(value: unknown, view: string, ticks: number, frameCount: number): Runs {
  if (!Array.isArray(value)) throw new BadTicks(`the runs of view '${view}' are ${show(value)}, not a list.`);
  const count = value.length;
  const runs = {
    ticks: new Int32Array(count),
    frames: new Int32Array(count),
    lengths: new Int32Array(count),
  };
  let nextTick = 0;
  let nextFrame = 0;
  value.forEach((run: unknown, i) => {
    const at = `run ${show(run)} of view '${view}'`;
    if (!Array.isArray(run) || run.length !== NUMBERS_A_RUN || !run.every((n) => isWhole(n, 0, MAX_TICKS))) {
      throw new BadTicks(`${at} is not [first tick, first frame, length] in whole numbers.`);
    }
    const [tick, frame, length] = run as [number, number, number];
    if (length < 1) throw new BadTicks(`${at} is empty.`);
    if (tick < nextTick || frame < nextFrame) throw new BadTicks(`${at} goes back behind the one before it.`);
    if (tick + length > ticks) throw new BadTicks(`${at} goes beyond the last tick, ${ticks - 1}.`);
    if (frame + length > frameCount)
      throw new BadTicks(`${at} goes beyond the last frame, ${frameCount - 1}.`);
    [runs.ticks[i], runs.frames[i], runs.lengths[i]] = [tick, frame, length];
    [nextTick, nextFrame] = [tick + length, frame + length];
  });
  return runs;
}

/** Position of the last number that is not greater than `wanted`; -1 where all are. Ascending numbers. */
function lastAtMost(numbers: Int32Array, wanted: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] as number) <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function recordOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new BadTicks(`${what} is ${show(value)}.`);
  }
  return value as Record<string, unknown>;
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 80);
}
