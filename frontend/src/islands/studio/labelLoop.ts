/** From one frame that is to be labelled to the next. */

import type { Suggestion } from "./model";
import type { StudioState, ViewState } from "./state";
import { standingOf, stopAfter } from "./workList";

export interface LoopHooks {
  /** Take over the predictions of the frame on screen that are above the threshold; 0 where it said why none was. */
  readonly accept: () => number;
  readonly activate: (view: ViewState) => void;
  readonly goTo: (tick: number) => void;
  /** To the next frame that is labelled: where nothing is to do. Returns why it stayed, and null where it went. */
  readonly goToStop: () => string | null;
  /** Take a frame off the list. */
  readonly skip: (view: ViewState, frame: number) => Promise<void>;
  readonly note: (words: string) => void;
  /** What became of the frame that was accepted last; takes the place of what was said of the one before. */
  readonly accepted: (words: string) => void;
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
    const stayed = this.#goOn();
    if (stayed !== null) this.#hooks.note(stayed);
  }

  /** Accept what is above the threshold, and go on where that leaves nothing open; one note says what came of it. */
  acceptAndGoOn(): void {
    const { active, presented, target, tick, playing, views } = this.#state;
    if (!playing.value && target.value !== tick.value) {
      this.#hooks.note("The next frame is still on its way. Nothing was accepted.");
      return;
    }
    const isDone = (): boolean =>
      standingOf(active.value.progressByFrame.value.get(presented.value)) === "done";
    if (isDone()) {
      this.next();
      return;
    }
    const where = `frame ${presented.value}${views.length > 1 ? ` of ${active.value.name}` : ""}`;
    const count = this.#hooks.accept();
    if (count === 0) return;
    const done = `Accepted ${count} keypoint${count === 1 ? "" : "s"} on ${where}.`;
    const more = isDone() ? this.#goOn() : "What is still open here is yours to place. N goes on without.";
    this.#hooks.accepted(more === null ? done : `${done} ${more}`);
  }

  /** Go where `next` leads; returns why there is nowhere to go, and null where it went. */
  #goOn(): string | null {
    const { toLabel, target, tick, views, active } = this.#state;
    const stops = toLabel.value;
    if (stops.length === 0) return this.#hooks.goToStop();
    const stop = stopAfter(stops, { tick: target.value, view: views.indexOf(active.value) });
    const view = stop && views[stop.view];
    if (stop === undefined || view === undefined) return "This is the last frame to label.";
    this.#hooks.activate(view);
    if (stop.tick !== target.value || stop.tick !== tick.value) this.#hooks.goTo(stop.tick);
    return null;
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
