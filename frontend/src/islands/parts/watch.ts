import { effect } from "@preact/signals";
import type { JobFeed } from "../../api/jobFeed";
import type { JobState } from "../../api/messages.gen";
import { isActive } from "./job";

/**
 * Calls back whenever a job has ended since the page knows the jobs: what it made can be read now. Also for one
 * that is heard of only when it is over, because it began and ended between two messages; and for one that leaves
 * its rest, because pages show of what a paused job makes that it waits.
 */
export function onJobEnd(
  feed: Pick<JobFeed, "jobs" | "loaded">,
  signal: AbortSignal,
  ended: (job: JobState) => void,
): void {
  let known = new Map<string, string>();
  let complete = false;
  const stop = effect(() => {
    const jobs = [...feed.jobs.value.values()];
    const before = complete;
    complete = feed.loaded.value;
    const over = jobs.filter((job) => {
      const was = known.get(job.id);
      return was === undefined ? before && !isActive(job) : was !== standing(job);
    });
    known = new Map(jobs.map((job) => [job.id, standing(job)]));
    for (const job of over) ended(job);
  });
  signal.addEventListener("abort", stop, { once: true });
}

/** Where a job is, as far as pages tell these apart. */
function standing(job: JobState): string {
  return isActive(job) ? "active" : job.state;
}
