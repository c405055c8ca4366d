import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Api } from "../../api/client";
import { bodyOf } from "../../api/client";
import type { JobFeed } from "../../api/jobFeed";
import type { Learning, Model, Recording, Result } from "../../api/types";
import { TrainingCurves } from "../models/curves";
import { TrainingExamples } from "../models/examples";
import { Confirm } from "../parts/confirm";
import { pageFeed } from "../parts/feed";
import { FeedNote, JobButtons, JobError, JobProgress } from "../parts/job";
import { LearningCurve } from "../parts/learningCurve";
import { ModelPill } from "../parts/model";
import { show } from "../parts/page";
import { can, type ProjectContext, type ProjectProps } from "../parts/project";
import { Loaded, Resource } from "../parts/resource";
import { onJobEnd } from "../parts/watch";
import { Confidence } from "./confidence";
import { CardFacts, isUnchecked, Meaning } from "./facts";
import { LabelNext } from "./labelNext";
import { Quality } from "./quality";
import { RunOnVideos } from "./run";
import { Suspects } from "./suspects";
import { WorstFrames } from "./worst";

export interface ModelData {
  readonly model: Model;
  readonly recordings: readonly Recording[];
  readonly results: readonly Result[];
  readonly learning: Learning;
}

export interface ModelPage {
  readonly api: Api;
  readonly feed: JobFeed;
  readonly props: ProjectProps;
  readonly data: ModelData;
}

/** How good it is, where it fails, and how to use it. */
export function mount(
  root: HTMLElement,
  { api, signal, props }: ProjectContext<{ readonly modelId: number }>,
): void {
  const feed = pageFeed(api, props.projectId, signal);
  const data = new Resource<ModelData>(async () => {
    const ofModel = { params: { path: { model_id: props.modelId } } };
    const ofProject = { params: { path: { project_id: props.projectId } } };
    const [model, recordings, results, learning] = await Promise.all([
      bodyOf(api.GET("/api/v1/models/{model_id}", ofModel)),
      bodyOf(api.GET("/api/v1/projects/{project_id}/recordings", ofProject)),
      bodyOf(api.GET("/api/v1/projects/{project_id}/results", ofProject)),
      bodyOf(api.GET("/api/v1/models/{model_id}/learning", ofModel)),
    ]);
    return { model, recordings, results, learning };
  });
  onJobEnd(feed, signal, () => void data.refresh());
  show(
    root,
    signal,
    <>
      <FeedNote feed={feed} />
      <Loaded of={data} what="the model">
        {(value) => <ModelView api={api} feed={feed} props={props} data={value} />}
      </Loaded>
    </>,
  );
}

function ModelView(page: ModelPage): JSX.Element {
  const { model } = page.data;
  const jobId = model.job_id;
  const learnt = model.state === "ready";
  return (
    <>
      <Standing {...page} />
      {learnt && <Quality {...page} />}
      {learnt && <WorstFrames {...page} />}
      {learnt && <Suspects {...page} />}
      {learnt && <Confidence model={model} />}
      {learnt && <LearningCurve learning={page.data.learning} modelId={model.id} />}
      {learnt && <LabelNext {...page} />}
      {learnt && <RunOnVideos {...page} />}
      {jobId && (
        <section class="card stack tight">
          <h2>How it learnt</h2>
          <TrainingCurves feed={page.feed} jobId={jobId} unchecked={learnt && isUnchecked(model)} />
          {!learnt && (
            <TrainingExamples
              feed={page.feed}
              jobId={jobId}
              recordings={page.data.recordings}
              urls={page.props.urls}
            />
          )}
        </section>
      )}
      {learnt && <Meaning model={model} />}
      <CardFacts model={model} urls={page.props.urls} />
    </>
  );
}

/** State, and what can be done about it. */
function Standing({ api, feed, props, data: { model } }: ModelPage): JSX.Element {
  const deleting = useSignal(false);
  const job = model.job_id ? feed.jobs.value.get(model.job_id) : undefined;
  const remove = async () => {
    await api.DELETE("/api/v1/models/{model_id}", { params: { path: { model_id: model.id } } });
    window.location.assign(props.urls.models);
  };
  return (
    <section class="card stack tight">
      <div class="row">
        <ModelPill model={model} />
        {model.state === "ready" && (
          <span class="dim">Trained and ready to run on any video of this project.</span>
        )}
        {model.state === "paused" && (
          <span class="dim">Paused. Resuming goes on from its last checkpoint, to the same numbers.</span>
        )}
        {model.state === "cancelled" && (
          <span class="dim">Training was stopped. Trying again goes on from its last checkpoint.</span>
        )}
        <span class="actions push">
          {job && model.state !== "ready" && <JobButtons api={api} feed={feed} job={job} props={props} />}
          {can(props, "train") && model.state !== "training" && model.state !== "paused" && (
            <button
              type="button"
              class="btn small quiet danger"
              onClick={() => {
                deleting.value = true;
              }}
            >
              Delete
            </button>
          )}
        </span>
      </div>
      {job && <JobProgress job={job} />}
      {job && <JobError job={job} />}
      {!job && model.failure && <p class="note bad">{model.failure}</p>}
      {deleting.value && (
        <Confirm
          title={`Delete ${model.name}?`}
          verb="Delete model"
          onConfirm={remove}
          onClose={() => {
            deleting.value = false;
          }}
        >
          <p>Its weights and all predictions that it made go with it. Labels stay as they are.</p>
        </Confirm>
      )}
    </section>
  );
}
