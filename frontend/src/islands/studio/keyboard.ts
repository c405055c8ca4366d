/** Listens to the keyboard for the whole studio. Space both plays and, held with a drag, moves the picture. */

import type { Studio } from "./controller";
import { pictureCommand, studioCommand } from "./keys";

const TEXT_FIELDS = "input:not([type=range]), textarea, select, [contenteditable]";

export function readKeyboard(root: HTMLElement, studio: Studio, signal: AbortSignal): void {
  let dragged = false;
  const surfaceOf = (): HTMLElement | null => root.querySelector<HTMLElement>('.st-surface[tabindex="0"]');

  document.addEventListener("keydown", (event) => keyDown(event), { signal });
  document.addEventListener("keyup", (event) => keyUp(event), { signal });
  root.addEventListener("pointermove", (event) => (dragged ||= event.buttons !== 0), { signal });
  window.addEventListener("blur", () => studio.holdPan(false), { signal });

  function isElsewhere(event: KeyboardEvent): boolean {
    const target = event.target instanceof Element ? event.target : null;
    return (
      event.defaultPrevented ||
      root.querySelector("dialog[open]") !== null ||
      target?.closest(TEXT_FIELDS) != null
    );
  }

  function isOnButton(event: KeyboardEvent): boolean {
    return event.target instanceof Element && event.target.closest("button, a, summary") !== null;
  }

  function keyDown(event: KeyboardEvent): void {
    if (isElsewhere(event)) return;
    if (event.key === " ") {
      if (isOnButton(event)) return; // Space presses the button that has the focus
      event.preventDefault();
      if (event.repeat) return;
      dragged = false;
      studio.holdPan(true);
      return;
    }
    const onSurface = event.target === surfaceOf();
    const onPicture = onSurface || event.target === document.body;
    const command = (onPicture ? pictureCommand(event) : null) ?? studioCommand(event);
    if (command === null) return;
    // Enter is pressed for many reasons; it labels only for somebody who is on the picture.
    if (command.do === "place" && !onSurface) return;
    if (command.do === "leave") {
      if (!studio.abandon() && onPicture) root.querySelector<HTMLElement>(".st-tools button")?.focus();
      return;
    }
    event.preventDefault();
    studio.run(command);
  }

  function keyUp(event: KeyboardEvent): void {
    if (event.key !== " ") return;
    studio.holdPan(false);
    if (isElsewhere(event) || isOnButton(event)) return;
    event.preventDefault();
    if (!dragged) studio.toggle();
  }
}
