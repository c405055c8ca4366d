import { render } from "preact";
import { expect, it } from "vitest";
import type { JobFeed } from "../../../src/api/jobFeed";
import type { JobState } from "../../../src/api/messages.gen";
import { JobChip } from "../../../src/islands/parts/jobChip";

function job(id: string, state: JobState["state"], done: number): JobState {
  const progress = { stage: "train", done, total: 100, metrics: {}, rate: null, eta_s: null };
  return { id, state, progress, label: `Train ${id}`, created_at: id } as unknown as JobState;
}

function chipOf(connection: string, ...jobs: JobState[]): HTMLElement {
  const page = document.createElement("div");
  const feed = { connection: { value: connection }, jobs: { value: new Map(jobs.map((j) => [j.id, j])) } };
  render(<JobChip feed={feed as unknown as JobFeed} jobsUrl="/p/jobs/" />, page);
  return page;
}

it("is silent while nothing runs, so that a place kept for it stays empty", () => {
  expect(chipOf("live", job("a", "done", 100)).childNodes).toHaveLength(0);
});

it("tells the share that is done apart from the name, which may give way and is told again on pointing", () => {
  const page = chipOf("live", job("a", "running", 40), job("b", "queued", 0));
  const chip = page.querySelector("a");
  expect(chip?.title).toBe("Train a");
  expect(chip?.querySelector(".clip")?.textContent).toBe("Train a");
  expect(chip?.querySelector(".num-text")?.textContent).toBe("· 40 % · 1 more");
});

it("says when it is not live", () => {
  expect(chipOf("polling").textContent).toBe("not live");
  expect(chipOf("polling", job("a", "running", 40)).textContent).toContain("not live");
});
