import { render } from "preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Studio } from "../../../src/islands/studio/controller";
import { Doubtful } from "../../../src/islands/studio/Doubtful";
import { DoubtReads } from "../../../src/islands/studio/doubtReads";
import type { Doubts, PoseResult } from "../../../src/islands/studio/model";
import type { StudioState } from "../../../src/islands/studio/state";
import { paintTimeline } from "../../../src/islands/studio/timelinePaint";
import { VIDEO } from "../../labels/fakes";
import { settle } from "../../player/fakes";
import { openState } from "./fakes";

const RESULT: PoseResult = {
  id: 3,
  modelName: "model 1",
  state: "running",
  framesDone: 40,
  keypoints: [],
  individuals: [],
};
const DOUBTS: Doubts = {
  total: 9,
  stretches: [
    { first: 4, last: 8, worst: 6, severity: 0.9, reasons: ["the model is unsure of tail tip (0.12)"] },
    { first: 70, last: 70, worst: 70, severity: 0.2, reasons: ["left ear jumps by 31 px"] },
  ],
};

let state: StudioState;
let page: HTMLElement;
let went: [number, number][];

beforeEach(() => {
  state = openState();
  page = document.createElement("div");
  went = [];
});
afterEach(() => render(null, page));

describe("doubtful stretches", () => {
  it("are read for the result that is shown, again when it has grown, and gone with it", async () => {
    const doubts = vi.fn(async () => DOUBTS);
    const reads = new DoubtReads(state, { doubts }, () => {});
    const view = state.active.value;
    expect(doubts).not.toHaveBeenCalled();
    view.results.value = [RESULT];
    view.resultId.value = 3;
    await settle();
    expect([view.doubts.value, doubts.mock.calls]).toEqual([DOUBTS, [[3]]]);
    view.results.value = [{ ...RESULT }];
    await settle();
    expect(doubts).toHaveBeenCalledTimes(1);
    view.results.value = [{ ...RESULT, framesDone: 100 }];
    await settle();
    expect(doubts).toHaveBeenCalledTimes(2);
    view.resultId.value = null;
    expect(view.doubts.value).toBeNull();
    reads.dispose();
    view.resultId.value = 3;
    await settle();
    expect(doubts).toHaveBeenCalledTimes(2);
  });

  it("of a result that was left meanwhile are dropped, and a failure is said", async () => {
    const notes: string[] = [];
    let answer: (found: Doubts) => void = () => {};
    const doubts = vi.fn(() => new Promise<Doubts>((resolve) => (answer = resolve)));
    const view = state.active.value;
    view.results.value = [RESULT];
    const reads = new DoubtReads(state, { doubts }, (words) => notes.push(words));
    view.resultId.value = 3;
    view.resultId.value = null;
    answer(DOUBTS);
    await settle();
    expect([view.doubts.value, notes]).toEqual([null, []]);
    doubts.mockRejectedValueOnce(new Error("The files are damaged."));
    view.resultId.value = 3;
    await settle();
    expect(notes).toEqual(["Doubtful stretches could not be read. The files are damaged."]);
    reads.dispose();
  });

  it("are read once more where they could not be, and only there", async () => {
    const doubts = vi.fn(async () => DOUBTS);
    const reads = new DoubtReads(state, { doubts }, () => {});
    const view = state.active.value;
    view.results.value = [RESULT];
    doubts.mockRejectedValueOnce(new Error("The disk is away."));
    view.resultId.value = 3;
    await settle();
    expect([view.doubts.value, view.doubtsFailure.value]).toEqual([null, "The disk is away."]);
    await reads.retry();
    expect([view.doubts.value, view.doubtsFailure.value]).toEqual([DOUBTS, null]);
    await reads.retry();
    expect(doubts).toHaveBeenCalledTimes(2);
    reads.dispose();
  });

  it("that could not be read are no failure of the result chosen next", async () => {
    const doubts = vi.fn(async () => DOUBTS);
    const view = state.active.value;
    view.results.value = [RESULT];
    const reads = new DoubtReads(state, { doubts }, () => {});
    doubts.mockRejectedValueOnce(new Error("The disk is away."));
    view.resultId.value = 3;
    await settle();
    view.resultId.value = null;
    expect(view.doubtsFailure.value).toBeNull();
    await reads.retry();
    expect(doubts).toHaveBeenCalledTimes(1);
    reads.dispose();
  });
});

describe("the list of doubtful stretches", () => {
  const show = (): void => {
    const studio = { state, goToFrame: (video: number, frame: number) => went.push([video, frame]) };
    render(<Doubtful studio={studio as unknown as Studio} />, page);
  };

  it("is there only with a result", () => {
    show();
    expect(page.textContent).toBe("");
    state.resultId.value = 3;
    show();
    expect(page.textContent).toContain("Not known yet.");
    state.active.value.doubts.value = { total: 0, stretches: [] };
    show();
    expect(page.textContent).toContain("nothing jumps");
  });

  it("says why it is not known, and asks for it again", () => {
    state.resultId.value = 3;
    state.active.value.doubtsFailure.value = "The disk is away.";
    let asked = 0;
    const studio = { state, retryDoubts: () => asked++ };
    render(<Doubtful studio={studio as unknown as Studio} />, page);
    expect(page.textContent).toContain("They could not be read. The disk is away.");
    page.querySelector("button")?.click();
    expect(asked).toBe(1);
  });

  it("says why, marks the one on screen, and leads to the worst frame of each", () => {
    state.resultId.value = 3;
    state.active.value.doubts.value = DOUBTS;
    show();
    const rows = [...page.querySelectorAll("button")];
    expect(page.querySelector("h2")?.textContent).toBe("Doubtful stretches · 9");
    expect(rows.map(({ textContent }) => textContent)).toEqual([
      "6the model is unsure of tail tip",
      "70left ear jumps by 31 px",
    ]);
    expect(rows[0]?.title).toBe("Frames 4 to 8: the model is unsure of tail tip (0.12)");
    expect(rows.map((row) => row.getAttribute("aria-current"))).toEqual(["true", null]); // on frame 5
    expect(page.textContent).toContain("7 milder ones are not listed");
    rows[1]?.click();
    expect(went).toEqual([[VIDEO, 70]]);
  });
});

it("the timeline draws them where they are, and a single frame of hours so that it can be seen", () => {
  const drawn: { style: string; at: number[] }[] = [];
  const context = {
    fillStyle: "",
    fillRect: (...at: number[]) => drawn.push({ style: context.fillStyle, at }),
    clearRect: () => {},
    strokeRect: () => {},
    fillText: () => {},
  };
  const content = {
    ...{ ticks: 100_000, fps: 30, bands: [] },
    ...{ labelled: [], suggested: [], labelledElsewhere: [], suggestedElsewhere: [] },
    doubts: [
      { first: 50_000, last: 59_999, severity: 1 },
      { first: 70_000, last: 70_000, severity: 0 },
    ],
  };
  const colours = { line: "line", dim: "dim", ok: "ok", warn: "warn", accent: "accent", bad: "bad" };
  paintTimeline(context as unknown as CanvasRenderingContext2D, 1000, content, colours);
  const bars = drawn.filter(({ style }) => style === "bad").map(({ at }) => [at[0], at[2]]);
  expect(bars).toEqual([
    [500, 100],
    [700, 2],
  ]);
});
