import type { DatabaseChanges, LabelDatabase } from "./database";
import type { HistoryEntry, Operation } from "./types";

/**
 * A database that may fail without stopping the work: the disk is full, the site's data were cleared, another
 * tab needs a newer version. What could not be written lives on in the page, is sent all the same, and
 * `durable` no longer claims that it would outlive the page.
 */
export class LenientDatabase implements LabelDatabase {
  readonly #database: LabelDatabase;
  readonly #onLost: () => void;
  #lost = false;

  constructor(database: LabelDatabase, onLost: () => void) {
    this.#database = database;
    this.#onLost = onLost;
  }

  get durable(): boolean {
    return this.#database.durable && !this.#lost;
  }

  operations(): Promise<Operation[]> {
    return this.#database.operations();
  }

  history(videoId: number): Promise<HistoryEntry[]> {
    return this.#database.history(videoId);
  }

  /** Never rejects. Later writes are tried still: a full disk lets through what deletes. */
  async write(changes: DatabaseChanges): Promise<void> {
    try {
      await this.#database.write(changes);
    } catch (error) {
      if (this.#lost) return;
      console.warn("This browser could not store unsent labels; they live in this page alone.", error);
      this.#lost = true;
      this.#onLost();
    }
  }

  close(): void {
    this.#database.close();
  }
}
