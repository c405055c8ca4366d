import type { JSX } from "preact";
import type { JobFeed } from "../../api/jobFeed";
import { percent } from "./format";
import { activeJobs, shareOf } from "./job";

interface JobChipProps {
  readonly feed: JobFeed;
  readonly jobsUrl: string;
}

/** What runs, in one line that may shrink to the share that is done; nothing while all is quiet. */
export function JobChip({ feed, jobsUrl }: JobChipProps): JSX.Element | null {
  const active = activeJobs(feed);
  const connection = feed.connection.value;
  const running = active.find((job) => job.state === "running") ?? active[0];
  const note = connection === "polling" ? "not live" : connection === "signed_out" ? "signed out" : "";
  if (!running) {
    return note ? (
      <a class="pill warn" href={jobsUrl} title="Live updates cannot connect; open Jobs for details.">
        {note}
      </a>
    ) : null;
  }
  const share = shareOf(running);
  const more = active.length > 1 ? ` · ${active.length - 1} more` : "";
  const state =
    running.state === "queued"
      ? "waiting"
      : share === null
        ? running.progress.stage || "starting"
        : percent(share);
  return (
    <a class={`pill ${note ? "warn" : "busy"} chip`} href={jobsUrl} title={running.label}>
      <span class="dot pulse" aria-hidden="true" />
      <span class="clip">{running.label}</span>
      <span class="num-text">
        · {state}
        {more}
        {note && ` · ${note}`}
      </span>
    </a>
  );
}
