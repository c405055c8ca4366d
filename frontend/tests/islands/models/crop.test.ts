import { describe, expect, it } from "vitest";
import { cropAround } from "../../../src/islands/parts/markedFrame";

const frame = { width: 640, height: 480 };

describe("cropAround", () => {
  it("shows the whole frame where nothing is labelled", () => {
    expect(cropAround([], frame)).toEqual([0, 0, 640, 480]);
  });

  it("centres on the points, with room around them", () => {
    const [x, y, width, height] = cropAround(
      [
        { x: 300, y: 240 },
        { x: 340, y: 240 },
      ],
      frame,
    );
    expect(x + width / 2).toBeCloseTo(320);
    expect(y + height / 2).toBeCloseTo(240);
    expect(width).toBeGreaterThan(80);
    expect(height / width).toBeCloseTo(0.75);
  });

  it.each([[{ x: 0, y: 0 }], [{ x: 639, y: 479 }], [{ x: -20, y: 500 }]])(
    "stays inside the frame for a point at %j",
    (point) => {
      const [x, y, width, height] = cropAround([point], frame);
      expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
      expect(x + width).toBeLessThanOrEqual(640);
      expect(y + height).toBeLessThanOrEqual(480);
    },
  );
});
