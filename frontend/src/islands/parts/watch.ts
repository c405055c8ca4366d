import { effect } from "@preact/signals";
import type { JobFeed } from "../../api/jobFeed";
import type { JobState } from "../../api/messages.gen";
import { isActive } from "./job";

/**
 * Calls back whenever a job has ended since the page knows the jobs: what it made can be read now. Also for one
 * that is heard of only when it is over, because it began and ended between two messages.
 */
export function onJobEnd(
  feed: Pick<JobFeed, "jobs" | "loaded">,
  signal: AbortSignal,
  ended: (job: JobState) => void,
): void {
  let known = new Map<string, boolean>(); // whether it was active
  let complete = false;
  const stop = effect(() => {
    const jobs = [...feed.jobs.value.values()];
    const before = complete;
    complete = feed.loaded.value;
    const over = jobs.filter((job) => !isActive(job) && (known.get(job.id) ?? before));
    known = new Map(jobs.map((job) => [job.id, isActive(job)]));
    for (const job of over) ended(job);
  });
  signal.addEventListener("abort", stop, { once: true });
}
