import { beforeEach, describe, expect, it } from "vitest";
import { LabelLoop } from "../../../src/islands/studio/labelLoop";
import type { StudioState, ViewState } from "../../../src/islands/studio/state";
import { openTwoViews, suggested } from "./fakes";

let state: StudioState;
let loop: LabelLoop;
let top: ViewState;
let side: ViewState;
let log: string[];
/** What accepting makes of the frame on screen. */
let accepted: { decided: number; total: number } | null;
let refused: boolean;
/** Why there is no frame to stop at. */
let stayed: string | null;

beforeEach(() => {
  state = openTwoViews(); // tick 30: frame 30 of top, frame 19 of side
  state.target.value = 30;
  [top, side] = state.views as [ViewState, ViewState];
  log = [];
  accepted = null;
  refused = false;
  stayed = null;
  loop = new LabelLoop(state, {
    accept: () => {
      if (accepted === null) {
        log.push("why not");
        return 0;
      }
      state.active.value.progressByFrame.value = new Map([[30, accepted]]);
      return accepted.decided;
    },
    activate: (view) => {
      state.active.value = view;
    },
    goTo: (tick) => log.push(`go ${tick}`),
    goToStop: () => {
      log.push("stop");
      return stayed;
    },
    skip: async (view, frame) => {
      if (refused) return;
      view.suggestions.value = view.suggestions.value.filter(({ frameIndex }) => frameIndex !== frame);
    },
    note: (words) => log.push(words),
    accepted: (words) => log.push(words),
  });
});

describe("the next frame", () => {
  it("is the next one that is not done, in whichever view; the first again behind the last", () => {
    top.suggestions.value = [suggested(10), suggested(40), suggested(50)];
    top.progressByFrame.value = new Map([[40, { decided: 4, total: 4 }]]);
    side.suggestions.value = [suggested(34)]; // at tick 45
    loop.next();
    expect([log, state.active.value.name]).toEqual([["go 45"], "side"]);
    state.target.value = 45;
    loop.next();
    expect([log.at(-1), state.active.value.name]).toEqual(["go 50", "top"]);
    state.target.value = 50;
    loop.next();
    expect(log.at(-1)).toBe("go 10");
  });

  it("is of the newest batch, of an earlier one only when that is done", () => {
    top.suggestions.value = [suggested(35, { batch: "old", at: 0 }), suggested(40)];
    loop.next();
    top.progressByFrame.value = new Map([[40, { decided: 4, total: 4 }]]);
    loop.next();
    expect(log).toEqual(["go 40", "go 35"]);
  });

  it("that another view has at the same tick needs no move", () => {
    state.tick.value = 30;
    side.suggestions.value = [suggested(19)];
    loop.next();
    expect([log, state.active.value.name]).toEqual([[], "side"]);
  });

  it("is one that is labelled where nothing is to do, and said to be none where only this one is", () => {
    loop.next();
    expect(log).toEqual(["stop"]);
    top.suggestions.value = [suggested(30)];
    loop.next();
    expect(log.at(-1)).toBe("This is the last frame to label.");
  });

  it("is not guessed before the labels of a view are known", () => {
    top.suggestions.value = [suggested(40)];
    top.labelsRead.value = "reading";
    loop.next();
    expect(log).toEqual(["stop"]);
  });
});

describe("accepting and going on", () => {
  beforeEach(() => {
    top.suggestions.value = [suggested(30), suggested(40)];
  });

  it("goes on where that leaves nothing open", () => {
    accepted = { decided: 4, total: 4 };
    loop.acceptAndGoOn();
    expect(log).toEqual(["go 40", "Accepted 4 keypoints on frame 30 of top."]);
  });

  it("tells in one note that it was the last one", () => {
    top.suggestions.value = [suggested(30)];
    accepted = { decided: 1, total: 1 };
    stayed = "No frame after this one.";
    loop.acceptAndGoOn();
    expect(log).toEqual(["stop", "Accepted 1 keypoint on frame 30 of top. No frame after this one."]);
  });

  it("says once why nothing can be accepted, and nothing of what is open", () => {
    loop.acceptAndGoOn();
    expect(log).toEqual(["why not"]);
  });

  it("leaves frames alone that are not on screen yet: one press too many skips none", () => {
    accepted = { decided: 4, total: 4 };
    loop.acceptAndGoOn();
    state.target.value = 40; // on its way; frame 30 is still on screen
    loop.acceptAndGoOn();
    expect(log.slice(2)).toEqual(["The next frame is still on its way. Nothing was accepted."]);
  });

  it("stays where something is left to a person", () => {
    accepted = { decided: 3, total: 4 };
    loop.acceptAndGoOn();
    expect(log).toEqual([
      "Accepted 3 keypoints on frame 30 of top. What is still open here is yours to place. N goes on without.",
    ]);
  });
});

describe("leaving a frame out", () => {
  it("leads to the next one, unless the server kept it", async () => {
    top.suggestions.value = [suggested(30), suggested(40)];
    expect(loop.here()?.frameIndex).toBe(30);
    refused = true;
    await loop.skip();
    expect(log).toEqual([]);
    refused = false;
    await loop.skip();
    expect([log, loop.here()]).toEqual([["go 40"], undefined]);
  });
});
