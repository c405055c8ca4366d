import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { JobState } from "../../api/messages.gen";
import { stateWords } from "./job";

/** Reads out which job changed its state. Progress that ticks is seen, and would drown all else if it were read. */
export function JobNews({ jobs }: { readonly jobs: readonly JobState[] }): JSX.Element {
  const known = useRef<ReadonlyMap<string, string> | null>(null);
  const news = useRef("");
  const now = new Map(jobs.map((job) => [job.id, stateWords(job)]));
  const before = known.current;
  if (before !== null) {
    const changed = jobs.filter(({ id }) => before.get(id) !== now.get(id));
    if (changed.length > 0)
      news.current = changed.map((job) => `${job.label}: ${now.get(job.id)}.`).join(" ");
  }
  // What the list holds when the page opens is read as part of the page.
  if (before !== null || jobs.length > 0) known.current = now;
  return (
    <p class="visually-hidden" role="status">
      {news.current}
    </p>
  );
}
