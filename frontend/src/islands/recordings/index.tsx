import type { JSX } from "preact";
import type { Api } from "../../api/client";
import { bodyOf } from "../../api/client";
import type { JobFeed } from "../../api/jobFeed";
import type { Recording } from "../../api/types";
import { pageFeed } from "../parts/feed";
import { FeedNote } from "../parts/job";
import { show } from "../parts/page";
import { can, type ProjectContext, type ProjectProps } from "../parts/project";
import { Loaded, Resource } from "../parts/resource";
import { onJobEnd } from "../parts/watch";
import { AddRecordings } from "./add";
import { ImportJobs } from "./importJobs";
import { RecordingTable } from "./table";

export interface RecordingsPage {
  readonly api: Api;
  readonly feed: JobFeed;
  readonly props: ProjectProps;
  readonly signal: AbortSignal;
  readonly refresh: () => Promise<void>;
}

/** Register, upload, import; what became of each video. */
export function mount(root: HTMLElement, { api, signal, props }: ProjectContext): void {
  const feed = pageFeed(api, props.projectId, signal);
  const recordings = new Resource<readonly Recording[]>(() =>
    bodyOf(
      api.GET("/api/v1/projects/{project_id}/recordings", {
        params: { path: { project_id: props.projectId } },
      }),
    ),
  );
  onJobEnd(feed, signal, () => void recordings.refresh());
  const page: RecordingsPage = { api, feed, props, signal, refresh: () => recordings.refresh() };
  show(root, signal, <Page {...page} recordings={recordings} />);
}

function Page({
  recordings,
  ...page
}: RecordingsPage & { recordings: Resource<readonly Recording[]> }): JSX.Element {
  const manage = can(page.props, "manage_data");
  return (
    <>
      <FeedNote feed={page.feed} />
      {manage && <AddRecordings {...page} />}
      <ImportJobs {...page} />
      <section class="card">
        <h2>In this project</h2>
        <Loaded of={recordings} what="the recordings">
          {(list) => <RecordingTable {...page} recordings={list} />}
        </Loaded>
      </section>
    </>
  );
}
