import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { bodyOf } from "../../api/client";
import { wordsOf } from "../../api/problem";
import type { Result, Video } from "../../api/types";
import { Failure, useAction } from "../parts/action";
import { count, counted, percent } from "../parts/format";
import { isActive, JobButtons, JobError, JobProgress } from "../parts/job";
import { can, studioUrl } from "../parts/project";
import type { ModelPage } from "./index";

/** Every video with what this model has said about it, and a button where it has said nothing. */
export function RunOnVideos(page: ModelPage): JSX.Element {
  const videos = page.data.recordings
    .flatMap(({ videos }) => videos)
    .filter(({ state }) => state === "ready");
  return (
    <section class="card">
      <div class="card-head">
        <h2>Run it</h2>
        <span class="dim small">
          Predictions stay apart from labels; they lie over the video in the studio.
        </span>
      </div>
      {videos.length === 0 ? (
        <p class="dim">No video is ready.</p>
      ) : (
        <div class="scroll-x">
          <table>
            <tbody>
              {videos.map((video) => (
                <VideoRun key={video.id} {...page} video={video} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function VideoRun({
  api,
  feed,
  props,
  data: { model },
  video,
}: ModelPage & { readonly video: Video }): JSX.Element {
  const action = useAction();
  const result = useSignal<Result | null>(null);
  const jobs = [...feed.jobs.value.values()];
  const job = jobs.find(
    ({ kind, params }) =>
      kind === "pose.predict" && result.value !== null && params.result_id === result.value.id,
  );
  const jobState = job?.state;

  useEffect(() => {
    let stale = false;
    bodyOf(api.GET("/api/v1/videos/{video_id}/results", { params: { path: { video_id: video.id } } }))
      .then((results) => {
        if (!stale) result.value = results.find(({ model_id }) => model_id === model.id) ?? null;
      })
      .catch((error: unknown) => {
        if (!stale) action.error.value = wordsOf(error);
      });
    return () => {
      stale = true;
    };
  }, [api, video.id, model.id, jobState]);

  const run = () =>
    action.run(async () => {
      const started = await bodyOf(
        api.POST("/api/v1/models/{model_id}/predictions", {
          params: { path: { model_id: model.id } },
          body: { video_id: video.id },
        }),
      );
      if (started.job) feed.put(started.job);
      result.value = started.result;
    });
  const running = job !== undefined && isActive(job);
  return (
    <tr>
      <td class="wide-cell">
        {video.recording_name}{" "}
        <span class="dim small">
          {video.view} · {counted(video.frame_count, "frame")}
        </span>
        {job && <JobProgress job={job} />}
        {job && <JobError job={job} />}
        <Failure of={action.error} />
      </td>
      <td class="dim num">{result.value ? standing(result.value) : ""}</td>
      <td class="num">
        <span class="actions end">
          {result.value && result.value.frames_done > 0 && (
            <a
              class="btn small"
              href={studioUrl(props.urls, video.id, { frame: 0, result: result.value.id })}
            >
              Look
            </a>
          )}
          {job && running && <JobButtons api={api} feed={feed} job={job} props={props} />}
          {!running && result.value?.state !== "ready" && can(props, "train") && (
            <button type="button" class="btn small primary" disabled={action.busy.value} onClick={run}>
              {action.busy.value ? "Starting …" : "Run"}
            </button>
          )}
        </span>
      </td>
    </tr>
  );
}

function standing({ state, frames_done, frame_count }: Result): string {
  if (state === "ready") return `${count(frames_done)} frames predicted`;
  if (state === "failed") return "failed";
  return frame_count > 0 ? percent(frames_done / frame_count) : "running";
}
