import { render } from "preact";
import { expect, it } from "vitest";
import type { Learning } from "../../../src/api/types";
import { forecastWords, LearningCurve } from "../../../src/islands/parts/learningCurve";

const forecast = (labels: number, error_px: number) => ({
  labels,
  error_px,
  low_px: error_px * 0.8,
  high_px: error_px * 1.25,
});
const models = [20, 40, 80, 160].map((labels, at) => ({
  model_id: at + 1,
  name: `model ${at + 1}`,
  labels,
  error_px: 1 + 40 / labels,
  points: 16,
}));
const LEARNING: Learning = {
  family_title: "Two stages",
  ...{ members: 1, context_frames: 0, unlabelled: false },
  preset: "fast",
  holdout: "last:0.2",
  models,
  left_out: 2,
  fit: { a_px: 1, b_px: 40, c: 1, noise: 0.05 },
  line: [forecast(20, 3), forecast(80, 1.6), forecast(320, 1.1)],
  now: forecast(160, 2.1),
  ahead: [{ more: 20, forecast: forecast(180, 1.6) }],
  reason: "",
};

function shown(learning: Learning): HTMLElement {
  const root = document.createElement("div");
  render(<LearningCurve learning={learning} modelId={3} />, root);
  return root;
}

it("foretells in words, with the interval", () => {
  expect(forecastWords(LEARNING)).toEqual([
    "20 more frames should bring about 2.1 to 1.6 px; " +
      "nine times in ten the next model lies between 1.3 and 2.0 px.",
  ]);
});

it("promises nothing where nothing falls", () => {
  const flat = { now: forecast(160, 2.1), ahead: [{ more: 50, forecast: forecast(210, 2.08) }] };
  expect(forecastWords(flat)[0]).toContain("50 more frames should change little: about 2.1 px");
  expect(forecastWords({ now: null, ahead: [] })).toEqual([]);
});

it("draws each model, the law and its band, and says what is left out", () => {
  const root = shown(LEARNING);
  expect(root.querySelectorAll(".mark")).toHaveLength(4);
  expect(root.querySelectorAll(".mark.strong")).toHaveLength(1);
  expect(root.querySelector(".band")?.getAttribute("d")).toMatch(/^M.*Z$/);
  expect(root.textContent).toContain("2 models trained otherwise left out");
  expect(root.querySelector("svg")?.getAttribute("aria-label")).toContain(
    "model 4: 1.3 px with 160 labelled",
  );
});

it("says what is lacking where there is too little, and still draws what there is", () => {
  const few = { ...LEARNING, models: models.slice(0, 2), fit: null, line: [], now: null, ahead: [] };
  const root = shown({ ...few, reason: "A forecast needs 4 models." });
  expect(root.textContent).toContain("A forecast needs 4 models.");
  expect(root.querySelectorAll(".mark")).toHaveLength(2);
  expect(root.querySelector(".law")).toBeNull();
  const one = shown({ ...few, models: models.slice(0, 1), reason: "x" });
  expect(one.querySelector("svg")).toBeNull();
});

it("says which kind of model the curve is of", () => {
  const words = (kind: object) => {
    const root = document.createElement("div");
    render(<LearningCurve learning={{ ...LEARNING, ...kind }} />, root);
    return root.querySelector(".card-head span")?.textContent;
  };
  expect(words({})).toContain("Two stages, preset fast");
  expect(words({ members: 3, unlabelled: true })).toContain("Two stages × 3, unlabelled video, preset fast");
  expect(words({ context_frames: 2 })).toContain("Two stages, 2 frames around, preset fast");
});
