import { describe, expect, it } from "vitest";
import { columnsFor, evenGrid, isStripBeside, largeGrid } from "../../../src/islands/studio/layout";

const WIDE = { width: 1160, height: 760 };
const TALL = { width: 700, height: 900 };

/** Width of each picture, the plain way. */
const widthIn = (count: number, columns: number, { width, height }: typeof WIDE, aspect: number): number =>
  Math.min(width / columns, (height / Math.ceil(count / columns)) * aspect);

describe("views that are alike", () => {
  it.each([1, 2, 3, 4, 5, 6])("%i are as large as any number of columns lets them be", (count) => {
    for (const area of [WIDE, TALL, { width: 2000, height: 300 }]) {
      for (const aspect of [4 / 3, 1.25, 0.6, 2]) {
        const all = Array.from({ length: count }, (_, i) => widthIn(count, i + 1, area, aspect));
        const chosen = widthIn(count, columnsFor(count, area, aspect), area, aspect);
        expect(chosen).toBeGreaterThanOrEqual(Math.max(...all) * 0.998);
      }
    }
  });

  it("stand as a person would put them", () => {
    const columns = (count: number, area = WIDE): number => columnsFor(count, area, 4 / 3);
    expect([1, 2, 4, 6].map((count) => columns(count))).toEqual([1, 2, 2, 3]);
    expect([2, 4].map((count) => columns(count, TALL))).toEqual([1, 2]);
    expect(evenGrid(4, WIDE, 4 / 3).rows).toBe("repeat(2, minmax(0, 1fr))");
  });
});

describe("one large view", () => {
  it("has the others beside it where the window is wide, below it where it is tall", () => {
    expect(isStripBeside(WIDE, 4 / 3)).toBe(true);
    expect(largeGrid(3, WIDE, 4 / 3)).toEqual({
      columns: "minmax(0, 1fr) 338px",
      rows: "repeat(3, minmax(0, 1fr))",
    });
    expect(isStripBeside(TALL, 4 / 3)).toBe(false);
    expect(largeGrid(1, TALL, 4 / 3)).toEqual({
      columns: "minmax(0, 1fr)",
      rows: "minmax(0, 1fr) 306px",
    });
  });
});
