import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Studio } from "../../../src/islands/studio/controller";
import type { Gateway } from "../../../src/islands/studio/gateway";
import type { StudioState } from "../../../src/islands/studio/state";
import { KEYPOINTS, OTHER_VIDEO, VIDEO } from "../../labels/fakes";
import { openSession, openTwoViews, suggested } from "./fakes";

let state: StudioState;
let studio: Studio;
let went: number[];
const page = new AbortController();

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  state = openTwoViews();
  state.target.value = 30;
  studio = new Studio(state, openSession(), {} as Gateway, page.signal);
  went = [];
  studio.goTo = (tick) => void went.push(tick);
});
afterEach(() => void vi.useRealTimers());

describe("going to the frame of a video", () => {
  it("works in its view at the tick that shows it, and moves only where that is another one", () => {
    studio.goToFrame(OTHER_VIDEO, 19);
    expect([state.active.value.name, went]).toEqual(["side", []]);
    studio.goToFrame(VIDEO, 31);
    expect([state.active.value.name, went]).toEqual(["top", [31]]);
  });

  it("takes back a wish for another tick that is on its way", () => {
    state.target.value = 90;
    studio.goToFrame(VIDEO, 30);
    expect(went).toEqual([30]);
  });
});

describe("notes", () => {
  const words = (): string[] => state.notes.value.map((note) => note.words);

  it("are few, none twice, and the good news passes", () => {
    for (const one of ["a", "b", "a", "c", "d"]) studio.note(one === "c" ? "bad" : "info", one);
    expect(words()).toEqual(["a", "c", "d"]);
    vi.advanceTimersByTime(10_000);
    expect(words()).toEqual(["c"]);
    studio.dismiss(state.notes.value[0]?.id ?? -1);
    expect(words()).toEqual([]);
  });
});

describe("accepting and going on", () => {
  const sayOf = (confidence: number): void => {
    const points = [
      Array.from({ length: KEYPOINTS }, (_, k) => [k, 9, k === 0 ? confidence : 0.95] as const),
    ];
    const view = state.active.value;
    view.suggestions.value = [suggested(30), suggested(40)];
    const { names: keypoints } = state.project.skeleton;
    view.modelFrames.value = [{ modelName: "m", keypoints, frames: [{ frameIndex: 30, points }] }];
  };

  it("labels what the model is sure of, and moves on where that is all", () => {
    sayOf(0.95);
    expect(studio.hasGhosts).toBe(true);
    studio.run({ do: "accept-next" });
    expect(state.active.value.progressByFrame.value.get(30)).toEqual({
      decided: KEYPOINTS,
      total: KEYPOINTS,
    });
    expect(went).toEqual([40]);
    expect(state.notes.value.map((note) => note.words)).toEqual([
      `Accepted ${KEYPOINTS} keypoints on frame 30 of top.`,
    ]);
  });

  it("tells once what came of it, of the frame that was accepted last", () => {
    sayOf(0.2);
    const view = state.active.value;
    const [said] = view.modelFrames.value;
    const frames = [30, 40].map((frameIndex) => ({ frameIndex, points: said?.frames[0]?.points ?? [] }));
    if (said !== undefined) view.modelFrames.value = [{ ...said, frames }];
    for (const tick of [30, 40]) {
      state.tick.value = state.target.value = tick;
      studio.run({ do: "accept-next" });
    }
    const open = "What is still open here is yours to place. N goes on without.";
    expect(state.notes.value.map((note) => note.words)).toEqual([
      `Accepted ${KEYPOINTS - 1} keypoints on frame 40 of top. ${open}`,
    ]);
  });

  it("says once why not where nothing is above the threshold", () => {
    state.threshold.value = 1;
    sayOf(0.2);
    studio.run({ do: "accept-next" });
    expect(state.notes.value.map((note) => note.words)).toEqual([
      "No prediction above the threshold is left to accept here.",
    ]);
  });

  it("stays where a keypoint is below the threshold, until a person has decided on it", () => {
    sayOf(0.2);
    studio.run({ do: "accept-next" });
    expect([went, state.notes.value.length]).toEqual([[], 1]);
    studio.labelling.place({ x: 1, y: 1 }, false);
    studio.run({ do: "accept-next" });
    expect(went).toEqual([40]);
  });
});

describe("commands about the picture", () => {
  it("switch what is shown, and need no open screen", () => {
    studio.run({ do: "large" });
    studio.run({ do: "names" });
    studio.run({ do: "predictions" });
    for (const name of ["loupe", "help", "fit", "zoom-in", "leave"] as const) studio.run({ do: name });
    const { large, showNames, showPredictions, loupe, helpOpen } = state;
    expect([large, showNames, showPredictions, loupe, helpOpen].map(({ value }) => value)).toEqual([
      "top",
      true,
      false,
      true,
      true,
    ]);
  });
});
