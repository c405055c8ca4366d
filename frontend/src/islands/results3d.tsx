import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { type Api, bodyOf } from "../api/client";
import type { JobFeed } from "../api/jobFeed";
import type { Model, Reconstruction, Recording, Result } from "../api/types";
import { Failure, useAction } from "./parts/action";
import { Confirm } from "./parts/confirm";
import { count } from "./parts/format";
import { JobButtons, JobError, JobProgress } from "./parts/job";
import { can, modelUrl, type ProjectProps, reconstructionUrl } from "./parts/project";
import { CLOCK_CHANGED, Truth } from "./parts/truth";
import { Doubts } from "./recordings/doubts";

export interface In3D {
  readonly recordings: readonly Recording[];
  readonly models: readonly Model[];
  readonly results: readonly Result[];
  readonly reconstructions: readonly Reconstruction[];
}

/** All that the section shows, for a project. */
export async function readIn3D(api: Api, projectId: number): Promise<In3D> {
  const path = { params: { path: { project_id: projectId } } };
  const [recordings, models, results, reconstructions] = await Promise.all([
    bodyOf(api.GET("/api/v1/projects/{project_id}/recordings", path)),
    bodyOf(api.GET("/api/v1/projects/{project_id}/models", path)),
    bodyOf(api.GET("/api/v1/projects/{project_id}/results", path)),
    bodyOf(api.GET("/api/v1/projects/{project_id}/reconstructions", path)),
  ]);
  return { recordings, models, results, reconstructions };
}

interface Section {
  readonly api: Api;
  readonly feed: JobFeed;
  readonly props: ProjectProps;
  readonly refresh: () => Promise<void>;
}

/** Several views of a take: predict them all, put them together in 3D, open what came of it. */
export function Reconstructions({ of, ...page }: Section & { readonly of: In3D }): JSX.Element | null {
  const rigs = of.recordings.filter(({ videos }) => videos.length > 1);
  if (rigs.length === 0 && of.reconstructions.length === 0) return null;
  return (
    <section class="card stack tight">
      <div class="card-head">
        <h2>3D poses</h2>
        <span class="dim small">From the predictions of two or more calibrated views of a recording.</span>
      </div>
      {rigs.map((recording) => (
        <Rig key={recording.id} {...page} of={of} recording={recording} />
      ))}
    </section>
  );
}

function Rig({
  of,
  recording,
  ...page
}: Section & { readonly of: In3D; readonly recording: Recording }): JSX.Element {
  const models = of.models.filter(({ state }) => state === "ready");
  const made = of.reconstructions.filter(({ recording_id }) => recording_id === recording.id);
  return (
    <article class="stack hair" data-recording={recording.name}>
      <h3>{recording.name}</h3>
      {recording.calibration === null && (
        <p class="note info">
          This recording has no calibration, without which 3D cannot be made.
          {can(page.props, "manage_data") && (
            <>
              {" "}
              <a href={page.props.urls.recordings}>Choose one on the Recordings page</a>.
            </>
          )}
        </p>
      )}
      <Doubts recording={recording} />
      {models.length === 0 && (
        <p class="dim small">
          No model is trained yet.
          {can(page.props, "train") && (
            <>
              {" "}
              <a href={page.props.urls.models}>Train one</a>, then run it over all views.
            </>
          )}
        </p>
      )}
      {models.map((model) => (
        <ModelOnRig key={model.id} {...page} of={of} recording={recording} model={model} />
      ))}
      {made.map((reconstruction) => (
        <Made key={reconstruction.id} {...page} reconstruction={reconstruction} />
      ))}
    </article>
  );
}

interface ModelOnRigProps extends Section {
  readonly of: In3D;
  readonly recording: Recording;
  readonly model: Model;
}

function ModelOnRig({
  api,
  feed,
  props,
  refresh,
  of,
  recording,
  model,
}: ModelOnRigProps): JSX.Element | null {
  const action = useAction();
  if (!can(props, "train")) return null;
  const videos = new Set(recording.videos.map(({ id }) => id));
  const runs = of.results.filter(({ model_id, video_id }) => model_id === model.id && videos.has(video_id));
  const { ready, running } = viewsOf(runs);
  const predict = (): Promise<void> =>
    action.run(async () => {
      const params = { path: { recording_id: recording.id } };
      await bodyOf(
        api.POST("/api/v1/recordings/{recording_id}/predictions", { params, body: { model_id: model.id } }),
      );
      await refresh();
    });
  const reconstruct = (): Promise<void> =>
    action.run(async () => {
      const params = { path: { recording_id: recording.id } };
      const body = { model_id: model.id };
      const { job } = await bodyOf(
        api.POST("/api/v1/recordings/{recording_id}/reconstructions", { params, body }),
      );
      if (job) feed.put(job);
      await refresh();
    });
  return (
    <div class="row">
      <span>
        <a href={modelUrl(props.urls, model.id)}>{model.name}</a>{" "}
        <span class="dim small">
          {ready} of {recording.videos.length} views predicted{running > 0 && `, ${running} under way`}
        </span>
      </span>
      <span class="actions push">
        <button
          type="button"
          class="btn small"
          disabled={action.busy.value || ready + running >= recording.videos.length}
          onClick={predict}
        >
          Predict all views
        </button>
        <button
          type="button"
          class="btn small primary"
          disabled={action.busy.value || ready < 2 || recording.calibration === null}
          title={ready < 2 ? "Predictions of two views are needed first" : undefined}
          onClick={reconstruct}
        >
          Reconstruct
        </button>
      </span>
      <Failure of={action.error} />
    </div>
  );
}

/** How many videos have predictions, and of how many others they are being made. */
export function viewsOf(runs: readonly Pick<Result, "state" | "video_id">[]): {
  readonly ready: number;
  readonly running: number;
} {
  const videosOf = (...states: Result["state"][]): number =>
    new Set(runs.filter(({ state }) => states.includes(state)).map(({ video_id }) => video_id)).size;
  const ready = videosOf("ready");
  return { ready, running: videosOf("ready", "running") - ready };
}

const TONES: Readonly<Record<string, string>> = { ready: "ok", running: "busy", failed: "bad" };

function Made({
  api,
  feed,
  props,
  refresh,
  reconstruction,
}: Section & { readonly reconstruction: Reconstruction }): JSX.Element {
  const asking = useSignal(false);
  const job = reconstruction.job_id === null ? undefined : feed.jobs.value.get(reconstruction.job_id);
  const remove = async (): Promise<void> => {
    const params = { path: { reconstruction_id: reconstruction.id } };
    await api.DELETE("/api/v1/reconstructions/{reconstruction_id}", { params });
    await refresh();
  };
  return (
    <div class="stack hair" data-reconstruction={reconstruction.id}>
      <div class="row">
        <span class={`pill ${TONES[reconstruction.state] ?? ""}`}>{reconstruction.state}</span>
        <span>
          {reconstruction.views.join(", ")}{" "}
          <span class="dim small">
            {count(reconstruction.ticks_done)} of {count(reconstruction.tick_count)} ticks ·{" "}
            {reconstruction.model_name} · {reconstruction.calibration_name}
          </span>
          {job && <JobProgress job={job} />}
          {job && <JobError job={job} />}
        </span>
        <span class="actions push">
          {job && <JobButtons api={api} feed={feed} job={job} props={props} />}
          {(reconstruction.ticks_done > 0 || reconstruction.state === "running") && (
            <a class="btn small" href={reconstructionUrl(props.urls, reconstruction.id)}>
              Open in 3D
            </a>
          )}
          {can(props, "train") && reconstruction.state !== "running" && (
            <button
              type="button"
              class="btn small"
              onClick={() => {
                asking.value = true;
              }}
            >
              Delete
            </button>
          )}
        </span>
      </div>
      <Truth error={reconstruction.truth_error} />
      {reconstruction.warnings.map((words) => (
        <p key={words} class="note info">
          {words}
        </p>
      ))}
      {reconstruction.sync_changed && <p class="note info">{CLOCK_CHANGED}</p>}
      {asking.value && (
        <Confirm
          title="Delete these 3D poses?"
          verb="Delete 3D poses"
          onConfirm={remove}
          onClose={() => {
            asking.value = false;
          }}
        >
          <p>The 3D poses go. Predictions, videos and the calibration stay, so they can be made again.</p>
        </Confirm>
      )}
    </div>
  );
}
