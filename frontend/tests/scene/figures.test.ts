import { expect, it } from "vitest";
import { Figures } from "../../src/scene/figures";
import { newLens } from "../../src/scene/material";

it("would draw nothing of ticks that neither the tick nor its trail reaches", () => {
  const figures = new Figures({
    skeleton: { names: ["nose"], edges: [], sides: ["middle"] },
    individuals: [{ name: "ash" }],
    poses: { windowOf: () => null } as never,
    lens: newLens(),
    jointRadiusMm: 3,
    nearMm: 5,
  });
  figures.trail = { ticks: 60, keypoint: null };
  const windows = [0, 512, 1024].map((start) => ({ start, stop: start + 512 }));
  const drawn = (tick: number) => windows.map((window) => figures.wouldDraw(window, tick));
  expect(drawn(300)).toEqual([true, false, false]);
  expect(drawn(571)).toEqual([true, true, false]);
  expect(drawn(572)).toEqual([false, true, false]);
  figures.dispose();
});
