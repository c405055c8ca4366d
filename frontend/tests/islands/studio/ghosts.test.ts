import { expect, it } from "vitest";
import { Ghosts } from "../../../src/islands/studio/ghosts";
import type { Animal, PoseResult } from "../../../src/islands/studio/model";
import type { PoseWindow } from "../../../src/islands/studio/predictions";
import type { ViewState } from "../../../src/islands/studio/state";
import { settle } from "../../player/fakes";
import { openTwoViews } from "./fakes";

const RESULT: PoseResult = {
  id: 3,
  modelName: "model 1",
  state: "ready",
  framesDone: 40,
  keypoints: ["keypoint 0"],
  individuals: ["mouse"],
};

/** Frame n has the confidence n / 100. */
const window = async (_: number, start: number, stop: number): Promise<PoseWindow> => ({
  start,
  frames: stop - start,
  individuals: 1,
  keypoints: 1,
  values: Float32Array.from({ length: (stop - start) * 3 }, (_, i) =>
    i % 3 === 2 ? (start + (i - 2) / 3) / 100 : 0,
  ),
});

it("the confidence of an animal lies by tick, and is laid out anew only when predictions came", async () => {
  const state = openTwoViews();
  const side = state.views[1] as ViewState;
  const animal = state.project.animals[0] as Animal;
  state.active.value = side;
  side.results.value = [RESULT];
  const ghosts = new Ghosts(state, { window }, { redraw: () => {}, note: () => {} });
  expect(ghosts.confidence(animal)).toBeUndefined();
  ghosts.choose(RESULT.id);
  const before = ghosts.confidence(animal) as Float32Array;
  expect([before.length, before.every(Number.isNaN)]).toEqual([100, true]);
  await settle();
  const laid = ghosts.confidence(animal) as Float32Array;
  // Frame 0 is shown at tick 10, tick 20 shows none, frame 10 is shown at tick 21.
  expect([9, 10, 19, 20, 21, 50, 51].map((tick) => laid[tick])).toEqual(
    [Number.NaN, 0, 0.09, Number.NaN, 0.1, 0.39, Number.NaN].map(Math.fround),
  );
  laid[10] = 1;
  expect(ghosts.confidence(animal)).toBe(laid);
  expect(laid[10]).toBe(1);
  state.predictionsVersion.value++;
  expect(ghosts.confidence(animal)?.[10]).toBe(0);
});
