/** Which view is worked in, which are shown, and which is large. */

import { batch } from "@preact/signals";
import { MOST_VIEWS, type StudioState, type ViewState } from "./state";

export interface ViewChoiceHooks {
  /** The keyboard is on the picture of the active view. */
  readonly hasFocus: () => boolean;
  /** Bring the keyboard to the picture of the active view. */
  readonly focus: () => void;
  /** The active view is another one; the signals are not told yet. */
  readonly changing: () => void;
  readonly changed: () => void;
  readonly note: (words: string) => void;
}

export class ViewChoice {
  readonly #state: StudioState;
  readonly #hooks: ViewChoiceHooks;

  constructor(state: StudioState, hooks: ViewChoiceHooks) {
    this.#state = state;
    this.#hooks = hooks;
  }

  /** Keys, lists and the address mean this view from now on; a hidden one is shown, in place of the last one. */
  activate(view: ViewState): void {
    const { active } = this.#state;
    if (active.value === view) return;
    const moveFocus = this.#hooks.hasFocus();
    batch(() => {
      const hidden = this.#withRoomFor(view);
      active.value = view;
      this.#state.hide(hidden);
      this.#hooks.changing();
    });
    if (moveFocus) this.#hooks.focus();
    this.#hooks.changed();
  }

  /** Of the visible views the next one, or the one before. */
  next(step: 1 | -1): void {
    const { visible, active } = this.#state;
    const views = visible.value;
    const next = views[(views.indexOf(active.value) + step + views.length) % views.length];
    if (next !== undefined) this.activate(next);
  }

  /** One view large and the others beside it; the same one again: all alike. */
  enlarge(view: ViewState): void {
    const { large, views } = this.#state;
    if (views.length > 1) large.value = large.value === view.name ? null : view.name;
  }

  /** Show or hide a view; the active one hands over to a neighbour first, and the last one stays. */
  toggle(view: ViewState): void {
    const { visible, hidden, active, large } = this.#state;
    const count = visible.value.length;
    if (!visible.value.includes(view)) {
      if (count >= MOST_VIEWS) this.#hooks.note(`Up to ${MOST_VIEWS} views fit at once: hide one first.`);
      else this.#state.hide(without(hidden, view.name));
      return;
    }
    if (count === 1) return;
    batch(() => {
      if (active.value === view) this.next(1);
      if (large.value === view.name) large.value = null;
      this.#state.hide(new Set([...hidden, view.name]));
    });
  }

  /** What is hidden when this view is shown too; where it does not fit, the last view that is not worked in goes. */
  #withRoomFor(view: ViewState): ReadonlySet<string> {
    const { visible, hidden, active } = this.#state;
    const after = without(hidden, view.name);
    if (visible.value.includes(view) || visible.value.length < MOST_VIEWS) return after;
    const last = visible.value.findLast((other) => other !== active.value);
    return last === undefined ? after : new Set([...after, last.name]);
  }
}

function without(names: ReadonlySet<string>, name: string): ReadonlySet<string> {
  return new Set([...names].filter((other) => other !== name));
}
