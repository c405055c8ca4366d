/** Mouse, pen and touch over the canvas, turned into intentions. Coordinates are CSS pixels on the canvas. */

import type { Point } from "./transform";

/**
 * What a press met: something that a drag moves; nothing, so that a click may place; or it did its work in
 * going down (it stopped playback), and its release means nothing more.
 */
export type Press = "held" | "free" | "spent";

export interface PointerIntentions {
  grab(at: Point, touch: boolean): Press;
  /** The thing held follows. */
  drag(at: Point): void;
  /** The thing held is let go; `back` leaves it where it was before. */
  drop(back: boolean): void;
  /** A press and release without travel, or the end of aiming with a held button; Shift means guessed. */
  place(at: Point, guessed: boolean): void;
  hover(at: Point | null): void;
  pan(dx: number, dy: number): void;
  pinch(before: readonly [Point, Point], after: readonly [Point, Point]): void;
  zoom(factor: number, at: Point): void;
}

/** Travel up to this is a click: a hand that presses is never quite still, a finger even less. */
const CLICK_TRAVEL = 4;
const TOUCH_TRAVEL = 10;

/** `press` is on nothing, `hold` on something that has not moved yet. */
type Mode = "idle" | "press" | "spent" | "hold" | "drag" | "pan" | "pinch";
const MODE_OF: Readonly<Record<Press, Mode>> = { held: "hold", free: "press", spent: "spent" };

export class PointerReader {
  readonly #element: HTMLElement;
  readonly #on: PointerIntentions;
  readonly #points = new Map<number, Point>();
  #mode: Mode = "idle";
  #pressedAt: Point = { x: 0, y: 0 };
  /** Held by the keyboard reader: dragging pans. */
  panHeld = false;

  constructor(element: HTMLElement, intentions: PointerIntentions, signal: AbortSignal) {
    this.#element = element;
    this.#on = intentions;
    const options = { signal };
    element.addEventListener("pointerdown", (event) => this.#down(event), options);
    element.addEventListener("pointermove", (event) => this.#move(event), options);
    element.addEventListener("pointerup", (event) => this.#up(event), options);
    element.addEventListener("pointercancel", (event) => this.#cancel(event), options);
    element.addEventListener("pointerleave", () => this.#on.hover(null), options);
    element.addEventListener("wheel", (event) => this.#wheel(event), { signal, passive: false });
    element.addEventListener("contextmenu", (event) => event.preventDefault(), options);
  }

  /** Escape: whatever is held goes back. */
  abandon(): boolean {
    const held = this.#putBack();
    if (!held && this.#mode !== "press") return false;
    this.#mode = "idle";
    return true;
  }

  #putBack(): boolean {
    const held = this.#mode === "drag" || this.#mode === "hold";
    if (held) this.#on.drop(true);
    return held;
  }

  #at(event: MouseEvent): Point {
    const box = this.#element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #down(event: PointerEvent): void {
    const at = this.#at(event);
    this.#element.setPointerCapture(event.pointerId);
    this.#points.set(event.pointerId, at);
    if (this.#points.size === 2) {
      this.#putBack();
      this.#mode = "pinch";
      return;
    }
    if (this.#points.size > 2) return;
    this.#pressedAt = at;
    if (event.button === 1 || event.button === 2 || this.panHeld) {
      event.preventDefault();
      this.#mode = "pan";
    } else if (event.button === 0) {
      this.#mode = MODE_OF[this.#on.grab(at, event.pointerType === "touch")];
    }
  }

  #move(event: PointerEvent): void {
    const at = this.#at(event);
    const before = this.#points.get(event.pointerId);
    if (this.#mode === "pinch" && before !== undefined) {
      this.#pinch(event.pointerId, at);
      return;
    }
    if (before !== undefined) this.#points.set(event.pointerId, at);
    if (this.#mode === "hold" && this.#hasTravelled(event, at)) this.#mode = "drag";
    if (this.#mode === "drag") this.#on.drag(at);
    else if (event.pointerType !== "touch") this.#on.hover(at);
    if (this.#mode === "pan" && before !== undefined) this.#on.pan(at.x - before.x, at.y - before.y);
    const onNothing = this.#mode === "press" || this.#mode === "spent";
    if (onNothing && event.pointerType === "touch" && this.#hasTravelled(event, at)) {
      this.#mode = "pan"; // one finger on nothing moves the picture
    }
  }

  #pinch(pointer: number, at: Point): void {
    const before = [...this.#points.values()];
    this.#points.set(pointer, at);
    const after = [...this.#points.values()];
    if (before.length < 2) return;
    this.#on.pinch(before.slice(0, 2) as [Point, Point], after.slice(0, 2) as [Point, Point]);
  }

  #up(event: PointerEvent): void {
    const at = this.#at(event);
    this.#points.delete(event.pointerId);
    const mode = this.#mode;
    if (this.#points.size > 0) return; // the other finger of a pinch is still down; it must not place
    this.#mode = "idle";
    if (mode === "drag" || mode === "hold") this.#on.drop(mode === "hold");
    // A mouse may aim with the button held; the place is where it lets go.
    if (mode === "press") {
      this.#on.place(this.#hasTravelled(event, at) ? at : this.#pressedAt, event.shiftKey);
    }
    if (event.pointerType === "touch") this.#on.hover(null);
  }

  #cancel(event: PointerEvent): void {
    this.#points.delete(event.pointerId);
    this.#putBack();
    this.#mode = this.#points.size === 0 ? "idle" : "pinch";
  }

  #hasTravelled(event: PointerEvent, at: Point): boolean {
    const travel = Math.hypot(at.x - this.#pressedAt.x, at.y - this.#pressedAt.y);
    return travel > (event.pointerType === "touch" ? TOUCH_TRAVEL : CLICK_TRAVEL);
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    // Trackpads report a pinch as a wheel with ctrl, in smaller steps.
    const speed = event.ctrlKey ? 0.01 : 0.0018;
    this.#on.zoom(Math.exp(-event.deltaY * lines * speed), this.#at(event));
  }
}
