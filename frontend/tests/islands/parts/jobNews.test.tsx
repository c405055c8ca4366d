import { render } from "preact";
import { expect, it } from "vitest";
import type { JobState } from "../../../src/api/messages.gen";
import { JobNews } from "../../../src/islands/parts/jobNews";

function job(id: string, state: JobState["state"], done: number): JobState {
  const progress = { stage: "train", done, total: 100, metrics: {}, rate: null, eta_s: null };
  return { id, state, progress, label: `Train ${id}`, can_cancel: true } as unknown as JobState;
}

it("reads out a change of state, not what was there before nor the ticking of progress", () => {
  const page = document.createElement("div");
  const read = (...jobs: JobState[]): string => {
    render(<JobNews jobs={jobs} />, page);
    return page.querySelector("[role=status]")?.textContent ?? "";
  };
  expect(read()).toBe("");
  expect(read(job("a", "running", 1), job("b", "done", 100))).toBe("");
  expect(read(job("a", "running", 2), job("b", "done", 100))).toBe("");
  expect(read(job("a", "done", 100), job("b", "done", 100))).toBe("Train a: done.");
  expect(read(job("a", "done", 100), job("b", "done", 100), job("c", "queued", 0))).toBe("Train c: waiting.");
});
