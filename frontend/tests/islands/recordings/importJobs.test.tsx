import { signal } from "@preact/signals";
import { render } from "preact";
import { expect, it, vi } from "vitest";
import type { JobState } from "../../../src/api/messages.gen";
import type { RecordingsPage } from "../../../src/islands/recordings";
import { broughtWords, ImportJobs } from "../../../src/islands/recordings/importJobs";
import { ReadableTools } from "../../../src/islands/recordings/tools";
import { serverOf } from "../server";

const BROUGHT = {
  ...{ tool: "SLEAP", frames: 116, points: 464, keypoints: 4, animals: 1, recordings: 2, predictions: 1 },
  ...{ skeleton_version: 3, warnings: ["clip.slp: predictions on 3 frames left aside."] },
};

function shown(result: object | null, state = "done"): HTMLElement {
  const job = {
    ...{ id: "a", kind: "project.import_deeplabcut", label: "Import flies.zip", state, result, error: null },
    ...{
      params: {},
      progress: { stage: "", done: 0, total: 0, rate: null, eta_s: null },
      created_at: new Date().toISOString(),
      finished_at: null,
    },
  } as unknown as JobState;
  const page = { feed: { jobs: signal(new Map([["a", job]])) }, props: { capabilities: [] } };
  const root = document.createElement("div");
  render(<ImportJobs {...(page as unknown as RecordingsPage)} />, root);
  return root;
}

it("says in figures what came in", () => {
  expect(broughtWords(BROUGHT)).toBe(
    "SLEAP: 116 frames · 464 points · 4 keypoints · 1 animal · 2 recordings · predictions over 1 video",
  );
});

it("reads a report of before, which had fewer figures", () => {
  expect(broughtWords({ recordings: 1, frames: 6, points: 12 })).toBe("6 frames · 12 points · 1 recording");
});

it("says what was left aside, and where nothing was", () => {
  const root = shown(BROUGHT);
  expect(root.querySelector("summary")?.textContent).toBe("1 note: what was decided or left aside");
  expect(root.querySelector("li li")?.textContent).toBe("clip.slp: predictions on 3 frames left aside.");
  expect(shown({ ...BROUGHT, warnings: [] }).textContent).toContain("Nothing was left aside.");
});

it("reports nothing of an import that runs", () => {
  expect(shown(null, "running").textContent).not.toContain("left aside");
});

it("lists whose projects can be brought in, and what to hand in", async () => {
  const format = (name: string, title: string, reads: string) => ({
    ...{ name, title, reads, labels: null, predictions: null },
  });
  const body = [
    format("coco", "COCO keypoints", "A folder with annotations.json."),
    format("nwb", "NWB", ""),
    format("csv", "CSV, a row a keypoint", "A table."),
    format("csv_wide", "CSV, a row an individual", "A table."),
  ];
  const { api } = serverOf(() => ({ body }));
  const root = document.createElement("div");
  render(<ReadableTools api={api} props={{ projectId: 1 } as RecordingsPage["props"]} />, root);
  await vi.waitFor(() => expect(root.querySelectorAll("dt")).toHaveLength(2));
  expect(root.textContent).toContain("A folder with annotations.json.");
  expect(root.textContent).not.toContain("NWB");
});
