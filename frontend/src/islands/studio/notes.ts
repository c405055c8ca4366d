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

  /**
   * Bad news stays until it is dismissed, or newer notes take its place. A note replaces an earlier one of the same words
   * or the same `about`: a column of like lines tells nothing.
   */
  add(tone: "info" | "bad", words: string, about: string | null = null): void {
    const note = { id: this.#next++, tone, words, about };
    const others = this.#notes.value.filter(
      (other) => other.words !== words && (about === null || other.about !== about),
    );
    this.#notes.value = [...others, note].slice(-MOST_NOTES);
    if (tone === "info") setTimeout(() => this.dismiss(note.id), NOTE_MS);
  }

  dismiss(id: number): void {
    this.#notes.value = this.#notes.value.filter((note) => note.id !== id);
  }
}
