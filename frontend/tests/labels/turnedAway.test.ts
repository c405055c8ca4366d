import { IDBFactory } from "fake-indexeddb";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { MemoryLabelDatabase, openLabelDatabase } from "../../src/labels/database";
import { OperationQueue } from "../../src/labels/operationQueue";
import { TransportError } from "../../src/labels/transport";
import type { Operation } from "../../src/labels/types";
import { ANIMAL, at, crash, FakeServer, FRAME, OTHER_VIDEO, quiet, shown, VIDEO, visit, wish } from "./fakes";

let server: FakeServer;
const onServer = (keypoint: number): number | null => server.value(FRAME, ANIMAL, keypoint).x;

const operation = (video_id: number, keypoint: number): Operation => ({
  uuid: `${video_id}-${keypoint}`,
  seq: keypoint,
  video_id,
  frame_index: FRAME,
  animal_id: ANIMAL,
  keypoint,
  base_rev: 0,
  change: at(5),
  attempted: false,
  page: "/",
});

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  server = new FakeServer();
});

describe("changes that the server turns away", () => {
  const refusal = new TransportError("forbidden", "There is no such video.");

  it("are kept, in the page and over a reload, with the server's reason", async () => {
    server.faults.set(VIDEO, refusal);
    const session = await visit(server);
    await session.apply([wish(0, 5), wish(1, 6)]);
    await quiet();
    expect(session.save).toMatchObject({
      state: "forbidden",
      held: [{ videoId: VIDEO, count: 2, reason: "There is no such video." }],
    });
    crash(session);
    const later = await visit(server);
    await quiet();
    expect([shown(later, 0), later.save.state, later.queue.waiting.length]).toEqual([5, "forbidden", 2]);
  });

  it("are sent when it takes them again, by a page that was made fit to send", async () => {
    server.faults.set(VIDEO, refusal);
    const session = await visit(server);
    await session.apply([wish(0, 5)]);
    await quiet();
    expect(server.renewals).toBe(0);
    server.faults.clear();
    session.queue.retry();
    await quiet();
    expect([server.renewals, onServer(0), session.save]).toMatchObject([1, 5, { state: "saved", held: [] }]);
  });

  it("are asked for again after a pause, not with every new change", async () => {
    server.faults.set(VIDEO, refusal);
    const session = await visit(server);
    for (const x of [1, 2, 3]) {
      await session.apply([wish(0, x)]);
      await quiet();
    }
    expect(server.requests.length).toBe(1);
    server.faults.clear();
    await vi.waitFor(() => expect(session.save.state).toBe("saved"), { timeout: 3000 });
    expect(onServer(0)).toBe(3);
  });

  it("do not hold up those of another video", async () => {
    server.faults.set(VIDEO, refusal);
    const first = await visit(server);
    await first.apply([wish(0, 5)]);
    await quiet();
    crash(first);
    const session = await visit(server, { video: OTHER_VIDEO });
    await session.apply([wish(1, 6, OTHER_VIDEO)]);
    await quiet();
    expect([onServer(1), session.save]).toMatchObject([
      6,
      { state: "saved", held: [{ videoId: VIDEO, page: `/studio/${VIDEO}/` }] },
    ]);
  });

  it("are given up only on request, and then for good", async () => {
    server.faults.set(VIDEO, refusal);
    const session = await visit(server);
    await session.apply([wish(0, 5)]);
    await quiet();
    await session.discard(VIDEO);
    expect([shown(session, 0), session.save]).toMatchObject([null, { state: "saved", waiting: 0, held: [] }]);
    expect(await (await openLabelDatabase("1")).operations()).toEqual([]);
  });
});

describe("the last words of a page", () => {
  it("are a batch of every video that has any, but for those that the server takes nothing of", async () => {
    const held = 9;
    const queue = new OperationQueue(new MemoryLabelDatabase(), server);
    server.faults.set(held, new TransportError("forbidden", "There is no such video."));
    await queue.add([operation(held, 0)]);
    await quiet();
    server.requests.length = 0;
    void queue.add([operation(VIDEO, 1), operation(OTHER_VIDEO, 0), operation(held, 1), operation(VIDEO, 2)]);
    queue.lastWords();
    queue.close();
    const sent = server.requests.map((batch) => batch.map((one) => [one.video_id, one.keypoint]));
    expect(sent).toEqual([
      [
        [VIDEO, 1],
        [VIDEO, 2],
      ],
      [[OTHER_VIDEO, 0]],
    ]);
  });

  it("are not changed afterwards if the page comes back: they may have arrived", async () => {
    const session = await visit(server);
    void session.apply([wish(0, 5)]);
    session.queue.lastWords();
    void session.apply([wish(0, 6)]);
    await quiet();
    expect([session.conflicts.length, onServer(0), session.save.state]).toEqual([0, 6, "saved"]);
    expect(server.rev(FRAME, ANIMAL)).toBe(2);
  });
});
