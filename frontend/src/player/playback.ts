import { type DecodedFrame, type FrameSource, isAbort } from "./types";

const LOOKAHEAD = 6;
/** Above this many frames a second some are passed over, since few displays show more. */
const MAX_PRESENTED_HZ = 60;
/** Lag in presented frames that is made up for; with more, the clock waits for the decoder. */
const MAX_LAG = 2;

interface Slot {
  readonly index: number;
  frame: DecodedFrame | null;
}

/**
 * One run of playback: asks for frames ahead and hands them out in order as they fall due.
 *
 * Every frame is shown in turn (every n-th where the rate exceeds 60 frames a second). When frames come
 * late the clock waits; playback slows down and skips nothing.
 */
export class Playback {
  readonly #source: FrameSource;
  readonly #abort = new AbortController();
  readonly #slots: Slot[] = [];
  readonly #stride: number;
  readonly #rateHz: number;
  readonly #last: number;
  readonly #onError: (index: number, error: unknown) => void;
  /** The last frame asked for. */
  #asked: number;
  #anchor: { index: number; at: number };

  constructor(
    source: FrameSource,
    from: number,
    last: number,
    rateHz: number,
    now: number,
    onError: (index: number, error: unknown) => void,
  ) {
    this.#source = source;
    this.#last = last;
    this.#rateHz = rateHz;
    this.#onError = onError;
    this.#stride = Math.max(1, Math.ceil(rateHz / MAX_PRESENTED_HZ - 1e-9));
    this.#asked = from;
    this.#anchor = { index: from, at: now };
    this.#fill();
  }

  /** The frame to show now, which the caller then owns; null where none is due or it is not there yet. */
  take(now: number): DecodedFrame | null {
    const head = this.#slots[0];
    if (head === undefined) return null;
    const due = this.#anchor.index + ((now - this.#anchor.at) / 1000) * this.#rateHz;
    if (head.index > due) return null;
    if (due - head.index > MAX_LAG * this.#stride) this.#anchor = { index: head.index, at: now };
    if (head.frame === null) return null;
    this.#slots.shift();
    this.#fill();
    return head.frame;
  }

  /** Everything up to the last frame was handed out. */
  get finished(): boolean {
    return this.#slots.length === 0;
  }

  stop(): void {
    this.#abort.abort();
    for (const slot of this.#slots.splice(0)) slot.frame?.close();
  }

  #fill(): void {
    while (this.#slots.length < LOOKAHEAD && this.#asked < this.#last) {
      // The end of the recording is shown, whether or not it is a multiple of the stride away.
      this.#asked = Math.min(this.#asked + this.#stride, this.#last);
      void this.#load({ index: this.#asked, frame: null });
    }
  }

  async #load(slot: Slot): Promise<void> {
    this.#slots.push(slot);
    try {
      const frame = await this.#source.get(slot.index, this.#abort.signal);
      if (this.#abort.signal.aborted) frame.close();
      else slot.frame = frame;
    } catch (error) {
      if (!isAbort(error) && !this.#abort.signal.aborted) this.#onError(slot.index, error);
    }
  }
}
