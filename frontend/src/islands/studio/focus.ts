/**
 * Gives the keyboard back to the picture after the pointer used a control beside it: whoever clicks a row,
 * chooses a speed or moves a slider goes on with the keys of the studio. Whoever works with the keyboard
 * stays where they are, and so does the focus where a control opened something.
 */

const CLICKED = "button:not([aria-expanded])";
const CHANGED = "select, input[type=range]";
const OWN_FOCUS = "dialog, .st-popover, .st-notices";

export function returnFocus(root: HTMLElement, signal: AbortSignal): void {
  let byPointer = false;
  const options = { signal };
  root.addEventListener("pointerdown", () => (byPointer = true), options);
  root.addEventListener("keydown", () => (byPointer = false), options);
  root.addEventListener("click", (event) => giveBack(event, CLICKED), options);
  root.addEventListener("change", (event) => giveBack(event, CHANGED), options);

  function giveBack(event: Event, controls: string): void {
    const target = event.target instanceof Element ? event.target : null;
    if (!byPointer || target?.closest(controls) == null || target.closest(OWN_FOCUS) !== null) return;
    root.querySelector<HTMLElement>('.st-surface[tabindex="0"]')?.focus({ preventScroll: true });
  }
}
