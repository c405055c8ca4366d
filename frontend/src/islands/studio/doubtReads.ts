/** Where the result that a view shows is doubtful: read when it is chosen, and again when it has grown. */

import { computed, effect } from "@preact/signals";
import { wordsOf } from "../../api/problem";
import { isAbort } from "../../player/types";
import type { Gateway } from "./gateway";
import type { StudioState, ViewState } from "./state";

export class DoubtReads {
  readonly #gateway: Pick<Gateway, "doubts">;
  readonly #note: (words: string) => void;
  readonly #stops: readonly (() => void)[];

  constructor(state: StudioState, gateway: Pick<Gateway, "doubts">, note: (words: string) => void) {
    this.#gateway = gateway;
    this.#note = note;
    this.#stops = state.views.map((view) => {
      const shown = computed(() => {
        const result = view.results.value.find(({ id }) => id === view.resultId.value);
        return result === undefined ? "" : `${result.id}/${result.framesDone}`;
      });
      return effect(() => void this.#read(view, shown.value, () => shown.peek()));
    });
  }

  dispose(): void {
    for (const stop of this.#stops) stop();
  }

  async #read(view: ViewState, key: string, now: () => string): Promise<void> {
    view.doubts.value = null;
    if (key === "") return;
    try {
      const doubts = await this.#gateway.doubts(Number(key.split("/")[0]));
      if (now() === key) view.doubts.value = doubts;
    } catch (error) {
      if (!isAbort(error) && now() === key)
        this.#note(`Doubtful stretches could not be read. ${wordsOf(error)}`);
    }
  }
}
