/** Words to the person at the studio; the newest few stand over the picture. */

import type { StudioState } from "./state";

const NOTE_MS = 7000;
const MOST_NOTES = 3;

export class Notes {
  readonly #notes: StudioState["notes"];
  #next = 1;

  constructor({ notes }: Pick<StudioState, "notes">) {
    this.#notes = notes;
  }

  /** Bad news stays until it is dismissed, or newer notes take its place. */
  add(tone: "info" | "bad", words: string): void {
    const note = { id: this.#next++, tone, words };
    // The same words again replace the earlier note; a column of equal lines tells nothing.
    const others = this.#notes.value.filter((other) => other.words !== words);
    this.#notes.value = [...others, note].slice(-MOST_NOTES);
    if (tone === "info") setTimeout(() => this.dismiss(note.id), NOTE_MS);
  }

  dismiss(id: number): void {
    this.#notes.value = this.#notes.value.filter((note) => note.id !== id);
  }
}
