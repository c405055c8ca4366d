/** The newest answer of something that is asked for often. */

/**
 * One read at a time; what is asked for meanwhile is one more after it. So answers come in the order in which they
 * were asked for, and never pile up however fast a job goes on.
 */
export class LatestRead {
  readonly #read: () => Promise<void>;
  readonly #pauseMs: number;
  #busy = false;
  #again = false;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #stopped = false;

  /** `read` handles its own failures. There are `pauseMs` between its end and the next. */
  constructor(read: () => Promise<void>, pauseMs = 0) {
    this.#read = read;
    this.#pauseMs = pauseMs;
  }

  ask(): void {
    if (this.#stopped) return;
    if (this.#busy) this.#again = true;
    else void this.#run();
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #run(): Promise<void> {
    this.#busy = true;
    this.#again = false;
    await this.#read();
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#busy = false;
      if (this.#again) this.ask();
    }, this.#pauseMs);
  }
}
