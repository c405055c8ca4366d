import { pauseMs } from "./pause";

interface Hold {
  readonly reason: string;
  readonly failures: number;
  readonly untilMs: number;
}

/** Videos of which the server takes no changes now, and when to ask again. Pure bookkeeping. */
export class Holds {
  readonly #holds = new Map<number, Hold>();

  /** Why each video is held, in the server's words. */
  get reasons(): ReadonlyMap<number, string> {
    return new Map([...this.#holds].map(([videoId, { reason }]) => [videoId, reason]));
  }

  /** When the first of them is to be asked for again; null where none is held. */
  get nextMs(): number | null {
    return this.#holds.size === 0 ? null : Math.min(...[...this.#holds.values()].map((h) => h.untilMs));
  }

  hold(videoId: number, reason: string, nowMs: number): void {
    const failures = (this.#holds.get(videoId)?.failures ?? 0) + 1;
    this.#holds.set(videoId, { reason, failures, untilMs: nowMs + pauseMs(failures) });
  }

  release(videoId: number): void {
    this.#holds.delete(videoId);
  }

  /** Ask for all of them again at once. */
  retry(): void {
    for (const [videoId, hold] of this.#holds) this.#holds.set(videoId, { ...hold, untilMs: 0 });
  }

  /** The pause of at least one is over. */
  isDue(nowMs: number): boolean {
    return (this.nextMs ?? Number.POSITIVE_INFINITY) <= nowMs;
  }

  blocks(videoId: number, nowMs: number): boolean {
    return (this.#holds.get(videoId)?.untilMs ?? 0) > nowMs;
  }
}
