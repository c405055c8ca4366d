import { describe, expect, it } from "vitest";
import { standingOf, stopAfter, workList } from "../../../src/islands/studio/workList";
import { suggested } from "./fakes";

const half = { decided: 2, total: 4 };
const whole = { decided: 4, total: 4 };

describe("a frame", () => {
  it("is done when nothing is open on the animals that are labelled in it", () => {
    expect([undefined, half, whole].map(standingOf)).toEqual(["todo", "begun", "done"]);
  });
});

describe("the list", () => {
  const frames = [30, 10, 20].map((frame) => suggested(frame, { batch: "new", at: 9 }));
  const before = [suggested(5, { batch: "old", at: 2 }), suggested(7, { batch: null, at: 1 })];

  it("counts the newest batch, and loses what is done; what is begun stays", () => {
    const list = workList(
      [...before, ...frames],
      new Map([
        [20, whole],
        [10, half],
        [5, whole],
      ]),
    );
    expect([list.done, list.total]).toEqual([1, 3]);
    expect(list.open.map(({ frameIndex }) => frameIndex)).toEqual([10, 30]);
    expect(list.earlier.map(({ frameIndex }) => frameIndex)).toEqual([7]);
  });

  it("of nothing is empty", () => {
    expect(workList([], new Map())).toEqual({ done: 0, total: 0, open: [], earlier: [] });
  });
});

describe("the next stop", () => {
  const stops = [
    { tick: 30, view: 0 },
    { tick: 10, view: 1 },
    { tick: 10, view: 0 },
  ];

  it("is the next in time, in the next view of the same tick, and behind the last one the first", () => {
    expect(stopAfter(stops, { tick: 0, view: 0 })).toEqual({ tick: 10, view: 0 });
    expect(stopAfter(stops, { tick: 10, view: 0 })).toEqual({ tick: 10, view: 1 });
    expect(stopAfter(stops, { tick: 10, view: 1 })).toEqual({ tick: 30, view: 0 });
    expect(stopAfter(stops, { tick: 30, view: 0 })).toEqual({ tick: 10, view: 0 });
  });

  it("is none where the only one is here", () => {
    expect(stopAfter([{ tick: 30, view: 0 }], { tick: 30, view: 0 })).toBeUndefined();
    expect(stopAfter([], { tick: 30, view: 0 })).toBeUndefined();
  });
});
