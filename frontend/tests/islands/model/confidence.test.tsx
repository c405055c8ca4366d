import { render } from "preact";
import { expect, it } from "vitest";
import type { Model } from "../../../src/api/types";
import { Confidence, trustWords } from "../../../src/islands/model/confidence";

const bin = (low: number, high: number, right: number) => ({
  n: 20,
  low,
  high,
  mean: (low + high) / 2,
  right,
  right_low: Math.max(0, right - 0.2),
  right_high: Math.min(1, right + 0.2),
});
const figures = { n: 40, ece: 0.12, mean: 0.8, right: 0.68, radius_px: 3.4 };

function shown(metrics: object): HTMLElement {
  const root = document.createElement("div");
  render(<Confidence model={{ metrics } as unknown as Model} />, root);
  return root;
}

it("says which way the confidence errs, and by how much", () => {
  expect(trustWords(figures)).toBe(
    "It said 80 % on average and was right, that is within 3.4 px of the label, 68 % of the time: " +
      "it is too sure of itself. Its confidence is off by 12 percentage points on average " +
      "(expected calibration error).",
  );
  expect(trustWords({ ...figures, right: 0.92 })).toContain("more careful than it need be");
  expect(trustWords({ ...figures, right: 0.79 })).toContain("neither too sure nor too careful");
});

it("draws a point and a row for each bin, with counts", () => {
  const test = { confidence: { ...figures, bins: [bin(0.2, 0.6, 0.35), bin(0.6, 1, 0.9)] } };
  const root = shown({ test });
  expect(root.querySelectorAll(".mark circle")).toHaveLength(2);
  const rows = [...root.querySelectorAll("tbody tr")].map((row) =>
    [...row.children].map(({ textContent }) => textContent),
  );
  expect(rows).toEqual([
    ["20 to 60 %", "40 %", "35 %", "20"],
    ["60 to 100 %", "80 %", "90 %", "20"],
  ]);
  expect(root.textContent).toContain("of frames that it never saw");
});

it("still shows models of before, and says what is lacking", () => {
  const root = shown({ test: { confidence: figures } });
  expect(root.textContent).toContain("too sure of itself");
  expect(root.textContent).toContain("Train anew to see it");
  expect(root.querySelector("svg")).toBeNull();
});

it.each([{}, { test: {} }, { test: { confidence: { n: 0, ece: null, mean: null, right: null } } }])(
  "says nothing where nothing was measured: %j",
  (metrics) => {
    expect(shown(metrics).textContent).toBe("");
  },
);
