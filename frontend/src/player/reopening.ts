/**
 * Something that is opened once and shared; an attempt that failed is forgotten, so that the next one who
 * asks tries again. A connection that comes back is then enough, where a kept failure would need a reload.
 */
export class Reopening<T> {
  readonly #open: () => Promise<T>;
  #opened: Promise<T> | null = null;

  constructor(open: () => Promise<T>) {
    this.#open = open;
  }

  get(): Promise<T> {
    if (this.#opened === null) {
      const attempt = this.#open();
      this.#opened = attempt;
      attempt.catch(() => {
        if (this.#opened === attempt) this.#opened = null;
      });
    }
    return this.#opened;
  }

  /** What was opened, or is being opened; null where nothing is. */
  get current(): Promise<T> | null {
    return this.#opened;
  }
}
