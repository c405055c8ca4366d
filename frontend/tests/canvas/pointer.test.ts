import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PointerReader, type Press } from "../../src/canvas/pointer";

let surface: HTMLElement;
let page: AbortController;
let reader: PointerReader;
/** What the pointer was understood to mean, in order; hovering left out. */
let meant: string[];
let press: Press;

beforeEach(() => {
  surface = document.createElement("div");
  surface.setPointerCapture = () => {};
  page = new AbortController();
  meant = [];
  press = "free";
  const at = ({ x, y }: { x: number; y: number }): string => `${x},${y}`;
  reader = new PointerReader(
    surface,
    {
      grab: () => press,
      drag: (to) => meant.push(`drag ${at(to)}`),
      drop: (back) => meant.push(back ? "put back" : "drop"),
      place: (to, guessed) => meant.push(`place ${at(to)}${guessed ? " guessed" : ""}`),
      hover: () => {},
      pan: (dx, dy) => meant.push(`pan ${dx},${dy}`),
      pinch: () => meant.push("pinch"),
      zoom: () => meant.push("zoom"),
    },
    page.signal,
  );
});

afterEach(() => page.abort());

interface Pointer {
  readonly kind?: "mouse" | "touch";
  readonly id?: number;
  readonly shift?: boolean;
  readonly button?: number;
}

function send(
  type: string,
  x: number,
  y: number,
  { kind = "mouse", id = 1, shift, button }: Pointer = {},
): void {
  const event = new MouseEvent(type, {
    clientX: x,
    clientY: y,
    shiftKey: shift ?? false,
    button: button ?? 0,
  });
  surface.dispatchEvent(Object.assign(event, { pointerId: id, pointerType: kind }));
}

/** Press at the first place, move over the others, let go at the last. */
function gesture(places: readonly (readonly [number, number])[], pointer: Pointer = {}): void {
  const [first, ...rest] = places as [readonly [number, number], ...(readonly [number, number])[]];
  send("pointerdown", ...first, pointer);
  for (const place of rest) send("pointermove", ...place, pointer);
  send("pointerup", ...(rest.at(-1) ?? first), pointer);
}

describe("a press on nothing", () => {
  it("places where it went down, for all that the hand trembled", () => {
    gesture([
      [50, 50],
      [52, 51],
    ]);
    expect(meant).toEqual(["place 50,50"]);
  });

  it("places where it lets go after aiming, as guessed with Shift", () => {
    gesture(
      [
        [50, 50],
        [60, 50],
      ],
      { shift: true },
    );
    expect(meant).toEqual(["place 60,50 guessed"]);
  });

  it("moves the picture with one finger", () => {
    gesture(
      [
        [50, 50],
        [65, 50],
        [70, 50],
      ],
      { kind: "touch" },
    );
    expect(meant).toEqual(["pan 5,0"]);
  });
});

describe("a press on a label", () => {
  beforeEach(() => {
    press = "held";
  });

  it.each([
    ["mouse", 3],
    ["touch", 9],
  ] as const)("leaves it in its place where a %s only trembles", (kind, travel) => {
    gesture(
      [
        [50, 50],
        [50 + travel, 50],
      ],
      { kind },
    );
    expect(meant).toEqual(["put back"]);
  });

  it.each([
    ["mouse", 5],
    ["touch", 11],
  ] as const)("drags it with a %s from some travel on, and back near its start too", (kind, travel) => {
    gesture(
      [
        [50, 50],
        [50 + travel, 50],
        [51, 50],
      ],
      { kind },
    );
    expect(meant).toEqual([`drag ${50 + travel},50`, "drag 51,50", "drop"]);
  });

  it("puts it back for Escape, and for a second finger", () => {
    send("pointerdown", 50, 50);
    expect(reader.abandon()).toBe(true);
    send("pointerup", 50, 50);
    expect(reader.abandon()).toBe(false);
    send("pointerdown", 50, 50, { kind: "touch" });
    send("pointermove", 70, 50, { kind: "touch" });
    send("pointerdown", 90, 90, { kind: "touch", id: 2 });
    send("pointermove", 95, 90, { kind: "touch", id: 2 });
    send("pointerup", 95, 90, { kind: "touch", id: 2 });
    send("pointerup", 70, 50, { kind: "touch" });
    expect(meant).toEqual(["put back", "drag 70,50", "put back", "pinch"]);
  });
});

describe("other presses", () => {
  it("means nothing more by letting go where the press stopped playback", () => {
    press = "spent";
    gesture([[50, 50]]);
    expect(meant).toEqual([]);
  });

  it("pans with the middle button, and with Space held", () => {
    const places = [
      [50, 50],
      [51, 52],
    ] as const;
    gesture(places, { button: 1 });
    reader.panHeld = true;
    gesture(places);
    expect(meant).toEqual(["pan 1,2", "pan 1,2"]);
  });
});
