import type { TickFrames, TickSource } from "./tickSource";
import { isAbort } from "./types";

const LOOKAHEAD = 6;
/** Frames that wait to be shown, over all views: each is a whole picture in memory. */
const MOST_WAITING_FRAMES = 12;
/** Above this many ticks a second some are passed over, since few displays show more. */
const MAX_PRESENTED_HZ = 60;
/** Lag in presented ticks that is made up for; with more, the clock waits for the decoder. */
const MAX_LAG = 2;

interface Slot {
  readonly tick: number;
  frames: TickFrames | null;
}

/**
 * One run of playback: asks for ticks ahead and hands them out in order as they fall due.
 *
 * Every tick is shown in turn (every n-th where the rate exceeds 60 a second), with the frames of all its views.
 * When one of them comes late the clock waits for it; playback slows down, skips nothing, and no view runs ahead.
 */
export class Playback {
  readonly #source: Pick<TickSource, "get" | "sources">;
  readonly #abort = new AbortController();
  readonly #slots: Slot[] = [];
  readonly #stride: number;
  readonly #rateHz: number;
  readonly #last: number;
  readonly #onError: (tick: number, error: unknown) => void;
  /** The last tick asked for. */
  #asked: number;
  #anchor: { tick: number; at: number };

  constructor(
    source: Pick<TickSource, "get" | "sources">,
    from: number,
    last: number,
    rateHz: number,
    now: number,
    onError: (tick: number, error: unknown) => void,
  ) {
    this.#source = source;
    this.#last = last;
    this.#rateHz = rateHz;
    this.#onError = onError;
    this.#stride = Math.max(1, Math.ceil(rateHz / MAX_PRESENTED_HZ - 1e-9));
    this.#asked = from;
    this.#anchor = { tick: from, at: now };
    this.#fill();
  }

  /** What to show now, which the caller then owns; null where nothing is due or it is not there yet. */
  take(now: number): TickFrames | null {
    const head = this.#slots[0];
    if (head === undefined) return null;
    const due = this.#anchor.tick + ((now - this.#anchor.at) / 1000) * this.#rateHz;
    if (head.tick > due) return null;
    if (due - head.tick > MAX_LAG * this.#stride) this.#anchor = { tick: head.tick, at: now };
    if (head.frames === null) return null;
    this.#slots.shift();
    this.#fill();
    return head.frames;
  }

  /** Everything up to the last tick was handed out. */
  get finished(): boolean {
    return this.#slots.length === 0;
  }

  stop(): void {
    this.#abort.abort();
    for (const slot of this.#slots.splice(0)) slot.frames?.close();
  }

  #fill(): void {
    const views = Math.max(1, this.#source.sources.size);
    const ahead = Math.max(2, Math.min(LOOKAHEAD, Math.floor(MOST_WAITING_FRAMES / views)));
    while (this.#slots.length < ahead && this.#asked < this.#last) {
      // The end of the recording is shown, whether or not it is a multiple of the stride away.
      this.#asked = Math.min(this.#asked + this.#stride, this.#last);
      void this.#load({ tick: this.#asked, frames: null });
    }
  }

  async #load(slot: Slot): Promise<void> {
    this.#slots.push(slot);
    try {
      const frames = await this.#source.get(slot.tick, this.#abort.signal);
      if (this.#abort.signal.aborted) frames.close();
      else slot.frames = frames;
    } catch (error) {
      if (!isAbort(error) && !this.#abort.signal.aborted) this.#onError(slot.tick, error);
    }
  }
}
