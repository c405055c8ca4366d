import { render } from "preact";
import { expect, it } from "vitest";
import type { JobFeed } from "../../../src/api/jobFeed";
import type { JobState } from "../../../src/api/messages.gen";
import { isActive, isOpen, JobButtons, JobProgress, stateWords } from "../../../src/islands/parts/job";
import type { ProjectProps } from "../../../src/islands/parts/project";
import { serverOf } from "../server";

function job(more: Partial<JobState>): JobState {
  return {
    id: "a",
    kind: "pose.train",
    label: "Train a",
    state: "running",
    progress: { stage: "train", done: 30, total: 100, metrics: {}, rate: null, eta_s: null },
    can_cancel: true,
    can_pause: true,
    can_resume: false,
    can_retry: false,
    pausing: false,
    ...more,
  } as JobState;
}

const PAUSED = job({ state: "paused", can_pause: false, can_resume: true });

function buttons(of: JobState, capabilities: readonly string[] = ["train"]) {
  const { api, calls } = serverOf(() => ({ body: PAUSED }));
  const put: JobState[] = [];
  const page = document.createElement("div");
  const feed = { put: (one: JobState) => put.push(one) } as unknown as JobFeed;
  render(
    <JobButtons api={api} feed={feed} job={of} props={{ capabilities } as unknown as ProjectProps} />,
    page,
  );
  return { calls, put, all: [...page.querySelectorAll("button")] };
}

it("pauses a running training, and shows what the server answers", async () => {
  const { all, calls, put } = buttons(job({}));
  expect(all.map(({ textContent }) => textContent)).toEqual(["Pause", "Cancel"]);
  all[0]?.click();
  await expect.poll(() => put).toEqual([PAUSED]);
  expect(calls.map(({ path }) => path)).toEqual(["/api/v1/jobs/a/pause"]);
});

it("offers to resume a paused one, or to give it up", () => {
  expect(buttons(PAUSED).all.map(({ textContent }) => textContent)).toEqual(["Resume", "Cancel"]);
  expect(buttons(PAUSED, ["view"]).all).toHaveLength(0);
});

it("tells pausing, paused and stopping apart", () => {
  expect(stateWords(job({ pausing: true, can_pause: false }))).toBe("pausing");
  expect(stateWords(PAUSED)).toBe("paused");
  expect(stateWords(job({ pausing: true, can_pause: false, can_cancel: false }))).toBe("stopping");
  expect([isActive(PAUSED), isOpen(PAUSED), isOpen(job({ state: "done" }))]).toEqual([false, true, false]);
});

it("says how far a paused one is", () => {
  const page = document.createElement("div");
  render(<JobProgress job={PAUSED} />, page);
  expect(page.textContent).toContain("Paused after 30 of 100 (train)");
});
