import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { OverlayScene } from "../../../src/canvas/scene";
import { Hand } from "../../../src/islands/studio/hand";
import type { Labelling } from "../../../src/islands/studio/labelling";
import { Loupe } from "../../../src/islands/studio/loupe";
import type { StudioState } from "../../../src/islands/studio/state";
import { openState, project } from "./fakes";

/** Image pixels are CSS pixels here, half a pixel apart; the one label lies at (100, 100). */
let view = { scale: 1, offsetX: 0, offsetY: 0 };
const size = { width: 640, height: 480 };

let state: StudioState;
let playing: boolean;
let calls: string[];
let magnified: ({ x: number; y: number } | null)[];
let loupe: Loupe;
let hand: Hand;

beforeEach(() => {
  vi.useFakeTimers();
  view = { scale: 1, offsetX: 0, offsetY: 0 };
  state = openState();
  playing = false;
  calls = [];
  magnified = [];
  const stage = {
    get view() {
      return view;
    },
    size,
    magnify: (at: { x: number; y: number } | null) => magnified.push(at),
    pan: (dx: number, dy: number) => calls.push(`pan ${dx},${dy}`),
    pinch: () => {},
    zoom: () => {},
  };
  const labelling = {
    grab: () => calls.push("grab"),
    drag: ({ x, y }: { x: number; y: number }) => calls.push(`drag ${x},${y}`),
    drop: (back: boolean) => calls.push(back ? "put back" : "drop"),
    place: ({ x, y }: { x: number; y: number }) => calls.push(`place ${x},${y}`),
  };
  const labels = [{ keypoint: 2, x: 100, y: 100, visibility: "visible" as const }];
  const scene: OverlayScene = {
    index: 5,
    skeleton: project.skeleton,
    animals: [{ animalId: 1, colour: "", active: true, labels, predictions: [] }],
    armed: null,
    showNames: false,
  };
  loupe = new Loupe(state, state.active.value, stage);
  hand = new Hand({
    state,
    view: state.active.value,
    activate: () => {},
    labelling: labelling as unknown as Labelling,
    player: {
      get playing() {
        return playing;
      },
      pause: () => {
        playing = false;
      },
    },
    stage,
    loupe,
    sceneOf: () => scene,
    note: (words) => calls.push(words),
  });
});

afterEach(() => {
  loupe.dispose();
  vi.useRealTimers();
});

describe("a press", () => {
  it("that stops the video takes hold of nothing and leads to no label", () => {
    playing = true;
    expect(hand.grab({ x: 100, y: 100 }, false)).toBe("spent");
    expect([playing, calls]).toEqual([false, []]);
  });

  it("takes hold within reach of a label, a finger from further away", () => {
    expect(hand.grab({ x: 115, y: 100 }, false)).toBe("free");
    expect(hand.grab({ x: 115, y: 100 }, true)).toBe("held");
    expect(calls).toEqual(["grab"]);
  });

  it("keeps the distance between the label and the pointer", () => {
    hand.grab({ x: 98, y: 103 }, false);
    hand.drag({ x: 108, y: 103 });
    expect(calls).toEqual(["grab", "drag 110,100"]);
  });

  it("places on the picture alone", () => {
    hand.place({ x: 20.5, y: 30.5 }, false);
    hand.place({ x: 700, y: 30 }, false);
    expect(calls).toEqual(["place 20,30"]);
  });
});

describe("keys alone", () => {
  it("move the view the way they point, and mark its middle until the pointer comes back", () => {
    hand.look(1, 0);
    hand.look(0, -1);
    expect(calls).toEqual(["pan -64,0", "pan 0,64"]);
    expect(state.active.value.aiming.value).toBe(true);
    hand.hover({ x: 1, y: 1 });
    expect(state.active.value.aiming.value).toBe(false);
  });

  it("place in the middle of the view, where the picture is and stands still", () => {
    hand.placeInMiddle(false);
    playing = true;
    hand.placeInMiddle(false);
    playing = false;
    view = { scale: 1, offsetX: 400, offsetY: 0 };
    hand.placeInMiddle(false);
    expect(calls).toEqual([
      "place 319.5,239.5",
      "The middle of the view lies beside the picture. F fits it into the window.",
    ]);
  });
});

describe("the loupe", () => {
  const toggle = (): void => {
    state.loupe.value = !state.loupe.value;
    loupe.switched();
  };

  it("is shown while a label is dragged, and gone afterwards", () => {
    hand.grab({ x: 100.5, y: 100.5 }, false);
    hand.drag({ x: 120.5, y: 100.5 });
    expect([state.active.value.loupeShown.value, magnified.at(-1)]).toEqual([true, { x: 120, y: 100 }]);
    hand.drop(false);
    expect([state.active.value.loupeShown.value, magnified.at(-1)]).toEqual([false, null]);
  });

  it("follows nudges, and goes when they end or the pointer comes back", () => {
    loupe.nudge({ x: 10, y: 10 });
    vi.advanceTimersByTime(1000);
    loupe.nudge({ x: 11, y: 10 });
    vi.advanceTimersByTime(1000);
    expect([state.active.value.loupeShown.value, magnified.at(-1)]).toEqual([true, { x: 11, y: 10 }]);
    vi.advanceTimersByTime(500);
    expect(state.active.value.loupeShown.value).toBe(false);
    loupe.nudge({ x: 12, y: 10 });
    hand.hover({ x: 1, y: 1 });
    expect(state.active.value.loupeShown.value).toBe(false);
  });

  it("stays once it is switched on, and follows the pointer", () => {
    toggle();
    hand.hover({ x: 20.5, y: 30.5 });
    hand.grab({ x: 100, y: 100 }, false);
    hand.drag({ x: 110, y: 100 });
    hand.drop(false);
    loupe.nudge({ x: 10, y: 10 });
    vi.advanceTimersByTime(10_000);
    expect(state.active.value.loupeShown.value).toBe(true);
    expect(magnified.slice(1, 2)).toEqual([{ x: 20, y: 30 }]);
    toggle();
    expect([state.active.value.loupeShown.value, magnified.at(-1)]).toEqual([false, null]);
  });

  it("stands aside where it would cover what it shows", () => {
    loupe.drag({ x: 600, y: 450 });
    expect(state.active.value.loupeAside.value).toBe(true);
    loupe.drag({ x: 600, y: 50 });
    expect(state.active.value.loupeAside.value).toBe(false);
  });
});
