import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Api } from "../api/client";
import type { JobFeed } from "../api/jobFeed";
import type { JobEventMsg, JobState } from "../api/messages.gen";
import { pageFeed } from "./parts/feed";
import { ago, duration } from "./parts/format";
import { FeedNote, isActive, isOpen, JobButtons, JobError, JobPill, JobProgress } from "./parts/job";
import { JobNews } from "./parts/jobNews";
import { show } from "./parts/page";
import type { ProjectContext, ProjectProps } from "./parts/project";

/** What runs, what waits, what ended and how. */
export function mount(root: HTMLElement, { api, signal, props }: ProjectContext): void {
  const feed = pageFeed(api, props.projectId, signal);
  show(root, signal, <JobsPage api={api} feed={feed} props={props} />);
}

interface JobsPageProps {
  readonly api: Api;
  readonly feed: JobFeed;
  readonly props: ProjectProps;
}

function JobsPage(props: JobsPageProps): JSX.Element {
  const { feed } = props;
  const jobs = [...feed.jobs.value.values()];
  const active = jobs.filter(isActive);
  const paused = jobs.filter((job) => job.state === "paused");
  const ended = jobs.filter((job) => !isOpen(job));
  return (
    <>
      <FeedNote feed={feed} />
      <JobNews jobs={jobs} />
      <section class="card" aria-busy={!feed.loaded.value}>
        <h2>Now</h2>
        <JobList {...props} jobs={active} />
        {active.length === 0 && (
          <p class="dim">
            {feed.loaded.value
              ? "Nothing is running. Reading a video, training, predicting and exporting show up here."
              : "Reading the list of jobs …"}
          </p>
        )}
      </section>
      {paused.length > 0 && (
        <section class="card">
          <h2>Paused</h2>
          <JobList {...props} jobs={paused} />
        </section>
      )}
      {ended.length > 0 && (
        <section class="card">
          <h2>Ended</h2>
          <JobList {...props} jobs={ended} />
        </section>
      )}
    </>
  );
}

function JobList({ jobs, ...props }: JobsPageProps & { readonly jobs: readonly JobState[] }): JSX.Element {
  return (
    <ul class="list">
      {jobs.map((job) => (
        <JobLine key={job.id} {...props} job={job} />
      ))}
    </ul>
  );
}

function JobLine({ api, feed, job, props }: JobsPageProps & { readonly job: JobState }): JSX.Element {
  const open = useSignal(false);
  return (
    <li class="stack hair">
      <div class="row">
        <b>{job.label}</b>
        <JobPill job={job} />
        <span class="dim small" title={job.created_at}>
          {timesOf(job)}
        </span>
        <span class="actions push">
          <JobButtons api={api} feed={feed} job={job} props={props} />
          <button
            type="button"
            class="btn small quiet"
            aria-expanded={open.value}
            onClick={() => {
              open.value = !open.value;
            }}
          >
            {open.value ? "Hide log" : "Log"}
          </button>
        </span>
      </div>
      <JobProgress job={job} />
      <JobError job={job} />
      {open.value && <JobLogView feed={feed} jobId={job.id} />}
    </li>
  );
}

function timesOf(job: JobState): string {
  if (job.finished_at && job.started_at) {
    const took = (Date.parse(job.finished_at) - Date.parse(job.started_at)) / 1000;
    return `${ago(job.finished_at)}, took ${duration(took)}`;
  }
  if (job.finished_at) return ago(job.finished_at);
  return job.started_at ? `started ${ago(job.started_at)}` : `asked for ${ago(job.created_at)}`;
}

function JobLogView({ feed, jobId }: { readonly feed: JobFeed; readonly jobId: string }): JSX.Element {
  const lines = feed
    .follow(jobId)
    .value.map(lineOf)
    .filter((line) => line !== null);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
    <pre class="log" role="log" tabIndex={0} aria-label="Log of this job">
      {lines.length > 0 ? lines.join("\n") : "No lines yet."}
    </pre>
  );
}

/** One line of the log; progress ticks are left to the bar. */
function lineOf({ kind, data, at }: JobEventMsg): string | null {
  const time = new Date(at).toLocaleTimeString(undefined, { hour12: false });
  if (kind === "log") return `${time}  ${String(data.message ?? "")}`;
  if (kind === "metrics") return `${time}  ${figures(data)}`;
  if (kind === "state") return `${time}  ${String(data.state ?? "")}${reasonOf(data)}`;
  return null;
}

function figures(data: Record<string, unknown>): string {
  const metrics = (data.metrics ?? {}) as Record<string, number>;
  const parts = Object.entries(metrics).map(([name, value]) => `${name} ${value.toPrecision(4)}`);
  return `${String(data.stage ?? "")} ${String(data.done ?? "")}/${String(data.total ?? "")}  ${parts.join("  ")}`;
}

function reasonOf(data: Record<string, unknown>): string {
  const error = data.error as { message?: string } | null | undefined;
  if (error?.message) return `: ${error.message}`;
  if (data.cancel_requested) return ": asked to stop";
  if (data.pause_requested) return ": asked to pause";
  if (data.resumed_by) return `: resumed by ${String(data.resumed_by)}`;
  return "";
}
