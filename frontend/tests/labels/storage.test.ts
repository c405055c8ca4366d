import { IDBFactory } from "fake-indexeddb";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { type LabelDatabase, MemoryLabelDatabase, openLabelDatabase } from "../../src/labels/database";
import { ANIMAL, at, FakeServer, FRAME, quiet, shown, visit, wish } from "./fakes";

let server: FakeServer;

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  vi.spyOn(console, "warn").mockImplementation(() => {});
  server = new FakeServer();
});

describe("where the browser forbids storage", () => {
  it("works in the page and says that it is not durable", async () => {
    vi.stubGlobal("indexedDB", {
      open: () => {
        throw new DOMException("denied", "SecurityError");
      },
    });
    const session = await visit(server);
    let durable = true;
    session.on("state", (state) => {
      durable = state.durable;
    });
    await session.apply([wish(0, 1)]);
    await quiet();
    expect([durable, server.value(FRAME, ANIMAL, 0)]).toEqual([false, at(1)]);
  });
});

describe("storage that fails while the page is open", () => {
  /** The disk is full; or the database was closed under the page. */
  const failures: [string, () => Promise<LabelDatabase>][] = [
    [
      "full",
      () => {
        const database = new MemoryLabelDatabase();
        vi.spyOn(database, "write").mockRejectedValue(new DOMException("full", "QuotaExceededError"));
        return Promise.resolve(Object.assign(database, { durable: true }));
      },
    ],
    [
      "closed",
      async () => {
        const database = await openLabelDatabase("1");
        const operations = database.operations.bind(database);
        // Read at the start of the visit, gone right after it.
        vi.spyOn(database, "history").mockImplementation(async () => {
          await operations();
          database.close();
          return [];
        });
        return database;
      },
    ],
  ];

  it.each(failures)(
    "goes on saving to the server, and says that work is in this page alone (%s)",
    async (_, open) => {
      const session = await visit(server, { database: await open() });
      expect(session.save.durable).toBe(true);
      const durable: boolean[] = [];
      session.on("state", (state) => durable.push(state.durable));
      await session.apply([wish(0, 1)]);
      await quiet();
      await session.apply([wish(0, 2)]);
      session.undo();
      await quiet();
      expect([shown(session, 0), server.value(FRAME, ANIMAL, 0), session.save.state]).toEqual([
        1,
        at(1),
        "saved",
      ]);
      expect(durable.at(-1)).toBe(false);
    },
  );
});
