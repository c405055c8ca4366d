import { render } from "preact";
import { expect, it, vi } from "vitest";
import type { Comparison, Difference } from "../../../src/api/types";
import type { ModelsData, ModelsPage } from "../../../src/islands/models";
import { CompareModels, idsOf } from "../../../src/islands/models/compare";
import { nearer, verdict } from "../../../src/islands/models/compared";
import { type Call, problem, serverOf } from "../server";

const overall: Difference = {
  n: 80,
  first_px: 3,
  second_px: 1,
  difference_px: -2,
  low_px: -2.4,
  high_px: -1.5,
  first_missing: 0,
  second_missing: 0,
};
const COMPARISON: Comparison = {
  first: { id: 1, name: "model 1", labels: 40 },
  second: { id: 2, name: "model 2", labels: 60 },
  frames: 20,
  blocks: 7,
  labels_changed: 0,
  overall,
  by_keypoint: [{ keypoint: "snout", ...overall, first_missing: 1 }],
  differ_most: [
    {
      video_id: 3,
      frame_index: 17,
      first_px: 9,
      second_px: 1,
      labels_px: [[[10, 20], null]],
      first_points_px: [[[19, 20, 0.5], null]],
      second_points_px: [[[11, 20, 0.9], null]],
    },
  ],
};

const model = (id: number) => ({
  id,
  name: `model ${id}`,
  state: "ready",
  metrics: { test: { n: 1, mean_px: 1, by_keypoint: {} } },
});
const video = {
  id: 3,
  width: 640,
  height: 480,
  recording_name: "take",
  view: "top",
  frame_widths: [],
  frame_url_template: "/frames/{n}",
};

function shown(answer: (call: Call) => { status?: number; body: unknown }, models = [model(2), model(1)]) {
  const server = serverOf(answer);
  const data = {
    models,
    recordings: [{ videos: [video] }],
    results: [{ id: 8, model_id: 2, video_id: 3, frames_done: 100 }],
  } as unknown as ModelsData;
  const page = {
    api: server.api,
    props: { urls: { studio: "/p/videos/0/studio/" } },
  } as unknown as ModelsPage;
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  render(<CompareModels {...page} data={data} />, root);
  return { root, calls: server.calls };
}

it("says in a sentence which one is nearer, and whether that may be chance", () => {
  expect(verdict(COMPARISON)).toBe(
    "On 20 frames held out from both (80 points), model 2 is 2.0 px nearer to the labels than model 1 " +
      "(95 % interval of the difference −2.4 px to −1.5 px).",
  );
  const chance = { ...COMPARISON, overall: { ...overall, difference_px: 0.1, low_px: -0.3, high_px: 0.5 } };
  expect(verdict(chance)).toContain(
    "model 1 is 0.1 px nearer to the labels than model 2, which may be chance",
  );
  const few = { ...COMPARISON, overall: { ...overall, low_px: null, high_px: null } };
  expect(verdict(few)).toContain("too few moments");
});

it("names the nearer model of a keypoint only where the interval leaves out nought", () => {
  expect(nearer(overall, COMPARISON)).toBe("model 2");
  expect(nearer({ low_px: 0.1, high_px: 0.4 }, COMPARISON)).toBe("model 1");
  expect(nearer({ low_px: -0.1, high_px: 0.4 }, COMPARISON)).toBe("cannot be told apart");
  expect(nearer({ low_px: null, high_px: null }, COMPARISON)).toContain("too few");
});

it("compares the two newest, and shows figures and both pictures", async () => {
  const { root, calls } = shown(() => ({ body: COMPARISON }));
  root.querySelector<HTMLButtonElement>("button[type=submit]")?.click();
  await vi.waitFor(() => expect(root.querySelector("[data-testid=comparison]")).not.toBeNull());
  expect(calls.map(({ path }) => path)).toEqual(["/api/v1/models/1/comparison"]);
  const row = root.querySelector("tbody tr");
  expect([...(row?.children ?? [])].map(({ textContent }) => textContent)).toEqual([
    "snout",
    "80 (1 without answer)",
    "3.0 px",
    "1.0 px",
    "−2.0 px",
    "−2.4 px to −1.5 px",
    "model 2",
  ]);
  const links = [...root.querySelectorAll("a")].map((link) => link.getAttribute("href"));
  expect(links).toEqual(["/p/videos/3/studio/?frame=17", "/p/videos/3/studio/?frame=17&result=8"]);
  expect(root.querySelectorAll(".side-by-side svg")).toHaveLength(2);
  expect(root.querySelectorAll("circle.ring")).toHaveLength(2);
});

it("tells why two models cannot be compared", async () => {
  const { root } = shown(() => problem(422, "No frame was held out from both models."));
  root.querySelector<HTMLButtonElement>("button[type=submit]")?.click();
  await vi.waitFor(() => expect(root.querySelector("[role=alert]")?.textContent).toContain("No frame"));
});

it("asks for a second model where there is one", () => {
  expect(shown(() => ({ body: null }), [model(1)]).root.textContent).toContain("Train a second one");
  expect(shown(() => ({ body: null }), []).root.textContent).toBe("");
});

it.each([
  ["?compare=1,2", [1, 2]],
  ["?compare=2,2", null],
  ["?compare=1,9", null],
  ["?compare=1", null],
  ["?compare=1,2,1", null],
  ["", null],
])("reads the address %j", (search, ids) => {
  expect(idsOf(search, [{ id: 1 }, { id: 2 }])).toEqual(ids);
});
