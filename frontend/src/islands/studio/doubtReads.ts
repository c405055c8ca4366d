/** Where the result that a view shows is doubtful: read when it is chosen, and again when it has grown. */

import { batch, computed, effect, type ReadonlySignal } from "@preact/signals";
import { wordsOf } from "../../api/problem";
import { isAbort } from "../../player/types";
import type { Gateway } from "./gateway";
import type { StudioState, ViewState } from "./state";

export class DoubtReads {
  readonly #gateway: Pick<Gateway, "doubts">;
  readonly #note: (words: string) => void;
  /** The result that each view shows and how far it is; empty without one. */
  readonly #shown = new Map<ViewState, ReadonlySignal<string>>();
  readonly #stops: readonly (() => void)[];

  constructor(state: StudioState, gateway: Pick<Gateway, "doubts">, note: (words: string) => void) {
    this.#gateway = gateway;
    this.#note = note;
    this.#stops = state.views.map((view) => {
      const shown = computed(() => {
        const result = view.results.value.find(({ id }) => id === view.resultId.value);
        return result === undefined ? "" : `${result.id}/${result.framesDone}`;
      });
      this.#shown.set(view, shown);
      return effect(() => void this.#read(view, shown.value));
    });
  }

  /** Read once more where it failed. */
  async retry(): Promise<void> {
    const failed = [...this.#shown].filter(([view]) => view.doubtsFailure.peek() !== null);
    await Promise.all(failed.map(([view, shown]) => this.#read(view, shown.peek())));
  }

  dispose(): void {
    for (const stop of this.#stops) stop();
  }

  async #read(view: ViewState, key: string): Promise<void> {
    batch(() => {
      view.doubts.value = null;
      view.doubtsFailure.value = null;
    });
    if (key === "") return;
    const isShown = (): boolean => this.#shown.get(view)?.peek() === key;
    try {
      const doubts = await this.#gateway.doubts(Number(key.split("/")[0]));
      if (isShown()) view.doubts.value = doubts;
    } catch (error) {
      if (isAbort(error) || !isShown()) return;
      view.doubtsFailure.value = wordsOf(error);
      this.#note(`Doubtful stretches could not be read. ${wordsOf(error)}`);
    }
  }
}
