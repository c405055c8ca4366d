import { signal } from "@preact/signals";
import { render } from "preact";
import { act } from "preact/test-utils";
import { expect, it } from "vitest";
import type { Model } from "../../../src/api/types";
import { GoOn, goOnModels, withStart } from "../../../src/islands/models/goOn";

function model(id: number, more: object = {}): Model {
  return {
    id,
    name: `model ${id}`,
    state: "ready",
    preset: "fast",
    holdout: "last:0.2",
    config: {},
    keypoints: ["nose", "tail"],
    snapshot: { frame_count: 20 },
    ...more,
  } as unknown as Model;
}

function shown(models: readonly Model[], labelled = 32) {
  const of = signal<number | null>(null);
  const page = document.createElement("div");
  document.body.append(page); // a radio that is nowhere does not change
  const draw = () => act(() => render(<GoOn models={models} labelled={labelled} of={of} />, page));
  draw();
  return { page, of, draw };
}

it("offers trained models of one network that find the project's keypoints", () => {
  const models = [
    model(5, { state: "training" }),
    model(4, { config: { members: 5 } }),
    model(3, { keypoints: ["tail", "nose"] }),
    model(2),
    model(1),
  ];
  expect(goOnModels(models, ["nose", "tail"]).map(({ id }) => id)).toEqual([2, 1]);
});

it("is not there where there is nothing to go on from", () => {
  expect(shown([]).page.childNodes).toHaveLength(0);
});

it("names the newest model, its cost and what is new, and begins anew unless told otherwise", () => {
  const { page, of } = shown([model(2), model(1)]);
  expect(of.value).toBeNull();
  const [anew, on] = page.querySelectorAll<HTMLInputElement>("input[type=radio]");
  expect(anew?.checked).toBe(true);
  expect(page.textContent).toContain("Go on from model 2");
  expect(page.textContent).toContain("About a minute");
  expect(page.textContent).toContain("12 frames labelled since then");
  on?.click();
  expect(of.value).toBe(2);
});

it("says what stays held out, and that nothing does where nothing was", () => {
  const { page, of, draw } = shown([model(2), model(1, { holdout: "none" })]);
  of.value = 2;
  draw();
  expect(page.textContent).toContain("what model 2 was tested on (last 20 % of the frames held out)");
  const select = page.querySelector("select");
  expect(select?.options).toHaveLength(2);
  of.value = 1;
  draw();
  expect(page.textContent).toContain("has no test figure");
});

it("sends neither preset nor holdout with a model to go on from", () => {
  const body = { preset: "fast", holdout: "none", seed: 3, name: "later" };
  expect(withStart(signal(null), body)).toBe(body);
  expect(withStart(signal(7), body)).toEqual({ start_from: 7, seed: 3, name: "later" });
});
