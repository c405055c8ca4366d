import type { JSX } from "preact";
import type { Api } from "../../api/client";
import { bodyOf } from "../../api/client";
import type { JobFeed } from "../../api/jobFeed";
import type { Calibration, Recording, RecordingSession } from "../../api/types";
import { pageFeed } from "../parts/feed";
import { FeedNote } from "../parts/job";
import { show } from "../parts/page";
import { can, type ProjectContext, type ProjectProps } from "../parts/project";
import { Loaded, Resource } from "../parts/resource";
import { onJobEnd } from "../parts/watch";
import { AddRecordings } from "./add";
import { Calibrations } from "./calibrations";
import { ImportJobs } from "./importJobs";
import { Sessions } from "./sessions";
import { RecordingTable } from "./table";

export interface RecordingsPage {
  readonly api: Api;
  readonly feed: JobFeed;
  readonly props: ProjectProps;
  readonly signal: AbortSignal;
  readonly recordings: Resource<readonly Recording[]>;
  readonly calibrations: Resource<readonly Calibration[]>;
  readonly sessions: Resource<readonly RecordingSession[]>;
  /** Recordings and calibrations anew: each tells of the other. */
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
  const calibrations = new Resource<readonly Calibration[]>(() =>
    bodyOf(
      api.GET("/api/v1/projects/{project_id}/calibrations", {
        params: { path: { project_id: props.projectId } },
      }),
    ),
  );
  const sessions = new Resource<readonly RecordingSession[]>(() =>
    bodyOf(
      api.GET("/api/v1/projects/{project_id}/recording-sessions", {
        params: { path: { project_id: props.projectId } },
      }),
    ),
  );
  const refresh = async () => {
    await Promise.all([recordings.refresh(), calibrations.refresh(), sessions.refresh()]);
  };
  onJobEnd(feed, signal, () => void recordings.refresh());
  show(root, signal, <Page {...{ api, feed, props, signal, recordings, calibrations, sessions, refresh }} />);
}

function Page(page: RecordingsPage): JSX.Element {
  const manage = can(page.props, "manage_data");
  return (
    <>
      <FeedNote feed={page.feed} />
      {manage && <AddRecordings {...page} />}
      <ImportJobs {...page} />
      <section class="card">
        <h2>In this project</h2>
        <Loaded of={page.recordings} what="the recordings">
          {(list) => <RecordingTable {...page} list={list} />}
        </Loaded>
      </section>
      <Calibrations {...page} />
      <Sessions {...page} />
    </>
  );
}
