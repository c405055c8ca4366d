import type { JSX } from "preact";
import type { Api } from "../../api/client";
import { bodyOf } from "../../api/client";
import type { JobFeed } from "../../api/jobFeed";
import type { Model, ProjectDetail, Recording } from "../../api/types";
import { Failure, useAction } from "../parts/action";
import { pageFeed } from "../parts/feed";
import { ago, counted } from "../parts/format";
import { FeedNote, isOpen, JobPill, JobProgress } from "../parts/job";
import { show } from "../parts/page";
import { can, type ProjectContext, type ProjectProps, studioUrl } from "../parts/project";
import { Loaded, Resource } from "../parts/resource";
import { onJobEnd } from "../parts/watch";
import { LearningCurve } from "./learning";
import { Stages } from "./stages";

interface HomeData {
  readonly project: ProjectDetail;
  readonly recordings: readonly Recording[];
  readonly models: readonly Model[];
}

/** How far is it, and the one step that helps most. */
export function mount(root: HTMLElement, { api, signal, props }: ProjectContext): void {
  const feed = pageFeed(api, props.projectId, signal);
  const path = { params: { path: { project_id: props.projectId } } };
  const home = new Resource<HomeData>(async () => {
    const [project, recordings, models] = await Promise.all([
      bodyOf(api.GET("/api/v1/projects/{project_id}", path)),
      bodyOf(api.GET("/api/v1/projects/{project_id}/recordings", path)),
      bodyOf(api.GET("/api/v1/projects/{project_id}/models", path)),
    ]);
    return { project, recordings, models };
  });
  onJobEnd(feed, signal, () => void home.refresh());
  show(
    root,
    signal,
    <>
      <FeedNote feed={feed} />
      <Loaded of={home} what="the project">
        {(data) => <Home api={api} feed={feed} props={props} data={data} refresh={() => home.refresh()} />}
      </Loaded>
    </>,
  );
}

export interface HomeProps {
  readonly api: Api;
  readonly feed: JobFeed;
  readonly props: ProjectProps;
  readonly data: HomeData;
  readonly refresh: () => Promise<void>;
}

function Home(home: HomeProps): JSX.Element {
  return (
    <>
      <NextStep {...home} />
      <div class="columns">
        <div class="stack">
          <Stages {...home} />
          <Recordings {...home} />
        </div>
        <div class="stack">
          <LearningCurve {...home} />
          <Running {...home} />
          <Recent {...home} />
        </div>
      </div>
    </>
  );
}

function NextStep({ api, props, data: { project, recordings }, refresh }: HomeProps): JSX.Element {
  const action = useAction();
  const step = project.next_step;
  const offerDemo =
    props.isDemo &&
    can(props, "label") &&
    recordings.length > 0 &&
    (step.code === "label" || project.counts.labelled_frames === 0);
  const useDemoLabels = () =>
    action.run(async () => {
      await bodyOf(
        api.POST("/api/v1/projects/{project_id}/demo-labels", {
          params: { path: { project_id: props.projectId } },
        }),
      );
      await refresh();
    });
  return (
    <section class="card next" aria-label="Next step">
      <div class="grow">
        <b>Next: {lowerFirst(step.title)}.</b>
        <p class="dim">{step.detail}</p>
        <Failure of={action.error} />
      </div>
      <div class="actions">
        {offerDemo && (
          <button type="button" class="btn" disabled={action.busy.value} onClick={useDemoLabels}>
            {action.busy.value ? "Placing labels …" : "Use the demo labels"}
          </button>
        )}
        <a class="btn primary" href={step.url}>
          {step.title}
        </a>
      </div>
    </section>
  );
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function Recordings({ props, data: { recordings } }: HomeProps): JSX.Element {
  const videos = recordings.flatMap((recording) => recording.videos.map((video) => ({ recording, video })));
  const shown = videos.slice(0, 6);
  return (
    <section class="card">
      <div class="card-head">
        <h2>Recordings</h2>
        <a href={props.urls.recordings}>
          {videos.length > shown.length ? `All ${videos.length}` : "Add or manage"}
        </a>
      </div>
      {shown.length === 0 && (
        <p class="dim">No recordings yet. Register a folder, upload, or import a project of another tool.</p>
      )}
      <ul class="tiles">
        {shown.map(({ recording, video }) => (
          <li key={video.id}>
            <a
              class="tile"
              href={video.state === "ready" ? studioUrl(props.urls, video.id) : props.urls.recordings}
            >
              <span class="shot">
                {video.poster_url ? (
                  <img src={video.poster_url} alt="" loading="lazy" />
                ) : (
                  stateWords(video.state)
                )}
              </span>
              <span class="clip">
                {recording.name}
                {recording.videos.length > 1 && ` · ${video.view}`}
              </span>
              <span class="dim small">
                {video.state === "ready"
                  ? `${counted(video.frame_count, "frame")} · ${video.width} × ${video.height}`
                  : stateWords(video.state)}
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function stateWords(state: string): string {
  return (
    { pending: "waits to be read", ingesting: "being read", failed: "could not be read" }[state] ?? state
  );
}

function Running({ feed, props }: HomeProps): JSX.Element | null {
  const jobs = [...feed.jobs.value.values()].filter(isOpen);
  if (jobs.length === 0) return null;
  return (
    <section class="card">
      <div class="card-head">
        <h2>Running</h2>
        <a href={props.urls.jobs}>Jobs</a>
      </div>
      <ul class="list">
        {jobs.slice(0, 4).map((job) => (
          <li key={job.id} class="stack hair">
            <span>{job.label}</span>
            <JobProgress job={job} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Recent({ feed }: HomeProps): JSX.Element {
  const ended = [...feed.jobs.value.values()].filter((job) => !isOpen(job)).slice(0, 7);
  return (
    <section class="card">
      <h2>Recent</h2>
      {ended.length === 0 ? (
        <p class="dim">What ends here shows up here: videos read, models trained, exports made.</p>
      ) : (
        <table class="plain">
          <tbody>
            {ended.map((job) => (
              <tr key={job.id}>
                <td>
                  {job.label} {job.state !== "done" && <JobPill job={job} />}
                </td>
                <td class="num dim">{ago(job.finished_at ?? job.created_at)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
