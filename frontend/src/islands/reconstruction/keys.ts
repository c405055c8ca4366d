/** Keys of the whole page; those of the scene are its own. */

import type { Desk } from "./desk";

const STEPS: Readonly<Record<string, number>> = { ",": -1, ".": 1, "<": -10, ">": 10 };

export const PAGE_KEYS: readonly (readonly [keys: string, what: string])[] = [
  ["Space", "play, pause"],
  [", .", "one tick back, on"],
  ["< >", "ten ticks back, on"],
];

/** Listens until the signal aborts. */
export function listenToKeys(desk: Desk, signal: AbortSignal): void {
  document.addEventListener(
    "keydown",
    (event) => {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, select, textarea")) return;
      const step = STEPS[event.key];
      if (step !== undefined) desk.player.step(step);
      else if (event.key === " " && !target.closest("button, summary, a")) desk.player.toggle();
      else return;
      event.preventDefault();
    },
    { signal },
  );
}
