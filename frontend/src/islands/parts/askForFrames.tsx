import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Api } from "../../api/client";
import { bodyOf } from "../../api/client";
import type { JobFeed } from "../../api/jobFeed";
import type { JobState } from "../../api/messages.gen";
import { wordsOf } from "../../api/problem";
import { Failure, useAction } from "./action";
import { isActive, JobButtons, JobError, JobProgress } from "./job";
import { framesFound, METHODS, type Method, newestSearch } from "./methods";
import type { ProjectProps } from "./project";

/** A sitting of half an hour at most, and enough for the next training to tell. */
const FRAMES = 20;
const MOST_FRAMES = 1000;

/** A video in which frames can be looked for. */
export interface AskedVideo {
  readonly id: number;
  readonly name: string;
  readonly frameCount: number;
}

interface AskedModel {
  readonly id: number;
  readonly name: string;
}

interface AskProps {
  readonly api: Api;
  readonly feed: JobFeed;
  readonly props: Pick<ProjectProps, "projectId" | "capabilities">;
  /** At least one. */
  readonly videos: readonly AskedVideo[];
  /** The one that is asked, where the page is about one; else any method and model can be chosen. */
  readonly model?: AskedModel;
  /** How the button looks. */
  readonly look: string;
  /** The way to what was found. */
  readonly found: (videoId: number, frames: readonly number[]) => JSX.Element | null;
}

/** "What should I label next?": a button, a few choices, the progress of the search, and the way to its frames. */
export function AskForFrames(page: AskProps): JSX.Element {
  const open = useSignal(false);
  const ids = page.videos.map(({ id }) => id);
  const { model } = page;
  const jobs = [...page.feed.jobs.value.values()];
  const mine = model ? jobs.filter(({ params }) => params.model_id === model.id) : jobs;
  const job = newestSearch(mine, ids);
  if (job !== undefined && isActive(job)) return <Search {...page} job={job} />;
  const frames = job === undefined ? [] : framesFound(job);
  return (
    <div class="ask stack tight">
      {job !== undefined && <JobError job={job} />}
      {job !== undefined &&
        frames.length > 0 &&
        !open.value &&
        page.found(Number(job.params.video_id), frames)}
      {job?.state === "done" && frames.length === 0 && !open.value && (
        <p class="dim small">Nothing was found that is worth labelling.</p>
      )}
      {open.value ? (
        <Choices {...page} close={() => (open.value = false)} />
      ) : (
        <button type="button" class={page.look} onClick={() => (open.value = true)}>
          What should I label next?
        </button>
      )}
    </div>
  );
}

function Search({ api, feed, props, job }: AskProps & { readonly job: JobState }): JSX.Element {
  return (
    <div class="ask stack tight">
      <JobProgress job={job} />
      <span class="actions">
        <JobButtons api={api} feed={feed} job={job} props={props} />
      </span>
    </div>
  );
}

function Choices({ close, ...page }: AskProps & { readonly close: () => void }): JSX.Element {
  const { api, feed, videos } = page;
  const { models, failed } = useModels(page);
  const video = useSignal(videos[0]?.id ?? 0);
  const wished = useSignal<Method | null>(null);
  const wishedModel = useSignal<number | null>(null);
  const typed = useSignal<string | null>(null);
  const action = useAction();
  const form = useRef<HTMLFormElement>(null);
  const shown = models.value !== null || failed.value !== null;
  useEffect(() => form.current?.querySelector<HTMLElement>("select, input")?.focus(), [shown]);
  const { frameCount } = videos.find(({ id }) => id === video.value) ?? { frameCount: 0 };
  const most = Math.min(MOST_FRAMES, frameCount);
  const known = models.value;
  if (!shown) return <p class="dim small">Reading the models …</p>;
  const choices = known ?? [];
  const method: Method = page.model ? "model" : (wished.value ?? (choices.length > 0 ? "model" : "mixed"));
  const model = page.model?.id ?? wishedModel.value ?? choices[0]?.id;
  const amount = typed.value ?? String(Math.min(FRAMES, most));
  const count = Number(amount);
  const usable = Number.isInteger(count) && count >= 1 && count <= most;
  const ask = () =>
    action.run(async () => {
      const body = {
        count,
        method,
        ...(method === "model" && model !== undefined ? { model_id: model } : {}),
      };
      const params = { path: { video_id: video.value } };
      feed.put(await bodyOf(api.POST("/api/v1/videos/{video_id}/suggestions", { params, body })));
      close();
    });
  return (
    <form
      ref={form}
      class="ask-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (usable) void ask();
      }}
    >
      {videos.length > 1 && (
        <Choice name="In" of={video} options={videos.map(({ id, name }) => [id, name] as const)} />
      )}
      {!page.model && (
        <label class="field">
          <span>Choose by</span>
          <select value={method} onChange={(event) => (wished.value = event.currentTarget.value as Method)}>
            {METHODS.map((one) => (
              <option
                key={one.method}
                value={one.method}
                disabled={one.method === "model" && choices.length === 0}
              >
                {one.name}
                {one.method === "model" && choices.length === 0 ? " (train one first)" : ""}
              </option>
            ))}
          </select>
          <span class="dim small">{METHODS.find((one) => one.method === method)?.hint}</span>
        </label>
      )}
      {!page.model && method === "model" && model !== undefined && (
        <label class="field">
          <span>Model</span>
          <select value={model} onChange={(event) => (wishedModel.value = Number(event.currentTarget.value))}>
            {choices.map(({ id, name }, at) => (
              <option key={id} value={id}>
                {name}
                {at === 0 && choices.length > 1 ? " (newest)" : ""}
              </option>
            ))}
          </select>
        </label>
      )}
      <label class="field">
        <span>How many frames</span>
        <input
          type="number"
          min={1}
          max={most}
          required
          value={amount}
          onInput={(event) => (typed.value = event.currentTarget.value)}
        />
      </label>
      {failed.value && <p class="note warn small">The models could not be read. {failed.value}</p>}
      <Failure of={action.error} />
      <span class="actions">
        <button type="submit" class="btn small primary" disabled={action.busy.value || !usable}>
          {action.busy.value ? "Asking …" : "Find frames"}
        </button>
        <button type="button" class="btn small quiet" onClick={close}>
          Not now
        </button>
      </span>
    </form>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly of: Signal<number>;
  readonly options: readonly (readonly [id: number, name: string])[];
}

function Choice({ name, of, options }: ChoiceProps): JSX.Element {
  return (
    <label class="field">
      <span>{name}</span>
      <select value={of.value} onChange={(event) => (of.value = Number(event.currentTarget.value))}>
        {options.map(([id, words]) => (
          <option key={id} value={id}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Models that can be asked, the newest first; read when somebody wants to choose. */
function useModels({ api, props, model }: AskProps): {
  readonly models: Signal<readonly AskedModel[] | null>;
  readonly failed: Signal<string | null>;
} {
  const models = useSignal<readonly AskedModel[] | null>(model ? [model] : null);
  const failed = useSignal<string | null>(null);
  useEffect(() => {
    if (model) return;
    const params = { path: { project_id: props.projectId } };
    bodyOf(api.GET("/api/v1/projects/{project_id}/models", { params })).then(
      (all) => {
        models.value = all.filter(({ state }) => state === "ready");
      },
      (error: unknown) => {
        failed.value = wordsOf(error);
      },
    );
  }, []);
  return { models, failed };
}
