import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Labelling } from "../../../src/islands/studio/labelling";
import type { StudioState, ViewState } from "../../../src/islands/studio/state";
import type { LabelSession } from "../../../src/labels/labelSession";
import type { KeypointValue } from "../../../src/labels/types";
import { OTHER_VIDEO, VIDEO } from "../../labels/fakes";
import { openSession, openState, openTwoViews } from "./fakes";

let state: StudioState;
let session: LabelSession;
let labelling: Labelling;
let notes: string[];
let wentTo: [number, number][];
let nudged: { x: number; y: number }[];

function open(more = {}, opened = openState(more)): void {
  state = opened;
  wentTo = [];
  session = openSession();
  notes = [];
  nudged = [];
  labelling = new Labelling(state, session, {
    ghostsOf: () => [{ keypoint: 0, x: 3, y: 4, confidence: 0.95 }],
    redraw: () => {},
    nudged: (to) => nudged.push(to),
    goTo: (videoId, frame) => wentTo.push([videoId, frame]),
    note: (_, words) => notes.push(words),
  });
  labelling.rearm();
}

beforeEach(() => open());
afterEach(() => session.close());

const value = (keypoint: number): KeypointValue => {
  const found = labelling.values(5, 1)[keypoint];
  if (found === undefined) throw new Error(`no keypoint ${keypoint}`);
  return found;
};

/** x of each keypoint; null where it has no place. */
const xs = (): (number | null)[] => labelling.values(5, 1).map(({ x }) => x);

function place(...places: number[]): void {
  for (const x of places) labelling.place({ x, y: 10 }, false);
}

/** Take hold of a keypoint and drag it, as far as a test needs. */
function drag(keypoint: number, x: number): void {
  labelling.grab({ animalId: 1, keypoint });
  labelling.drag({ x, y: 10 });
  labelling.drop(false);
}

describe("a click", () => {
  it("places one keypoint after the other, and then says that there is none left", () => {
    place(10, 20, 30, 40);
    expect(xs()).toEqual([10, 20, 30, 40]);
    expect(state.armed.value).toBeNull();
    place(50);
    expect(xs()).toEqual([10, 20, 30, 40]);
    expect(notes[0]).toMatch(/^Every keypoint of this animal is decided/);
  });

  it("after a correction leaves the corrected point alone, and places the next without a decision", () => {
    place(10, 20);
    drag(0, 15);
    expect([state.armed.value, labelling.clickTarget()]).toEqual([0, 2]);
    place(30);
    expect(xs()).toEqual([15, 20, 30, null]);
  });

  it("on a complete frame moves nothing, whatever was corrected before", () => {
    place(10, 20, 30, 40);
    drag(1, 25);
    place(99);
    expect(xs()).toEqual([10, 25, 30, 40]);
  });

  it("that was double does not make the next one move the point just placed", () => {
    place(10);
    labelling.grab({ animalId: 1, keypoint: 0 }); // the second half of the double click
    labelling.drop(true);
    place(20);
    expect(xs()).toEqual([10, 20, null, null]);
  });

  it("places anew the keypoint that was chosen from the list or with Tab, once", () => {
    place(10, 20, 30, 40);
    labelling.arm(1);
    place(21);
    labelling.cycle(1);
    place(11);
    place(99);
    expect(xs()).toEqual([11, 21, 30, 40]);
  });

  it("passes over a keypoint that was called absent", () => {
    labelling.cycleVisibility();
    place(20);
    expect([value(0).visibility, value(1).x]).toEqual(["absent", 20]);
  });

  it("after an undo places the keypoint whose place was taken back, and moves none", () => {
    place(10, 20);
    labelling.undo();
    place(21);
    drag(0, 15);
    labelling.undo();
    place(30);
    expect(xs()).toEqual([10, 21, 30, null]);
  });
});

describe("a drag", () => {
  it("leaves its keypoint as the one that V, Delete and the arrows mean", () => {
    place(10, 20, 30);
    drag(1, 25);
    labelling.cycleVisibility();
    labelling.nudge(1, 0);
    expect(value(1)).toEqual({ x: 26, y: 10, visibility: "guessed" });
    labelling.remove();
    expect(value(1).visibility).toBe("unlabelled");
  });

  it("that was put back changes nothing, not even by rounding", async () => {
    const at = { x: 10.123456, y: 20.654321, visibility: "visible" as const };
    await session.apply([{ video_id: VIDEO, frame_index: 5, animal_id: 1, keypoint: 0, value: at }]);
    labelling.grab({ animalId: 1, keypoint: 0 });
    labelling.drop(true);
    expect(value(0)).toEqual(at);
  });
});

describe("the arrows", () => {
  it("move the keypoint placed last while the next one waits for its place", () => {
    place(10);
    labelling.nudge(1, 0);
    labelling.nudge(0, -0.1);
    expect(value(0)).toEqual({ x: 11, y: 9.9, visibility: "visible" });
    expect(state.armed.value).toBe(1);
    expect(nudged.at(-1)).toEqual({ x: 11, y: 9.9 });
  });

  it("move nothing but the keypoint that somebody chose, and say so where it has no place", () => {
    place(10);
    labelling.arm(3);
    labelling.nudge(1, 0);
    expect(xs()).toEqual([10, null, null, null]);
    expect(notes[0]).toMatch(/has no position yet/);
  });

  it("do not reach back to another frame", () => {
    place(10);
    state.tick.value = 6;
    labelling.rearm();
    labelling.nudge(1, 0);
    expect(xs()[0]).toBe(10);
    expect(notes).toHaveLength(1);
  });
});

describe("buttons for visibility", () => {
  it("set what V would come to, and bring a place back", () => {
    place(10);
    labelling.arm(0);
    labelling.setVisibility("absent");
    expect(value(0)).toEqual({ x: null, y: null, visibility: "absent" });
    labelling.setVisibility("guessed");
    expect(value(0)).toEqual({ x: 10, y: 10, visibility: "guessed" });
  });

  it("ask for a place where there never was one", () => {
    labelling.setVisibility("visible");
    expect(value(0).visibility).toBe("unlabelled");
    expect(notes).toEqual(["Click in the picture first to say where it is."]);
  });
});

describe("the rest is absent", () => {
  it("decides what nobody has decided, in one step back", () => {
    place(10);
    labelling.restAbsent();
    expect(labelling.values(5, 1).map(({ visibility }) => visibility)).toEqual([
      "visible",
      "absent",
      "absent",
      "absent",
    ]);
    expect(state.armed.value).toBeNull();
    labelling.undo();
    expect(xs()).toEqual([10, null, null, null]);
    expect(value(3).visibility).toBe("unlabelled");
  });

  it("says so where all is decided", () => {
    place(10, 20, 30, 40);
    labelling.restAbsent();
    expect(xs()).toEqual([10, 20, 30, 40]);
    expect(notes).toEqual(["Every keypoint of this animal is decided already."]);
  });
});

describe("before the labels are known", () => {
  it.each([
    ["reading", /still being read/],
    ["failed", /could not be read/],
  ] as const)("nothing is changed while they are %s", (read, words) => {
    state.labelsRead.value = read;
    place(10);
    labelling.accept();
    labelling.copyPose();
    expect(xs()).toEqual([null, null, null, null]);
    expect(labelling.acceptable()).toBeNull();
    expect(notes[0]).toMatch(words);
  });

  it("lets nobody label whose role is to look", () => {
    open({ canLabel: false });
    place(10);
    expect(xs()[0]).toBeNull();
    expect(notes).toEqual(["Your role in this project lets you look, not label."]);
  });
});

describe("labels that come", () => {
  it("arm the first keypoint without a decision, unless somebody chose one already", () => {
    const keypoints = labelling.values(5, 1).map((blank, k) => (k === 0 ? { ...blank, x: 1, y: 1 } : blank));
    const placed = keypoints.map((k) => (k.x === null ? k : { ...k, visibility: "visible" as const }));
    session.take(VIDEO, [{ frame_index: 5, animal_id: 1, rev: 1, keypoints: placed }]);
    labelling.labelsCame();
    expect(state.armed.value).toBe(1);
    labelling.arm(3);
    labelling.labelsCame();
    expect(state.armed.value).toBe(3);
  });
});

describe("two views", () => {
  const top = (): ViewState => state.views[0] as ViewState;
  const side = (): ViewState => state.views[1] as ViewState;

  function workIn(view: ViewState): void {
    state.active.value = view;
    labelling.viewChanged();
  }

  const placed = (video: number, frame: number): (number | null)[] =>
    labelling.values(frame, 1, video).map(({ x }) => x);

  beforeEach(() => {
    open({}, openTwoViews());
  });

  it("keep their labels apart, each at the frame that it shows", () => {
    place(10);
    workIn(side());
    place(20);
    expect([placed(VIDEO, 30), placed(OTHER_VIDEO, 19)]).toEqual([
      [10, null, null, null],
      [null, 20, null, null],
    ]);
    expect(labelling.marks(30, 1, VIDEO).map(({ x }) => x)).toEqual([10]);
    expect(labelling.marks(19, 1, VIDEO)).toEqual([]);
  });

  it("keep the armed keypoint armed, unless it is decided in the view that is gone to", () => {
    labelling.arm(2);
    place(10);
    expect(state.armed.value).toBe(3);
    workIn(side());
    expect(state.armed.value).toBe(3);
    place(11);
    workIn(top());
    workIn(side());
    expect(state.armed.value).toBe(0);
    labelling.arm(3);
    workIn(top());
    expect(state.armed.value).toBe(3);
  });

  it("begin with what is missing in the view that is gone to, once the other is complete", () => {
    place(10, 20, 30, 40);
    expect(state.armed.value).toBeNull();
    workIn(side());
    expect(state.armed.value).toBe(0);
  });

  it("let the arrows move nothing of the view that was left", () => {
    place(10);
    workIn(side());
    labelling.nudge(1, 0);
    expect(placed(VIDEO, 30)).toEqual([10, null, null, null]);
    expect(notes[0]).toMatch(/has no position yet/);
  });

  it("are undone in the order of the work, and it is gone to where that was", () => {
    place(10);
    workIn(side());
    place(20);
    workIn(top());
    labelling.undo();
    expect(wentTo).toEqual([[OTHER_VIDEO, 19]]);
    workIn(side());
    expect([placed(OTHER_VIDEO, 19), state.armed.value]).toEqual([[null, null, null, null], 1]);
    labelling.undo();
    expect(wentTo.at(-1)).toEqual([VIDEO, 30]);
  });

  it.each(["reading", "failed"] as const)("keep what was done where the labels are %s", (read) => {
    workIn(side());
    place(20);
    place(21);
    labelling.undo();
    workIn(top());
    side().labelsRead.value = read;
    labelling.undo();
    labelling.redo();
    expect(placed(OTHER_VIDEO, 19)).toEqual([20, null, null, null]);
    expect([...new Set(notes)]).toEqual([expect.stringMatching(/^The labels of side (are still|could not)/)]);
    side().labelsRead.value = "known";
    labelling.redo();
    expect(placed(OTHER_VIDEO, 19)).toEqual([20, 21, null, null]);
    labelling.undo();
    labelling.undo();
    expect(placed(OTHER_VIDEO, 19)).toEqual([null, null, null, null]);
  });

  it("are undone also from a view that has no frame now, or whose own labels are not known", () => {
    place(10);
    workIn(side());
    side().labelsRead.value = "failed";
    state.tick.value = 20;
    labelling.undo();
    expect([placed(VIDEO, 30), wentTo]).toEqual([[null, null, null, null], [[VIDEO, 30]]]);
    expect(notes).toEqual([]);
  });

  it("take no label where they have no frame, and say so", () => {
    workIn(side());
    state.tick.value = 20;
    labelling.rearm();
    place(10);
    expect(notes).toEqual(["This view has no frame at this tick."]);
    expect(session.store(OTHER_VIDEO).progressByFrame().size).toBe(0);
  });
});
