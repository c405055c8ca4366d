/** Mouse, touch and keys over the scene, turned into what the scene can do. */

import { PointerReader } from "../canvas/pointer";
import type { Point } from "../canvas/transform";
import type { Preset } from "./viewpoint";

export interface SceneHand {
  turn(azimuthDeg: number, elevationDeg: number): void;
  pan(dx: number, dy: number): void;
  zoom(factor: number): void;
  preset(preset: Preset): void;
  /** The next camera in order, and after the last the orbit again. */
  nextCamera(): void;
  /** The next animal to follow, and after the last none. */
  nextAnimal(): void;
  stopFollowing(): void;
  hover(at: Point | null): void;
  press(at: Point, touch: boolean): void;
}

const DEGREES_PER_PX = 0.4;
const KEY_DEGREES = 6;
const KEY_PAN_PX = 24;
const KEY_ZOOM = 1.15;

/** Press one and see; `?` pages list these. */
export const SCENE_KEYS: readonly (readonly [keys: string, what: string])[] = [
  ["← → ↑ ↓", "turn"],
  ["Shift + ← → ↑ ↓", "move"],
  ["+ −", "nearer, farther"],
  ["h r t f s", "home, whole rig, top, front, side"],
  ["c", "through the next camera"],
  ["a", "follow the next animal"],
  ["Esc", "stop following"],
];

const ARROWS: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
const PRESET_KEYS: Readonly<Record<string, Preset>> = {
  h: "home",
  r: "rig",
  t: "top",
  f: "front",
  s: "side",
};

/** True where the key did something. */
export function handleKey(
  event: Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey">,
  hand: SceneHand,
): boolean {
  // Those belong to the browser.
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const arrow = ARROWS[event.key];
  const preset = PRESET_KEYS[event.key];
  if (arrow !== undefined) {
    const [x, y] = arrow;
    if (event.shiftKey) hand.pan(-x * KEY_PAN_PX, -y * KEY_PAN_PX);
    else hand.turn(x * KEY_DEGREES, -y * KEY_DEGREES);
  } else if (preset !== undefined) hand.preset(preset);
  else if (event.key === "+" || event.key === "=") hand.zoom(KEY_ZOOM);
  else if (event.key === "-" || event.key === "_") hand.zoom(1 / KEY_ZOOM);
  else if (event.key === "c") hand.nextCamera();
  else if (event.key === "a") hand.nextAnimal();
  else if (event.key === "Escape") hand.stopFollowing();
  else return false;
  return true;
}

/** Listens until the signal aborts. */
export function wireHand(canvas: HTMLCanvasElement, hand: SceneHand, signal: AbortSignal): void {
  let before: Point = { x: 0, y: 0 };
  let touch = false;
  let released = false;
  // The reader lets go of what is held for a second finger and for a cancelled touch too: no press is meant.
  for (const type of ["pointerdown", "pointerup", "pointercancel"] as const) {
    const note = (): void => {
      released = type === "pointerup";
    };
    canvas.addEventListener(type, note, { signal, capture: true });
  }
  // Before the reader hears of the press: a laptop has no right button to move the picture with.
  canvas.addEventListener("pointerdown", (event) => markPan(event), { signal, capture: true });
  const reader = new PointerReader(
    canvas,
    {
      grab: (at, isTouch) => {
        [before, touch] = [at, isTouch];
        return "held";
      },
      drag: (at) => {
        hand.turn((before.x - at.x) * DEGREES_PER_PX, (at.y - before.y) * DEGREES_PER_PX);
        before = at;
      },
      drop: (still) => {
        if (still && released) hand.press(before, touch);
      },
      place: () => {},
      hover: (at) => hand.hover(at),
      pan: (dx, dy) => hand.pan(dx, dy),
      pinch: ([a, b], [c, d]) => {
        hand.zoom(Math.hypot(d.x - c.x, d.y - c.y) / Math.max(1, Math.hypot(b.x - a.x, b.y - a.y)));
        hand.pan((c.x + d.x - a.x - b.x) / 2, (c.y + d.y - a.y - b.y) / 2);
      },
      zoom: (factor) => hand.zoom(factor),
    },
    signal,
  );
  function markPan(event: PointerEvent): void {
    reader.panHeld = event.shiftKey;
  }
  canvas.addEventListener(
    "keydown",
    (event) => {
      if (handleKey(event, hand)) event.preventDefault();
    },
    { signal },
  );
}
