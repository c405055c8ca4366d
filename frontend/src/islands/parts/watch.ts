import { effect } from "@preact/signals";
import type { JobFeed } from "../../api/jobFeed";
import type { JobState } from "../../api/messages.gen";
import { isActive } from "./job";

/** Calls back whenever a job that was active when last seen has ended: what it made can be read now. */
export function onJobEnd(feed: JobFeed, signal: AbortSignal, ended: (job: JobState) => void): void {
  let active = new Set<string>();
  const stop = effect(() => {
    const jobs = feed.jobs.value;
    for (const id of active) {
      const job = jobs.get(id);
      if (job && !isActive(job)) ended(job);
    }
    active = new Set([...jobs.values()].filter(isActive).map((job) => job.id));
  });
  signal.addEventListener("abort", stop, { once: true });
}
