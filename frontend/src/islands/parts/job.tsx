import type { JSX } from "preact";
import type { Api } from "../../api/client";
import { bodyOf } from "../../api/client";
import type { JobFeed } from "../../api/jobFeed";
import type { JobState } from "../../api/messages.gen";
import { Failure, useAction } from "./action";
import { count, duration } from "./format";
import { mayChange, type ProjectProps } from "./project";

const WORDS = {
  queued: "waiting",
  running: "running",
  paused: "paused",
  done: "done",
  failed: "failed",
  cancelled: "cancelled",
} as const;
const TONES = {
  queued: "",
  running: "busy",
  paused: "warn",
  done: "ok",
  failed: "bad",
  cancelled: "warn",
} as const;

export const isActive = (job: JobState): boolean => job.state === "queued" || job.state === "running";

/** It has not ended: it waits, runs or is paused. */
export const isOpen = (job: JobState): boolean => isActive(job) || job.state === "paused";

export function activeJobs(feed: JobFeed): JobState[] {
  return [...feed.jobs.value.values()].filter(isActive);
}

/**
 * Share done of the present stage. Null while its length is unknown, and between two stages: a stage
 * that is through says nothing about how long the next one takes.
 */
export function shareOf(job: JobState): number | null {
  const { done, total } = job.progress;
  return total > 0 && done < total ? done / total : null;
}

export function stateWords({ state, can_cancel, pausing }: JobState): string {
  if (pausing && can_cancel) return "pausing";
  return state === "running" && !can_cancel ? "stopping" : WORDS[state];
}

export function JobPill({ job }: { readonly job: JobState }): JSX.Element {
  return <span class={`pill ${TONES[job.state]}`}>{stateWords(job)}</span>;
}

/** Bar, stage, rate and time left; what cannot be known is not shown. */
export function JobProgress({ job }: { readonly job: JobState }): JSX.Element | null {
  if (job.state === "queued") {
    return (
      <p class="dim small">Waits for a free worker{job.attempt > 0 ? `, attempt ${job.attempt + 1}` : ""}.</p>
    );
  }
  const { stage, done, total, rate, eta_s } = job.progress;
  if (job.state === "paused") {
    const reached = total > 0 ? ` after ${count(done)} of ${count(total)} (${stage})` : "";
    return <p class="dim small">Paused{reached}. Nothing is lost; it waits until somebody resumes it.</p>;
  }
  if (job.state !== "running") return null;
  const share = shareOf(job);
  const facts = [
    stage || "starting",
    total > 0 ? `${count(done)} of ${count(total)}` : done > 0 ? count(done) : "",
    share !== null && rate ? `${rate >= 10 ? count(rate) : rate.toFixed(1)} a second` : "",
    share !== null && eta_s !== null && eta_s !== undefined ? `about ${duration(eta_s)} left` : "",
    total > 0 && done >= total ? "the next step begins" : "",
    job.attempt > 1 ? `attempt ${job.attempt}` : "",
  ].filter(Boolean);
  return (
    <div class="stack hair">
      <span
        class={share === null ? "meter unknown" : "meter"}
        role="progressbar"
        aria-label={job.label}
        aria-valuemin={0}
        aria-valuemax={100}
        {...(share === null ? {} : { "aria-valuenow": Math.round(share * 100) })}
      >
        <i style={share === null ? {} : { width: `${share * 100}%` }} />
      </span>
      <span class="dim small num-text">{facts.join(" · ")}</span>
    </div>
  );
}

interface JobButtonsProps {
  readonly api: Api;
  readonly feed: JobFeed;
  readonly job: JobState;
  readonly props: Pick<ProjectProps, "capabilities">;
}

export function JobButtons({ api, feed, job, props }: JobButtonsProps): JSX.Element | null {
  const action = useAction();
  const changeable = job.can_cancel || job.can_pause || job.can_resume || job.can_retry;
  if (!mayChange(props, job.kind) || !changeable) return null;
  const path = { params: { path: { job_id: job.id } } };
  const cancel = () =>
    action.run(async () => feed.put(await bodyOf(api.POST("/api/v1/jobs/{job_id}/cancel", path))));
  const pause = () =>
    action.run(async () => feed.put(await bodyOf(api.POST("/api/v1/jobs/{job_id}/pause", path))));
  const resume = () =>
    action.run(async () => feed.put(await bodyOf(api.POST("/api/v1/jobs/{job_id}/resume", path))));
  const retry = () =>
    action.run(async () => feed.put(await bodyOf(api.POST("/api/v1/jobs/{job_id}/retry", path))));
  return (
    <>
      {job.can_pause && (
        <button
          type="button"
          class="btn small"
          title="Stops after the next checkpoint and frees the worker; it goes on from there."
          disabled={action.busy.value}
          onClick={pause}
        >
          Pause
        </button>
      )}
      {job.can_resume && (
        <button type="button" class="btn small primary" disabled={action.busy.value} onClick={resume}>
          Resume
        </button>
      )}
      {job.can_cancel && (
        <button type="button" class="btn small" disabled={action.busy.value} onClick={cancel}>
          Cancel
        </button>
      )}
      {job.can_retry && (
        <button type="button" class="btn small" disabled={action.busy.value} onClick={retry}>
          Try again
        </button>
      )}
      <Failure of={action.error} />
    </>
  );
}

/** What went wrong and the way on, in the words of whoever raised it. */
export function JobError({ job }: { readonly job: JobState }): JSX.Element | null {
  if (job.state !== "failed" || !job.error) return null;
  return (
    <p class="note bad">
      {job.error.message} <span class="dim small mono">{job.error.code}</span>
    </p>
  );
}

/** Says so where the page is not live. */
export function FeedNote({ feed }: { readonly feed: JobFeed }): JSX.Element | null {
  switch (feed.connection.value) {
    case "polling":
      return (
        <p class="note warn" role="status">
          Live updates cannot connect, so this page asks the server every few seconds. Nothing is lost; it
          turns live by itself.
        </p>
      );
    case "signed_out":
      return (
        <p class="note bad" role="alert">
          You are signed out. What was saved is safe. <a href={signInUrl()}>Sign in again</a>
        </p>
      );
    case "denied":
      return (
        <p class="note bad" role="alert">
          You are no longer a member of this project. Ask an owner or manager.
        </p>
      );
    default:
      return null;
  }
}

function signInUrl(): string {
  return `/sign-in/login/?next=${encodeURIComponent(window.location.pathname + window.location.search)}`;
}
