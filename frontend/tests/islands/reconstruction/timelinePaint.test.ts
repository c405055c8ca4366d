import { describe, expect, it } from "vitest";
import type { Quality } from "../../../src/api/types";
import { errorOf, scaleOf } from "../../../src/islands/reconstruction/timelinePaint";

describe("the quality timeline", () => {
  const bin = (...residual_px: (number | null)[]): Quality["bins"][number] => ({
    start: 0,
    stop: 1,
    known: 1,
    sigma_mm: null,
    residual_px,
  });

  it("shows the mean of the views that took part", () => {
    expect(errorOf(bin(1, null, 3))).toBe(2);
    expect(errorOf(bin(null, null))).toBeNull();
  });

  it("keeps a scale that noise does not fill, and one bad bin does not flatten", () => {
    expect(scaleOf([bin(0.1), bin(0.2)])).toBe(2);
    const many = Array.from({ length: 99 }, () => bin(4));
    expect(scaleOf([...many, bin(400)])).toBe(5);
  });
});
