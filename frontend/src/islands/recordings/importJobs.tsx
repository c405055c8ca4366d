import type { JSX } from "preact";
import type { JobState } from "../../api/messages.gen";
import { counted } from "../parts/format";
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
              <span class="actions push">
                <JobButtons api={api} feed={feed} job={job} props={props} />
              </span>
            </div>
            <JobProgress job={job} />
            <JobError job={job} />
            {job.state === "done" && <Report brought={job.result ?? {}} />}
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

/** What came in, then what was decided or left aside on the way. */
function Report({ brought }: { readonly brought: Brought }): JSX.Element {
  const warnings = Array.isArray(brought.warnings) ? brought.warnings.map(String) : [];
  return (
    <>
      <p class="dim small">{broughtWords(brought)}</p>
      {warnings.length > 0 ? (
        <details class="small">
          <summary>{counted(warnings.length, "note")}: what was decided or left aside</summary>
          <ul>
            {warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </details>
      ) : (
        <p class="dim small">Nothing was left aside.</p>
      )}
    </>
  );
}

type Brought = Readonly<Record<string, unknown>>;

/** "SLEAP: 116 frames · 464 points · 4 keypoints · 1 animal · 2 recordings · predictions over 1 video". */
export function broughtWords(brought: Brought): string {
  const number = (name: string): number => (typeof brought[name] === "number" ? brought[name] : 0);
  const figures = [
    counted(number("frames"), "frame"),
    counted(number("points"), "point"),
    ...(number("keypoints") > 0 ? [counted(number("keypoints"), "keypoint")] : []),
    ...(number("animals") > 0 ? [counted(number("animals"), "animal")] : []),
    counted(number("recordings"), "recording"),
    ...(number("predictions") > 0 ? [`predictions over ${counted(number("predictions"), "video")}`] : []),
  ];
  const tool = typeof brought.tool === "string" && brought.tool !== "" ? `${brought.tool}: ` : "";
  return tool + figures.join(" · ");
}
