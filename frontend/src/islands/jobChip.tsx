import type { IslandContext } from "./context";
import { pageFeed } from "./parts/feed";
import { JobChip } from "./parts/jobChip";
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
