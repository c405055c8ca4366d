/** From one frame that is to be labelled to the next. */

import type { Suggestion } from "./model";
import type { StudioState, ViewState } from "./state";
import { standingOf, stopAfter } from "./workList";

export interface LoopHooks {
  /** Take over the predictions of the frame on screen that are above the threshold. */
  readonly accept: () => void;
  readonly activate: (view: ViewState) => void;
  readonly goTo: (tick: number) => void;
  /** To the next frame that is labelled: where nothing is to do. */
  readonly goToStop: () => void;
  /** Take a frame off the list. */
  readonly skip: (view: ViewState, frame: number) => Promise<void>;
  readonly note: (words: string) => void;
}

export class LabelLoop {
  readonly #state: StudioState;
  readonly #hooks: LoopHooks;

  constructor(state: StudioState, hooks: LoopHooks) {
    this.#state = state;
    this.#hooks = hooks;
  }

  /** To the next frame to label, from the first one again behind the last; where all are done, to one that is labelled. */
  next(): void {
    const { toLabel, target, tick, views, active } = this.#state;
    const stops = toLabel.value;
    if (stops.length === 0) {
      this.#hooks.goToStop();
      return;
    }
    const stop = stopAfter(stops, { tick: target.value, view: views.indexOf(active.value) });
    const view = stop && views[stop.view];
    if (stop === undefined || view === undefined) {
      this.#hooks.note("This is the last frame to label.");
      return;
    }
    this.#hooks.activate(view);
    if (stop.tick !== target.value || stop.tick !== tick.value) this.#hooks.goTo(stop.tick);
  }

  /** Accept what is above the threshold, and go on where that leaves nothing open. */
  acceptAndGoOn(): void {
    const { active, presented, project } = this.#state;
    const isDone = (): boolean =>
      standingOf(active.value.progressByFrame.value.get(presented.value)) === "done";
    if (!isDone()) this.#hooks.accept();
    if (isDone()) this.next();
    else if (project.canLabel)
      this.#hooks.note("What is still open here is yours to place. N goes on without.");
  }

  /** What is suggested of the frame on screen; undefined where it is not on the list. */
  here(): Suggestion | undefined {
    const { active, presented } = this.#state;
    return active.value.suggestions.value.find(({ frameIndex }) => frameIndex === presented.value);
  }

  /** Take the frame on screen off the list, and go to the next one. */
  async skip(): Promise<void> {
    const { active, presented } = this.#state;
    const view = active.value;
    const frame = presented.value;
    await this.#hooks.skip(view, frame);
    const stays = view.suggestions.value.some(({ frameIndex }) => frameIndex === frame);
    if (!stays && view === active.value && frame === presented.value) this.next();
  }
}
