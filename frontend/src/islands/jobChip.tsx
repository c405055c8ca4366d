import type { JSX } from "preact";
import type { JobFeed } from "../api/jobFeed";
import type { IslandContext } from "./context";
import { pageFeed } from "./parts/feed";
import { percent } from "./parts/format";
import { activeJobs, shareOf } from "./parts/job";
import { show } from "./parts/page";

export interface JobChipProps {
  readonly projectId: number;
  readonly jobsUrl: string;
}

/** In the bar of every page while something runs; quiet otherwise. */
export function mount(root: HTMLElement, { api, signal, props }: IslandContext<JobChipProps>): void {
  const feed = pageFeed(api, props.projectId, signal);
  show(root, signal, <JobChip feed={feed} jobsUrl={props.jobsUrl} />);
}

function JobChip({
  feed,
  jobsUrl,
}: {
  readonly feed: JobFeed;
  readonly jobsUrl: string;
}): JSX.Element | null {
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
    <a class={`pill ${note ? "warn" : "busy"} chip`} href={jobsUrl}>
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
