import type { JSX } from "preact";
import type { JobState } from "../../api/messages.gen";
import { isActive, JobButtons, JobError, JobPill, JobProgress } from "../parts/job";
import type { RecordingsPage } from "./index";

const A_DAY_MS = 86_400_000;

/** Imports that run, and those of the last day with what they brought or why they could not. */
export function ImportJobs({ api, feed, props }: RecordingsPage): JSX.Element | null {
  const jobs = [...feed.jobs.value.values()].filter(isWorthSaying);
  if (jobs.length === 0) return null;
  return (
    <section class="card">
      <h2>Imports</h2>
      <ul class="list">
        {jobs.map((job) => (
          <li key={job.id} class="stack hair">
            <div class="row">
              <span>{job.label}</span>
              <JobPill job={job} />
              <span class="dim small">{summaryOf(job)}</span>
              <span class="actions push">
                <JobButtons api={api} feed={feed} job={job} props={props} />
              </span>
            </div>
            <JobProgress job={job} />
            <JobError job={job} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function isWorthSaying(job: JobState): boolean {
  if (job.kind !== "project.import_deeplabcut") return false;
  return isActive(job) || Date.now() - Date.parse(job.finished_at ?? job.created_at) < A_DAY_MS;
}

/** The figures that the import reported, in its own words: "116 frames · 4 keypoints". */
function summaryOf(job: JobState): string {
  return Object.entries(job.result ?? {})
    .filter(
      (entry): entry is [string, number] => typeof entry[1] === "number" && !/_(id|version)$/.test(entry[0]),
    )
    .map(([name, value]) => `${value} ${name.replaceAll("_", " ")}`)
    .join(" · ");
}
