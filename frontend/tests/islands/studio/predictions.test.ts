import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PoseResult } from "../../../src/islands/studio/model";
import {
  type PoseWindow,
  PredictionStore,
  parseWindow,
  WINDOW_FRAMES,
} from "../../../src/islands/studio/predictions";

const FRAMES = WINDOW_FRAMES + 10;

const result: PoseResult = {
  id: 1,
  modelName: "model 1",
  state: "ready",
  framesDone: FRAMES,
  keypoints: ["tail", "unknown", "snout"],
  individuals: ["mouse"],
};

/** Keypoint k of frame f lies at (f, k); the middle one of the model was seen nowhere. */
function windowOf(start: number, stop: number): PoseWindow {
  const values: number[] = [];
  for (let f = start; f < stop; f++) values.push(f, 0, 0.5, Number.NaN, Number.NaN, Number.NaN, f, 2, 1);
  return { start, frames: stop - start, individuals: 1, keypoints: 3, values: Float32Array.from(values) };
}

let asked: [number, number][];
let failures: number;
let told: unknown[];
let changes: number;
let store: PredictionStore;

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  failures = 0;
  told = [];
  changes = 0;
  store = new PredictionStore(
    result,
    ["snout", "ear", "tail"],
    async (start, stop) => {
      asked.push([start, stop]);
      if (failures-- > 0) throw new Error("no connection");
      return windowOf(start, stop);
    },
    () => changes++,
    (error) => told.push(error),
  );
});

afterEach(() => {
  store.dispose();
  vi.useRealTimers();
});

const arrive = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

describe("predictions of a frame", () => {
  it("are fetched by window, once, and name the keypoints of the skeleton", async () => {
    expect(store.marks(3, 0)).toBeNull();
    expect(store.marks(4, 0)).toBeNull();
    await arrive();
    expect(asked).toEqual([[0, WINDOW_FRAMES]]);
    expect(store.marks(3, 0)).toEqual([
      { keypoint: 2, x: 3, y: 0, confidence: 0.5 },
      { keypoint: 0, x: 3, y: 2, confidence: 1 },
    ]);
    expect(changes).toBe(1);
  });

  it("are none beyond the frames and individuals that the result has", async () => {
    expect(store.marks(FRAMES, 0)).toEqual([]);
    store.marks(0, 1);
    await arrive();
    expect(store.marks(0, 1)).toEqual([]);
  });

  it("are there before they are drawn, with the window after", async () => {
    store.prepare(0);
    await arrive();
    expect(asked.map(([start]) => start)).toEqual([0, WINDOW_FRAMES]);
    expect(store.marks(WINDOW_FRAMES + 1, 0)).toHaveLength(2);
  });
});

describe("a window that could not be read", () => {
  it("is asked for again after a pause, not by every frame that is drawn, and said once", async () => {
    failures = 2;
    store.marks(0, 0);
    await arrive();
    for (let i = 0; i < 5; i++) store.marks(0, 0);
    await arrive(1999);
    expect([asked.length, told.length]).toEqual([1, 1]);
    await arrive(1);
    expect(changes).toBe(1); // the frame on screen is drawn again, and asks
    store.marks(0, 0);
    await arrive(3999);
    store.marks(0, 0);
    expect(asked).toHaveLength(2);
    await arrive(1);
    store.marks(0, 0);
    await arrive();
    expect([asked.length, told.length]).toEqual([3, 1]);
    expect(store.marks(0, 0)).toHaveLength(2);
  });

  it("does not end the survey for the timeline", async () => {
    failures = 1;
    const survey = store.survey();
    await arrive(2000);
    await survey;
    expect(asked.map(([start]) => start)).toEqual([0, 0, WINDOW_FRAMES]);
    expect(store.confidence[0]?.[0]).toBe(0.75);
    expect(store.confidence[0]?.[FRAMES - 1]).toBe(0.75);
  });

  it("is left alone once the result was put away", async () => {
    failures = 1;
    store.marks(0, 0);
    await arrive();
    store.dispose();
    await arrive(60_000);
    expect([asked.length, changes]).toEqual([1, 0]);
  });
});

describe("parseWindow", () => {
  it("reads little-endian numbers by the shape in the header", () => {
    const buffer = new ArrayBuffer(12);
    [1.5, 2.5, 0.25].forEach((value, i) => {
      new DataView(buffer).setFloat32(i * 4, value, true);
    });
    const window = parseWindow(buffer, "1,1,1,3", 7);
    expect([window.start, [...window.values]]).toEqual([7, [1.5, 2.5, 0.25]]);
  });

  it.each([
    ["1,1,1,2", /was expected/],
    ["", /was expected/],
    ["2,1,1,3", /need 24 bytes; 12 came/],
  ])("refuses the shape '%s' for 12 bytes", (shape, words) => {
    expect(() => parseWindow(new ArrayBuffer(12), shape, 0)).toThrow(words);
  });
});
