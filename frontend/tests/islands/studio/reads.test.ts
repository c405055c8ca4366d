import { beforeEach, describe, expect, it, vi } from "vitest";
import { unreachable } from "../../../src/api/problem";
import type { HistoryLine, PoseResult } from "../../../src/islands/studio/model";
import { Reads } from "../../../src/islands/studio/reads";
import type { StudioState, ViewState } from "../../../src/islands/studio/state";
import type { Instance } from "../../../src/labels/types";
import { OTHER_VIDEO, VIDEO } from "../../labels/fakes";
import { openState, openTwoViews, suggested } from "./fakes";

const LINE: HistoryLine = { uuid: "a", user: "ada", keypoint: 0, animalId: 1, words: "", at: new Date(0) };
const RUNNING: PoseResult = {
  id: 3,
  modelName: "model 1",
  state: "running",
  framesDone: 10,
  keypoints: [],
  individuals: [],
};
const READY: PoseResult = { ...RUNNING, state: "ready", framesDone: 100 };

let state: StudioState;
let notes: string[];
let chosen: (number | null)[];
let came: number;
let drawn: number;
let taken: (readonly Instance[])[];
let reads: Reads;
const gateway = {
  labels: vi.fn<(videoId: number, frame?: number) => Promise<Instance[]>>(),
  suggestions: vi.fn(),
  framePredictions: vi.fn(),
  skip: vi.fn(),
  results: vi.fn<() => Promise<PoseResult[]>>(),
  history: vi.fn<() => Promise<HistoryLine[]>>(),
};

beforeEach(() => open(openState()));

function open(opened: StudioState): void {
  state = opened;
  state.labelsRead.value = "reading";
  notes = [];
  chosen = [];
  came = 0;
  drawn = 0;
  taken = [];
  gateway.labels.mockResolvedValue([]);
  gateway.suggestions.mockResolvedValue([]);
  gateway.framePredictions.mockResolvedValue([]);
  gateway.skip.mockReset();
  gateway.results.mockResolvedValue([]);
  gateway.history.mockResolvedValue([LINE]);
  const session = {
    restore: async () => {},
    take: (_: number, labels: readonly Instance[]) => taken.push(labels),
  };
  reads = new Reads(state, session as never, gateway, {
    note: (_, words) => notes.push(words),
    labelsCame: () => came++,
    chooseResult: (id) => {
      chosen.push(id);
      state.resultId.value = id;
    },
    predictionsCame: () => drawn++,
    showResult: (view, id) => {
      chosen.push(id);
      view.resultId.value = id;
    },
  });
}

describe("labels of the video", () => {
  it("are known once they came, and said to be unknown where they did not", async () => {
    await reads.all(null, Promise.reject(new Error("The server failed.")));
    expect([state.labelsRead.value, came]).toEqual(["failed", 0]);
    expect(notes).toEqual(["Labels could not be read. The server failed."]);
    await reads.failedLabels();
    expect([state.labelsRead.value, came, taken]).toEqual(["known", 1, [[]]]);
  });
});

describe("the history of a frame", () => {
  it("is not known, rather than empty, where it could not be read", async () => {
    state.history.value = [LINE];
    gateway.history.mockRejectedValueOnce(unreachable());
    gateway.labels.mockRejectedValueOnce(unreachable());
    await reads.settled();
    expect([state.history.value, notes]).toEqual([null, []]);
    await reads.settled();
    expect(state.history.value).toEqual([LINE]);
  });

  it("that this page cannot read is said, as are labels: only a lost connection comes right by itself", async () => {
    gateway.history.mockRejectedValueOnce(new TypeError("x is not a function"));
    gateway.labels.mockRejectedValueOnce(new Error("No such role."));
    await reads.settled();
    expect([state.history.value, notes.sort()]).toEqual([
      null,
      [
        "The history of this frame could not be read. x is not a function",
        "The newest labels could not be read. No such role.",
      ],
    ]);
  });

  it("goes with the frame, before the next one's is there", async () => {
    await reads.settled();
    state.tick.value = 6;
    expect(state.history.value).toBeNull();
  });

  it("of a frame that was left meanwhile is not shown", async () => {
    const answer = reads.settled();
    state.tick.value = 6;
    await answer;
    expect(state.history.value).toBeNull();
  });
});

describe("predictions", () => {
  it("are laid over the picture at the start only where the address asks for a result that is there", async () => {
    gateway.results.mockResolvedValue([READY]);
    await reads.all(null, gateway.labels(7));
    await reads.all(8, gateway.labels(7));
    expect(chosen).toEqual([]);
    await reads.all(3, gateway.labels(7));
    expect(chosen).toEqual([3]);
  });

  it("of a job that ended while the studio is open can be chosen, and it says so", async () => {
    await reads.all(null, gateway.labels(7));
    gateway.results.mockResolvedValue([READY]);
    gateway.suggestions.mockResolvedValue([suggested(9)]);
    await reads.jobEnded(VIDEO);
    expect(state.results.value).toEqual([READY]);
    expect(state.stops.value).toEqual([9]);
    expect(notes).toEqual(["model 1 has predicted this video: choose it under Predictions."]);
  });

  it("on screen grow with their result, and go with it", async () => {
    gateway.results.mockResolvedValue([RUNNING]);
    await reads.all(3, gateway.labels(7));
    await reads.jobEnded(VIDEO);
    expect(chosen).toEqual([3]);
    gateway.results.mockResolvedValue([READY]);
    await reads.jobEnded(VIDEO);
    expect([chosen, notes]).toEqual([[3, 3], []]);
    gateway.results.mockResolvedValue([]);
    await reads.jobEnded(VIDEO);
    expect(chosen).toEqual([3, 3, null]);
  });
});

describe("suggested frames", () => {
  it("come with what models say of them, and the picture is drawn anew", async () => {
    const told = [{ modelName: "model 1", keypoints: [], frames: [] }];
    gateway.suggestions.mockResolvedValue([suggested(9), suggested(12)]);
    gateway.framePredictions.mockResolvedValue(told);
    await reads.suggestions(state.active.value);
    expect(state.active.value.modelFrames.value).toEqual(told);
    expect([state.stops.value, drawn]).toEqual([[9, 12], 1]);
  });

  it("that are left out go when the server has done so, and stay where it has not", async () => {
    const view = state.active.value;
    view.suggestions.value = [suggested(9), suggested(12)];
    await reads.skip(view, 9);
    expect(gateway.skip).toHaveBeenCalledExactlyOnceWith(VIDEO, 9);
    expect(state.stops.value).toEqual([12]);
    gateway.skip.mockRejectedValueOnce(new Error("The server failed."));
    await reads.skip(view, 12);
    expect([state.stops.value, notes]).toEqual([[12], ["The frame stays on the list. The server failed."]]);
  });
});

describe("several views", () => {
  beforeEach(() => open(openTwoViews()));

  it("are read each by itself: one that fails leaves the others known", async () => {
    gateway.labels.mockImplementation((videoId) =>
      videoId === OTHER_VIDEO ? Promise.reject(new Error("The server failed.")) : Promise.resolve([]),
    );
    await reads.all(null, Promise.resolve([]));
    expect(state.views.map(({ labelsRead }) => labelsRead.value)).toEqual(["known", "failed"]);
    expect(notes).toEqual(["Labels of side could not be read. The server failed."]);
    gateway.labels.mockClear();
    gateway.labels.mockResolvedValue([]);
    await reads.failedLabels();
    expect(gateway.labels.mock.calls).toEqual([[OTHER_VIDEO]]);
    expect(state.views.map(({ labelsRead }) => labelsRead.value)).toEqual(["known", "known"]);
  });

  it("are asked for the newest labels of the frame that each shows, and for one history", async () => {
    gateway.labels.mockClear();
    gateway.history.mockClear();
    await reads.settled();
    expect(gateway.labels.mock.calls).toEqual([
      [VIDEO, 30],
      [OTHER_VIDEO, 19],
    ]);
    expect(gateway.history).toHaveBeenCalledExactlyOnceWith(VIDEO, 30, state.project.skeleton.names);
    expect(state.history.value).toEqual([LINE]);
    state.active.value = state.views[1] as ViewState;
    expect(state.history.value).toBeNull();
  });
});
