import { describe, expect, it } from "vitest";
import { Ghosts } from "../../../src/islands/studio/ghosts";
import type { Animal, ModelFrames } from "../../../src/islands/studio/model";
import type { StudioState } from "../../../src/islands/studio/state";
import { SuggestedGhosts } from "../../../src/islands/studio/suggestedGhosts";
import { openState } from "./fakes";

/** Keypoints in another order than the skeleton's, and one that it does not have. */
const TOLD: ModelFrames[] = [
  {
    modelName: "model 2",
    keypoints: ["keypoint 1", "gone", "keypoint 0"],
    frames: [
      {
        frameIndex: 5,
        points: [
          [[1, 2, 0.9], [3, 4, 0.8], null],
          [null, null, [5, 6, 0.1]],
        ],
      },
    ],
  },
  { modelName: "model 1", keypoints: ["keypoint 0"], frames: [{ frameIndex: 8, points: [[[7, 8, 0.5]]] }] },
];

it("go by the names of keypoints, and leave out what has no answer or no place in the skeleton", () => {
  const ghosts = new SuggestedGhosts(TOLD, ["keypoint 0", "keypoint 1"]);
  expect(ghosts.marks(5, 0)).toEqual([{ keypoint: 1, x: 1, y: 2, confidence: 0.9 }]);
  expect(ghosts.marks(5, 1)).toEqual([{ keypoint: 0, x: 5, y: 6, confidence: 0.1 }]);
  expect([ghosts.marks(5, 2), ghosts.marks(6, 0)]).toEqual([[], []]);
  expect([5, 6, 8].map((frame) => ghosts.modelName(frame))).toEqual(["model 2", null, "model 1"]);
});

describe("over the picture", () => {
  const [mouse] = openState().project.animals as readonly [Animal];
  const open = (): { state: StudioState; ghosts: Ghosts } => {
    const state = openState();
    const window = () => new Promise<never>(() => {});
    return { state, ghosts: new Ghosts(state, { window }, { redraw: () => {}, note: () => {} }) };
  };

  it("lie without being asked for, only on suggested frames", () => {
    const { state, ghosts } = open();
    const view = state.active.value;
    expect(ghosts.isShown(view)).toBe(false);
    view.modelFrames.value = TOLD;
    expect(ghosts.isShown(view)).toBe(true);
    expect(ghosts.marks(view, 5, mouse)).toHaveLength(1);
    expect(ghosts.marks(view, 6, mouse)).toEqual([]);
  });

  it("are new when the models have spoken anew", () => {
    const { state, ghosts } = open();
    const view = state.active.value;
    view.modelFrames.value = TOLD;
    expect(ghosts.marks(view, 8, mouse)).toHaveLength(1);
    view.modelFrames.value = TOLD.slice(0, 1);
    expect(ghosts.marks(view, 8, mouse)).toEqual([]);
  });

  it("give way to a chosen result, and to nobody wanting any", () => {
    const { state, ghosts } = open();
    const view = state.active.value;
    view.modelFrames.value = TOLD;
    const result = { id: 3, modelName: "m", state: "ready", framesDone: 100, individuals: ["a"] } as const;
    view.results.value = [{ ...result, keypoints: ["keypoint 0"] }];
    ghosts.choose(3);
    expect(ghosts.marks(view, 5, mouse)).toBeNull(); // on its way
    ghosts.chooseSuggested(false);
    expect([ghosts.marks(view, 5, mouse), ghosts.isShown(view)]).toEqual([[], false]);
    ghosts.chooseSuggested(true);
    expect([ghosts.marks(view, 5, mouse)?.length, state.resultId.value]).toEqual([1, null]);
  });
});
