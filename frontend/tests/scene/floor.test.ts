import { describe, expect, it } from "vitest";
import { gridLines, majorStepMm } from "../../src/scene/floor";
import type { FloorBounds } from "../../src/scene/types";

function square(side: number): FloorBounds {
  return { minMm: [-side / 2, -side / 2], maxMm: [side / 2, side / 2] };
}

describe("the grid", () => {
  it("has a figure every 100 mm in a cage, and wider steps on larger floors", () => {
    expect([300, 1_200, 2_400, 10_000].map((side) => majorStepMm(square(side)))).toEqual([
      100, 100, 200, 1_000,
    ]);
  });

  it("stays a handful of lines however far the floor reaches", () => {
    for (const side of [1, 130_000, 3e7, 1e10]) {
      expect(gridLines(square(side)).length).toBeLessThanOrEqual(2 * (12 * 5 + 1));
    }
  });

  it("has its lines at whole multiples, wherever the floor begins", () => {
    const lines = gridLines({ minMm: [-133, 7], maxMm: [218, 95] });
    const along = (axis: "x" | "y"): number[] =>
      lines.filter((line) => line.axis === axis).map(({ at_mm }) => at_mm);
    expect(along("x")).toEqual(Array.from({ length: 17 }, (_, at) => -120 + 20 * at));
    expect(along("y")).toEqual([20, 40, 60, 80]);
    expect(lines.filter(({ major }) => major).map(({ axis, at_mm }) => `${axis}${at_mm}`)).toEqual([
      "x-100",
      "x0",
      "x100",
      "x200",
    ]);
  });
});
