import { IDBFactory } from "fake-indexeddb";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { openLabelDatabase } from "../../src/labels/database";
import type { LabelSession } from "../../src/labels/labelSession";
import { TransportError } from "../../src/labels/transport";
import type { LabelConflict } from "../../src/labels/types";
import { ANIMAL, at, crash, FakeServer, FRAME, OTHER_VIDEO, quiet, shown, VIDEO, visit, wish } from "./fakes";

let server: FakeServer;

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  server = new FakeServer();
});

/** I placed keypoint 0 at 5 where somebody else had placed it at 50. */
async function conflicting(): Promise<LabelSession> {
  const session = await visit(server);
  server.other(FRAME, ANIMAL, 0, at(50));
  await session.apply([wish(0, 5), wish(1, 6), wish(2, 7)]);
  await quiet();
  return session;
}

async function resolve(session: LabelSession, choice: "mine" | "theirs"): Promise<void> {
  await session.resolve(session.conflicts[0]?.operation.uuid ?? "", choice);
  await quiet();
}

const onServer = (keypoint: number): number | null => server.value(FRAME, ANIMAL, keypoint).x;

describe("a conflict", () => {
  it("holds both values, and saves everything else meanwhile", async () => {
    const session = await conflicting();
    expect(session.save.state).toBe("conflict");
    expect(session.conflicts.map(({ mine, theirs }) => [mine.x, theirs.x])).toEqual([[5, 50]]);
    expect([0, 1, 2].map(onServer)).toEqual([50, 6, 7]);
  });

  it("puts mine on top when I choose so", async () => {
    const session = await conflicting();
    await resolve(session, "mine");
    expect([onServer(0), session.save.state]).toEqual([5, "saved"]);
  });

  it("leaves theirs when I choose so, and shows it without asking the server again", async () => {
    const session = await visit(server);
    server.other(FRAME, ANIMAL, 0, at(50));
    await session.apply([wish(0, 5)]);
    await quiet();
    await resolve(session, "theirs");
    expect([shown(session, 0), onServer(0), session.save.state]).toEqual([50, 50, "saved"]);
    expect(server.requests.length).toBe(1);
  });

  it("is still there after a reload", async () => {
    crash(await conflicting());
    const session = await visit(server);
    await quiet();
    expect(session.conflicts.length).toBe(1);
  });

  it("is told whenever it changes, and when it is over", async () => {
    const session = await visit(server);
    const told: (readonly LabelConflict[])[] = [];
    session.on("conflicts", (conflicts) => told.push(conflicts));
    await session.apply([wish(1, 6)]);
    await quiet();
    expect(told).toEqual([]);
    server.other(FRAME, ANIMAL, 0, at(50));
    await session.apply([wish(0, 5)]);
    await quiet();
    await session.apply([wish(0, 9)]);
    expect(told.at(-1)?.map(({ mine }) => mine.x)).toEqual([9]);
    await resolve(session, "theirs");
    expect(told.at(-1)).toEqual([]);
  });
});

describe("changes made after the one that met a conflict", () => {
  it("go with it when theirs stays: nothing of mine overwrites it, not even after a reload", async () => {
    const session = await conflicting();
    await session.apply([wish(0, 9)]);
    await quiet();
    await resolve(session, "theirs");
    expect([onServer(0), shown(session, 0), session.queue.waiting.length]).toEqual([50, 50, 0]);
    crash(session);
    const later = await visit(server);
    await quiet();
    expect([onServer(0), later.save.state]).toEqual([50, "saved"]);
  });

  it("are what mine means, sent as one operation", async () => {
    const session = await conflicting();
    await session.apply([wish(0, 9)]);
    expect(session.conflicts.map(({ mine }) => mine.x)).toEqual([9]);
    const before = server.requests.length;
    await resolve(session, "mine");
    expect(server.requests.slice(before).map((request) => request.map(({ change }) => change.x))).toEqual([
      [9],
    ]);
    expect([onServer(0), shown(session, 0), session.save.state]).toEqual([9, 9, "saved"]);
    expect(await (await openLabelDatabase("1")).operations()).toEqual([]);
  });
});

describe("one's own chain on a keypoint", () => {
  /** The answer to the first change is lost, the second waits behind it, and the page ends. */
  async function leftBehind(): Promise<void> {
    server.loseAnswers = 1;
    vi.spyOn(console, "error").mockImplementation(() => {});
    const session = await visit(server);
    await session.apply([wish(0, 5)]);
    await quiet();
    server.fault = new TransportError("offline", "no network");
    await session.apply([wish(0, 6)]);
    await quiet();
    crash(session);
    server.fault = null;
  }

  it("is no conflict with itself after a reload", async () => {
    await leftBehind();
    const session = await visit(server);
    await quiet();
    expect([session.conflicts.length, onServer(0), session.save.state]).toEqual([0, 6, "saved"]);
    expect(server.requests.at(-1)?.map(({ change }) => change.x)).toEqual([5, 6]);
  });

  it("is one with what somebody else changed in between", async () => {
    await leftBehind();
    server.other(FRAME, ANIMAL, 0, at(50));
    const session = await visit(server);
    await quiet();
    expect(session.conflicts.map(({ mine, theirs }) => [mine.x, theirs.x])).toEqual([[6, 50]]);
  });

  it("is sent whole, also where it reaches over the end of a batch", async () => {
    server.fault = new TransportError("offline", "no network");
    const session = await visit(server);
    const many = Array.from({ length: 99 }, (_, i) => ({ ...wish(1, 1), frame_index: 100 + i }));
    await session.apply([...many, wish(0, 5)]);
    await quiet();
    await session.apply([wish(0, 6)]);
    crash(session);
    server.fault = null;
    const later = await visit(server);
    await quiet();
    expect([later.conflicts.length, onServer(0), later.save.state]).toEqual([0, 6, "saved"]);
  });
});

describe("a conflict in another video", () => {
  it("leaves the state of this one alone, and names the studio in which to settle it", async () => {
    crash(await conflicting());
    const session = await visit(server, { video: OTHER_VIDEO });
    await quiet();
    expect(session.save).toMatchObject({
      state: "saved",
      elsewhere: [{ videoId: VIDEO, count: 1, page: `/studio/${VIDEO}/` }],
    });
    expect(session.conflicts).toEqual([]);
    server.fault = new TransportError("offline", "no network");
    await session.apply([wish(0, 5, OTHER_VIDEO)]);
    await quiet();
    expect(session.save.state).toBe("offline");
  });
});
