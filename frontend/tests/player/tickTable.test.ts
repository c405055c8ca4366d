import { describe, expect, it } from "vitest";
import { BadTicks, TickTable } from "../../src/player/tickTable";
import tables from "./syncTables.json";

type Case = { sync: unknown; frame_counts: Record<string, number>; frames: number[][] };

const counts = (of: Readonly<Record<string, number | undefined>>): Map<string, number> =>
  new Map(Object.entries(of).filter((entry): entry is [string, number] => entry[1] !== undefined));

const one = (runs: unknown, ticks: unknown = 10, frameCount = 10): TickTable =>
  TickTable.parse({ ticks, views: { a: runs } }, new Map([["a", frameCount]]));

describe("tables as the engine writes them", () => {
  it.each((tables as unknown as Case[]).map((table, i) => [i, table] as const))(
    "table %i: the frame of every view at every tick, and back",
    (_, { sync, frame_counts, frames }) => {
      const frameCounts = counts(frame_counts);
      const table = TickTable.parse(sync, frameCounts);
      expect(table.ticks).toBe(frames[0]?.length);
      [...frameCounts.keys()].forEach((view, v) => {
        const row = frames[v] as number[];
        const shown = Array.from({ length: table.ticks + 2 }, (_, t) => table.frameAt(view, t - 1));
        expect(shown).toEqual([null, ...row.map((frame) => (frame < 0 ? null : frame)), null]);
        for (let frame = -1; frame <= (frameCounts.get(view) ?? 0); frame++) {
          const tick = frame < 0 ? -1 : row.indexOf(frame);
          expect(table.tickOf(view, frame)).toBe(tick < 0 ? null : tick);
          const near = table.frameAt(view, table.tickNear(view, frame));
          const distances = row.filter((other) => other >= 0).map((other) => Math.abs(other - frame));
          if (distances.length > 0) expect(Math.abs((near ?? -99) - frame)).toBe(Math.min(...distances));
        }
        const laid = new Float32Array(table.ticks).fill(7);
        const values = Float32Array.from({ length: (frameCounts.get(view) ?? 0) + 1 }, (_, f) => f);
        table.layByTick(view, values, laid);
        expect([...laid]).toEqual(row.map((frame) => (frame < 0 ? Number.NaN : frame)));
      });
    },
  );
});

describe("a table that does not hold together is refused, with what is wrong", () => {
  it.each([
    [null, /the table is null/],
    [[1], /the table is \[1\]/],
    [{ views: {} }, /has undefined ticks/],
    [{ ticks: 0, views: {} }, /has 0 ticks/],
    [{ ticks: 1e9, views: {} }, /1 to 10000000 were expected/],
    [{ ticks: 10, views: [] }, /list of views is \[\]/],
    [{ ticks: 10, views: { b: [] } }, /does not know the view 'a'/],
    [{ ticks: 10, views: JSON.parse('{"__proto__": {"a": []}}') }, /does not know the view 'a'/],
  ])("%j", (json, words) => {
    expect(() => TickTable.parse(json, new Map([["a", 10]]))).toThrow(words);
    expect(() => TickTable.parse(json, new Map([["a", 10]]))).toThrow(BadTicks);
  });

  it.each([
    ["runs", /are "runs", not a list/],
    [[[0, 0]], /is not \[first tick, first frame, length\]/],
    [[[0, 0, 1.5]], /in whole numbers/],
    [[[0, "0", 1]], /in whole numbers/],
    [[[-1, 0, 1]], /in whole numbers/],
    [[[0, 0, 0]], /is empty/],
    [
      [
        [0, 0, 4],
        [3, 5, 1],
      ],
      /run \[3,5,1\] of view 'a' goes back/,
    ],
    [
      [
        [0, 0, 4],
        [5, 3, 1],
      ],
      /goes back behind the one before it/,
    ],
    [[[8, 0, 3]], /beyond the last tick, 9/],
    [[[0, 8, 3]], /beyond the last frame, 9/],
  ])("%j", (runs, words) => {
    expect(() => one(runs)).toThrow(words);
  });

  it("asks for nothing of a view that cannot be shown", () => {
    const table = TickTable.parse({ ticks: 5, views: { a: [[0, 0, 5]], broken: "?" } }, new Map([["a", 5]]));
    expect(table.views).toEqual(["a"]);
    expect(() => table.frameAt("broken", 0)).toThrow(/no view 'broken'/);
  });
});

describe("a view in step", () => {
  it("may end early, and has no value where it shows nothing", () => {
    const table = one([[0, 0, 4]]);
    const laid = new Float32Array(10);
    table.layByTick("a", Float32Array.of(5, 6, 7), laid);
    expect([...laid]).toEqual([5, 6, 7, ...Array(7).fill(Number.NaN)]);
    table.layByTick("a", new Float32Array(10).fill(1), laid);
    expect([table.isAligned("a"), laid.filter((value) => value === 1).length]).toEqual([true, 4]);
    expect(() => table.layByTick("a", laid, new Float32Array(9))).toThrow("room for 9 ticks; 10");
  });

  it("is none that shows no frame, or begins later", () => {
    for (const runs of [
      [],
      [[1, 0, 9]],
      [[0, 1, 9]],
      [
        [0, 0, 3],
        [4, 3, 5],
      ],
    ]) {
      expect(one(runs).isAligned("a")).toBe(false);
    }
  });
});

describe("long recordings", () => {
  it("of millions of ticks cost what their drops cost", () => {
    const period = 1000;
    const runs = Array.from({ length: 5000 }, (_, i) => [i * period + 1, i * (period - 1), period - 1]);
    const table = one(runs, 5_000_000, 5_000_000);
    for (let i = 0; i < 20_000; i++) {
      const tick = (i * 7919) % 5_000_000;
      const frame = tick % period === 0 ? null : tick - Math.floor(tick / period) - 1;
      expect(table.frameAt("a", tick)).toBe(frame);
      if (frame !== null) expect(table.tickOf("a", frame)).toBe(tick);
    }
  });
});
