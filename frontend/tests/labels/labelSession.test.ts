import { IDBFactory } from "fake-indexeddb";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { openLabelDatabase } from "../../src/labels/database";
import { LabelSession } from "../../src/labels/labelSession";
import { LabelStore } from "../../src/labels/labelStore";
import { TransportError } from "../../src/labels/transport";
import { UNLABELLED } from "../../src/labels/types";
import {
  ANIMAL,
  at,
  crash,
  FakeServer,
  FRAME,
  KEYPOINTS,
  OTHER_VIDEO,
  visit as open,
  quiet,
  shown,
  VIDEO,
  wish,
} from "./fakes";

let server: FakeServer;
const visit = (user = "1"): Promise<LabelSession> => open(server, { user });

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  server = new FakeServer();
});

describe("saving", () => {
  it("shows at once, sends, and says saved only when the server has it", async () => {
    const session = await visit();
    void session.apply([wish(0, 5)]);
    expect([shown(session, 0), session.save.state]).toEqual([5, "saving"]);
    await quiet();
    expect([server.value(FRAME, ANIMAL, 0), session.save.state]).toEqual([at(5), "saved"]);
    expect(session.store(VIDEO).rev(FRAME, ANIMAL)).toBe(1);
  });

  it("says of an operation whether it takes over a prediction, and not when it is corrected before sending", async () => {
    const session = await visit();
    void session.apply([wish(0, 5), wish(1, 6)], { accepted: true });
    void session.apply([wish(1, 7)]);
    await quiet();
    expect(server.requests.flat().map(({ keypoint, accepted }) => [keypoint, accepted])).toEqual([
      [0, true],
      [1, false],
    ]);
  });

  it("merges changes of a keypoint that were not sent yet", async () => {
    const session = await visit();
    for (const x of [1, 2, 3]) void session.apply([wish(0, x)]);
    void session.apply([wish(1, 9)]);
    await quiet();
    expect(
      server.requests.map((request) => request.map(({ keypoint, change }) => [keypoint, change.x])),
    ).toEqual([
      [
        [0, 3],
        [1, 9],
      ],
    ]);
  });

  it("is no conflict with itself when changes follow each other under way", async () => {
    const session = await visit();
    for (const x of [1, 2, 3, 4]) {
      void session.apply([wish(0, x)]);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    await quiet();
    expect([server.value(FRAME, ANIMAL, 0).x, session.save.state]).toEqual([4, "saved"]);
    expect(server.rev(FRAME, ANIMAL)).toBe(server.requests.length);
  });

  it("keeps unsent work over a crash, and sends it at the next visit", async () => {
    server.fault = new TransportError("offline", "no network");
    const first = await visit();
    await first.apply([wish(0, 5), wish(1, 6)]);
    await quiet();
    expect(first.save.state).toBe("offline");
    crash(first);
    server.fault = null;
    const second = await visit();
    expect(shown(second, 1)).toBe(6);
    await quiet();
    expect([server.value(FRAME, ANIMAL, 0), server.value(FRAME, ANIMAL, 1)]).toEqual([at(5), at(6)]);
    expect(second.save.state).toBe("saved");
  });

  it("sends the same operation again when the answer was lost, and applies it once", async () => {
    server.loseAnswers = 1;
    const first = await visit();
    await first.apply([wish(0, 5)]);
    await quiet();
    crash(first);
    await visit();
    await quiet();
    expect(server.requests[1]?.[0]?.uuid).toBe(server.requests[0]?.[0]?.uuid);
    expect(server.rev(FRAME, ANIMAL)).toBe(1);
  });

  it("does not change an operation that may have arrived; a newer value goes after it", async () => {
    server.loseAnswers = 1;
    const session = await visit();
    await session.apply([wish(0, 5)]);
    await quiet();
    await session.apply([wish(0, 6)]);
    await quiet();
    session.queue.retry();
    await quiet();
    expect([server.value(FRAME, ANIMAL, 0), session.save.state]).toEqual([at(6), "saved"]);
    expect(server.rev(FRAME, ANIMAL)).toBe(2);
  });

  it("waits while signed out, and goes on after the sign-in", async () => {
    server.fault = new TransportError("signed_out", "401");
    server.signedIn = false;
    const session = await visit();
    await session.apply([wish(0, 5)]);
    await quiet();
    expect(session.save.state).toBe("signed_out");
    server.fault = null;
    session.queue.retry();
    await quiet();
    expect(session.save.state).toBe("signed_out");
    server.signedIn = true;
    session.queue.retry();
    await quiet();
    expect([session.save.state, server.value(FRAME, ANIMAL, 0)]).toEqual(["saved", at(5)]);
  });

  it("never sends one person's work as another's", async () => {
    server.fault = new TransportError("offline", "no network");
    const first = await visit("1");
    await first.apply([wish(0, 5)]);
    crash(first);
    server.fault = null;
    const other = await visit("2");
    await quiet();
    expect([other.queue.waiting.length, server.value(FRAME, ANIMAL, 0)]).toEqual([0, UNLABELLED]);
  });

  it("drops a refused operation with its reason and lets the others through", async () => {
    const session = await visit();
    const refused: string[] = [];
    session.on("refused", ({ reason }) => refused.push(reason));
    await session.apply([wish(99, 5), wish(1, 6)]);
    await quiet();
    expect([refused, server.value(FRAME, ANIMAL, 1)]).toEqual([["no such keypoint"], at(6)]);
  });
});

describe("undo and redo", () => {
  it("walk back and forth through gestures", async () => {
    const session = await visit();
    await session.apply([wish(0, 1), wish(1, 2)]);
    await session.apply([wish(0, 3)]);
    session.undo();
    expect([shown(session, 0), shown(session, 1)]).toEqual([1, 2]);
    expect(session.undo()).toMatchObject({ frameIndex: FRAME, kept: 0 });
    expect([shown(session, 0), shown(session, 1)]).toEqual([null, null]);
    expect(session.undo()).toBeNull();
    session.redo();
    session.redo();
    await quiet();
    expect([server.value(FRAME, ANIMAL, 0).x, server.value(FRAME, ANIMAL, 1).x]).toEqual([3, 2]);
    expect(session.redo()).toBeNull();
  });

  it("survive a reload", async () => {
    const first = await visit();
    await first.apply([wish(0, 1)]);
    await first.apply([wish(0, 2)]);
    await quiet();
    first.undo();
    await quiet();
    crash(first);
    const second = await visit();
    expect([shown(second, 0), second.videoToUndo, second.videoToRedo]).toEqual([1, VIDEO, VIDEO]);
    second.redo();
    await quiet();
    expect(server.value(FRAME, ANIMAL, 0).x).toBe(2);
  });

  it("treat nudges in a row as one", async () => {
    const session = await visit();
    await session.apply([wish(0, 1)]);
    for (const x of [2, 3, 4]) await session.apply([wish(0, x)], { mergeKey: "nudge" });
    session.undo();
    expect(shown(session, 0)).toBe(1);
  });

  it("leave alone what another person changed since", async () => {
    const session = await visit();
    await session.apply([wish(0, 1), wish(1, 2)]);
    await quiet();
    server.other(FRAME, ANIMAL, 0, at(77));
    session.take(VIDEO, server.instances());
    expect(session.undo()).toMatchObject({ kept: 1 });
    await quiet();
    expect([server.value(FRAME, ANIMAL, 0).x, server.value(FRAME, ANIMAL, 1).x]).toEqual([77, null]);
  });

  it("take a prediction over again when its acceptance is redone", async () => {
    const session = await visit();
    await session.apply([wish(0, 1)], { accepted: true });
    await quiet();
    session.undo();
    await quiet();
    crash(session);
    const later = await visit();
    later.redo();
    await quiet();
    expect(server.requests.flat().map(({ change, accepted }) => [change.x, accepted])).toEqual([
      [1, true],
      [null, false],
      [1, true],
    ]);
  });

  it("forget what was undone when something new is done", async () => {
    const session = await visit();
    await session.apply([wish(0, 1)]);
    session.undo();
    await session.apply([wish(1, 2)]);
    expect(session.videoToRedo).toBeNull();
  });
});

describe("several videos of one recording", () => {
  const both = async (): Promise<LabelSession> => {
    const stores = [VIDEO, OTHER_VIDEO].map((video) => new LabelStore(video, KEYPOINTS));
    const session = new LabelSession(stores, await openLabelDatabase("1"), server, (id) => `/${id}/`);
    await session.restore();
    return session;
  };
  const xIn = (session: LabelSession, video: number): number | null =>
    session.store(video).value({ frame_index: FRAME, animal_id: ANIMAL, keypoint: 0 }).x;

  it("keep their labels apart, and send each to its own", async () => {
    const session = await both();
    await session.apply([wish(0, 1)]);
    await session.apply([wish(0, 2, OTHER_VIDEO)]);
    await quiet();
    expect([xIn(session, VIDEO), xIn(session, OTHER_VIDEO)]).toEqual([1, 2]);
    expect(server.requests.map((sent) => sent.map((o) => [o.video_id, o.page]))).toEqual([
      [[VIDEO, `/${VIDEO}/`]],
      [[OTHER_VIDEO, `/${OTHER_VIDEO}/`]],
    ]);
    session.close();
  });

  it("have one history: what was done last is undone first, also after a reload", async () => {
    const first = await both();
    await first.apply([wish(0, 1)]);
    await first.apply([wish(0, 2, OTHER_VIDEO)]);
    await first.apply([wish(0, 3)]);
    await quiet();
    expect(first.undo()?.target.video_id).toBe(VIDEO);
    await quiet();
    crash(first);
    const second = await both();
    expect(second.undo()?.target.video_id).toBe(OTHER_VIDEO);
    expect(second.redo()?.target.video_id).toBe(OTHER_VIDEO);
    expect(second.redo()?.target.video_id).toBe(VIDEO);
    second.close();
  });
});
