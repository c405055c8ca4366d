import type { JobEventMsg } from "./messages.gen";

/**
 * The numbered log of one job, as far as this page has it.
 *
 * The server numbers a job's events 1, 2, 3 ... without gaps. Whatever order batches arrive in
 * (history over HTTP, live ones over the socket, both at once), the log holds each event once.
 */
export class JobLog {
  #events: JobEventMsg[] = [];
  /** All events up to this number were received or are known to be unwanted. */
  #last: number;

  /** `from`: the log starts after this number; earlier events are left to `addHistory`. */
  constructor(from = 0) {
    this.#last = from;
  }

  get events(): readonly JobEventMsg[] {
    return this.#events;
  }

  /** What to ask for `since`. */
  get last(): number {
    return this.#last;
  }

  /** Adds live events; false where a number is missing in between, and then nothing after it is kept. */
  addLive(batch: readonly JobEventMsg[]): boolean {
    for (const event of sorted(batch)) {
      if (event.seq <= this.#last) continue;
      if (event.seq !== this.#last + 1) return false;
      this.#events = [...this.#events, event];
      this.#last = event.seq;
    }
    return true;
  }

  /** Adds a complete stretch read over HTTP, wherever it lies. */
  addHistory(batch: readonly JobEventMsg[]): void {
    const bySeq = new Map(this.#events.map((event) => [event.seq, event]));
    for (const event of batch) bySeq.set(event.seq, event);
    this.#events = sorted([...bySeq.values()]);
    while (bySeq.has(this.#last + 1)) this.#last += 1;
  }
}

function sorted(batch: readonly JobEventMsg[]): JobEventMsg[] {
  return [...batch].sort((a, b) => a.seq - b.seq);
}
