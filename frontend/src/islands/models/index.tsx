import type { JSX } from "preact";
import type { Api } from "../../api/client";
import { bodyOf } from "../../api/client";
import type { JobFeed } from "../../api/jobFeed";
import type { Learning, Model, ProjectDetail, Recording, Result, TrainingOptions } from "../../api/types";
import { pageFeed } from "../parts/feed";
import { ago, counted, percent, pixels } from "../parts/format";
import { FeedNote, isOpen, JobButtons, JobError, JobProgress } from "../parts/job";
import { LearningCurve } from "../parts/learningCurve";
import { familyWords, holdoutWords, isHeldOut, ModelPill, testOf } from "../parts/model";
import { show } from "../parts/page";
import { can, modelUrl, type ProjectContext, type ProjectProps } from "../parts/project";
import { Loaded, Resource } from "../parts/resource";
import { onJobEnd } from "../parts/watch";
import { CompareModels } from "./compare";
import { TrainingCurves } from "./curves";
import { TrainingExamples } from "./examples";
import { TrainForm } from "./train";

export interface ModelsData {
  readonly project: ProjectDetail;
  readonly models: readonly Model[];
  readonly recordings: readonly Recording[];
  readonly results: readonly Result[];
  readonly learning: Learning;
  readonly options: TrainingOptions;
}

export interface ModelsPage {
  readonly api: Api;
  readonly feed: JobFeed;
  readonly props: ProjectProps;
  readonly refresh: () => Promise<void>;
}

/** Train, watch, compare. */
export function mount(root: HTMLElement, { api, signal, props }: ProjectContext): void {
  const feed = pageFeed(api, props.projectId, signal);
  const path = { params: { path: { project_id: props.projectId } } };
  const data = new Resource<ModelsData>(async () => {
    const [project, models, recordings, results, learning, options] = await Promise.all([
      bodyOf(api.GET("/api/v1/projects/{project_id}", path)),
      bodyOf(api.GET("/api/v1/projects/{project_id}/models", path)),
      bodyOf(api.GET("/api/v1/projects/{project_id}/recordings", path)),
      bodyOf(api.GET("/api/v1/projects/{project_id}/results", path)),
      bodyOf(api.GET("/api/v1/projects/{project_id}/learning", path)),
      bodyOf(api.GET("/api/v1/projects/{project_id}/training-options", path)),
    ]);
    return { project, models, recordings, results, learning, options };
  });
  onJobEnd(feed, signal, () => void data.refresh());
  const page: ModelsPage = { api, feed, props, refresh: () => data.refresh() };
  show(
    root,
    signal,
    <>
      <FeedNote feed={feed} />
      <Loaded of={data} what="the models">
        {(value) => <Models {...page} data={value} />}
      </Loaded>
    </>,
  );
}

function Models({ data, ...page }: ModelsPage & { readonly data: ModelsData }): JSX.Element {
  return (
    <>
      <Training {...page} models={data.models} recordings={data.recordings} />
      {can(page.props, "train") && <TrainForm {...page} data={data} />}
      <section class="card">
        <h2>All models</h2>
        {data.models.length === 0 ? (
          <div class="empty">
            <b>No model yet.</b>
            <p>
              Label about 20 frames, spread over the video, then train. Training takes minutes on this server.
            </p>
            <a class="btn" href={page.props.urls.label}>
              Label frames
            </a>
          </div>
        ) : (
          <ModelTable {...page} models={data.models} />
        )}
      </section>
      {data.learning.models.length > 0 && <LearningCurve learning={data.learning} />}
      <CompareModels {...page} data={data} />
    </>
  );
}

type WithModels = ModelsPage & { readonly models: readonly Model[] };
type WithRecordings = WithModels & { readonly recordings: readonly Recording[] };

/** The training that runs or is paused, with its curves and what it says now. */
function Training({ api, feed, props, models, recordings }: WithRecordings): JSX.Element {
  const jobs = feed.jobs.value;
  const running = models.filter((model) => {
    const job = model.job_id ? jobs.get(model.job_id) : undefined;
    return job ? isOpen(job) : false;
  });
  return (
    <>
      {running.map((model) => {
        const job = jobs.get(model.job_id ?? "");
        if (!job) return null;
        return (
          <section key={model.id} class="card stack tight" aria-label={`Training ${model.name}`}>
            <div class="row">
              <h2>
                Training <a href={modelUrl(props.urls, model.id)}>{model.name}</a>
              </h2>
              <span class="dim small">
                {counted(model.snapshot.frame_count, "labelled frame")}, {holdoutWords(model.holdout)}
              </span>
              <span class="actions push">
                <JobButtons api={api} feed={feed} job={job} props={props} />
              </span>
            </div>
            <JobProgress job={job} />
            <TrainingCurves feed={feed} jobId={job.id} />
            <TrainingExamples feed={feed} jobId={job.id} recordings={recordings} urls={props.urls} />
            <JobError job={job} />
          </section>
        );
      })}
    </>
  );
}

function ModelTable({ props, models, feed }: WithModels): JSX.Element {
  return (
    <div class="scroll-x">
      <table>
        <thead>
          <tr>
            <th>model</th>
            <th>state</th>
            <th>family</th>
            <th>preset</th>
            <th class="num">labels</th>
            <th>measured on</th>
            <th class="num">mean</th>
            <th class="num">median</th>
            <th class="num">within 5 px</th>
            <th class="num">made</th>
          </tr>
        </thead>
        <tbody>
          {models.map((model) => {
            const test = testOf(model);
            const job = model.job_id ? feed.jobs.value.get(model.job_id) : undefined;
            return (
              <tr key={model.id}>
                <td>
                  <a href={modelUrl(props.urls, model.id)}>{model.name}</a>
                </td>
                <td>
                  <ModelPill model={model} />
                  {job?.state === "failed" && <p class="small dim">{job.error?.message}</p>}
                </td>
                <td>{familyWords(model)}</td>
                <td>{model.preset}</td>
                <td class="num">{counted(model.snapshot.frame_count, "frame")}</td>
                <td class="dim">
                  {test ? (isHeldOut(model) ? `${test.n} held-out points` : "validation only") : "–"}
                </td>
                <td class="num">{pixels(test?.mean_px)}</td>
                <td class="num">{pixels(test?.median_px)}</td>
                <td class="num">{percent(test?.pck5)}</td>
                <td class="num dim">{ago(model.created_at)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
