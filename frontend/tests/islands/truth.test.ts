import { describe, expect, it } from "vitest";
import { truthWords } from "../../src/islands/parts/truth";

const FIGURES = { n: 800, missing: 20, median_mm: 3.446, mean_mm: 6.5, p95_mm: 31.9 };
const ERROR = { ...FIGURES, ticks: 200, sigma_ratio: 1, hidden: FIGURES, by_keypoint: {} };

describe("the error against the truth", () => {
  it("names what was not placed beside the distances", () => {
    expect(truthWords(ERROR)).toBe(
      "3.45 mm from the truth in the median, 31.9 mm at 95 %; 2.5 % of 800 keypoints not placed. 200 ticks without labels.",
    );
  });

  it("says so where nothing was placed, or nothing could be measured", () => {
    expect(truthWords({ ...ERROR, missing: 800, median_mm: null, p95_mm: null })).toBe(
      "None of 800 keypoints was placed.",
    );
    expect(truthWords({ ...ERROR, n: 0, missing: 0, median_mm: null, p95_mm: null })).toMatch(
      /^Not measured/,
    );
  });
});
