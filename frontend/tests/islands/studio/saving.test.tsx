import { render } from "preact";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Studio } from "../../../src/islands/studio/controller";
import { Notices } from "../../../src/islands/studio/Dialogs";
import type { Gateway } from "../../../src/islands/studio/gateway";
import { chipLook } from "../../../src/islands/studio/Header";
import type { StudioProject, StudioVideo } from "../../../src/islands/studio/model";
import { StudioState } from "../../../src/islands/studio/state";
import { MemoryLabelDatabase } from "../../../src/labels/database";
import { LabelSession } from "../../../src/labels/labelSession";
import { LabelStore } from "../../../src/labels/labelStore";
import { ALL_SAVED, type QueueState } from "../../../src/labels/saveState";
import type { LabelTransport } from "../../../src/labels/transport";
import type { LabelConflict } from "../../../src/labels/types";
import { OTHER_VIDEO } from "../../labels/fakes";
import { openTwoViews, recordingOf } from "./fakes";

const VIDEO = { id: 7, view: "top", frameCount: 100, width: 640, height: 480 } as StudioVideo;
const PROJECT = {
  skeleton: { names: ["nose", "tail"], edges: [], sides: [] },
  animals: [
    { id: 3, name: "Ada", slot: 0, colour: "#000" },
    { id: 4, name: "Bea", slot: 1, colour: "#fff" },
  ],
  canLabel: true,
} as unknown as StudioProject;
const CONFLICT: LabelConflict = {
  operation: {
    uuid: "u",
    seq: 1,
    video_id: 7,
    frame_index: 12,
    animal_id: 4,
    keypoint: 1,
    base_rev: 0,
    change: { x: 1, y: 1, visibility: "visible" },
    attempted: true,
  },
  mine: { x: 2, y: 2, visibility: "visible" },
  theirs: { x: 9, y: 9, visibility: "guessed" },
  rev: 1,
  instance: null,
};

describe("the notices over the picture", () => {
  let root: HTMLElement;
  let state: StudioState;
  const studio = { resolve: vi.fn(), discard: vi.fn(), retrySaving: vi.fn(), goToFrame: vi.fn() };

  beforeEach(() => {
    root = document.createElement("div");
    state = new StudioState(recordingOf(VIDEO), PROJECT);
  });

  const show = (): void => render(<Notices studio={{ ...studio, state } as unknown as Studio} />, root);
  const button = (words: string): HTMLButtonElement | undefined =>
    [...root.querySelectorAll("button")].find((found) => found.textContent?.includes(words));

  it("name the animal of a conflict, and offer the newest of my values", () => {
    state.conflicts.value = [CONFLICT];
    show();
    expect(root.textContent).toContain("Bea · tail · frame 12");
    expect(root.textContent).toContain("Mine: visible at 2.0, 2.0");
    expect(root.textContent).toContain("Theirs: guessed at 9.0, 9.0");
  });

  it("say what the server does not take and why, and discard it only by a word of its own", () => {
    const held = [{ videoId: 8, count: 2, page: "/p/8/", reason: "There is no such video." }];
    state.save.value = { ...ALL_SAVED, held };
    show();
    expect(root.textContent).toContain(
      "does not take 2 changes of another recording. There is no such video.",
    );
    button("Try now")?.click();
    expect(studio.retrySaving).toHaveBeenCalledOnce();
    expect(button("Discard 2 changes for good")?.closest("details")?.open).toBe(false);
    button("Discard 2 changes for good")?.click();
    expect(studio.discard).toHaveBeenCalledExactlyOnceWith(8);
  });

  it("name the view of which the server takes nothing, where there are several", () => {
    const held = [VIDEO.id, OTHER_VIDEO].map((videoId) => ({ videoId, count: 1, page: "", reason: "No." }));
    state.save.value = { ...ALL_SAVED, held };
    show();
    expect(root.textContent).toContain("1 change of this recording. No.");
    state = openTwoViews();
    state.save.value = { ...ALL_SAVED, held };
    show();
    expect(root.textContent).toContain("1 change of top. No.");
    expect(root.textContent).toContain("1 change of side. No.");
  });

  it("lead to the studio in which another recording's conflicts are settled", () => {
    state.save.value = { ...ALL_SAVED, elsewhere: [{ videoId: 8, count: 1, page: "/p/8/" }] };
    show();
    expect(root.querySelector('[data-testid="elsewhere"] a')?.getAttribute("href")).toBe("/p/8/");
  });
});

describe("the save chip", () => {
  const words = (state: QueueState, durable: boolean): string =>
    chipLook({ ...ALL_SAVED, state, waiting: 1, durable }).words;

  it("asks to keep the page open where this browser does not store what waits", () => {
    expect([words("offline", true), words("offline", false)]).toEqual([
      "Offline – kept here",
      "Offline – keep this page open",
    ]);
    expect([words("saving", true), words("saving", false)]).toEqual([
      "Saving",
      "Saving – keep this page open",
    ]);
  });

  it("does not say that the server has everything while other recordings' work waits", () => {
    const elsewhere = [{ videoId: 8, count: 1, page: "" }];
    expect(chipLook(ALL_SAVED).title).toBe("The server has everything.");
    expect(chipLook({ ...ALL_SAVED, elsewhere }).title).toContain("of this recording");
  });
});

describe("a page that ends", () => {
  it("sends what waits before it closes", () => {
    const send = vi.fn<LabelTransport["send"]>().mockResolvedValue([]);
    const transport = { send, renew: () => Promise.resolve(true) };
    const session = new LabelSession([new LabelStore(7, 2)], new MemoryLabelDatabase(), transport);
    const page = new AbortController();
    new Studio(new StudioState(recordingOf(VIDEO), PROJECT), session, {} as Gateway, page.signal);
    void session.apply([{ video_id: 7, frame_index: 1, animal_id: 3, keypoint: 0, value: CONFLICT.mine }]);
    // All that a page hears of its end: src/index.ts aborts, and that takes the studio's own listeners away.
    page.abort();
    expect(send).toHaveBeenCalledExactlyOnceWith(7, [expect.objectContaining({ keypoint: 0 })], true);
  });
});
