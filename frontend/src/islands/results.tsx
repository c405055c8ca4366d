import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Api } from "../api/client";
import { bodyOf } from "../api/client";
import type { JobFeed } from "../api/jobFeed";
import type { ExportFile, FileFormat, PoseMap, Result, Video } from "../api/types";
import { ExportDialog, Exports } from "./exports";
import { Maps } from "./maps";
import { Confirm } from "./parts/confirm";
import { pageFeed } from "./parts/feed";
import { count } from "./parts/format";
import { FeedNote, JobError, JobProgress } from "./parts/job";
import { show } from "./parts/page";
import { can, modelUrl, type ProjectContext, type ProjectProps, studioUrl } from "./parts/project";
import { Loaded, Resource } from "./parts/resource";
import { onJobEnd } from "./parts/watch";
import { type In3D, Reconstructions, readIn3D } from "./results3d";
import { WhereDoubtful } from "./resultsDoubts";
import { FilmButton } from "./resultsFilm";

export interface VideoResults {
  readonly video: Video;
  readonly results: readonly Result[];
}

interface ResultsData {
  readonly in3D: In3D;
  readonly videos: readonly VideoResults[];
  readonly exports: readonly ExportFile[];
  readonly formats: readonly FileFormat[];
  readonly maps: readonly PoseMap[];
}

export interface ResultsPage {
  readonly api: Api;
  readonly feed: JobFeed;
  readonly props: ProjectProps;
  readonly refresh: () => Promise<void>;
}

/** Predictions by video, and files for other tools. */
export function mount(root: HTMLElement, { api, signal, props }: ProjectContext): void {
  const feed = pageFeed(api, props.projectId, signal);
  const data = new Resource(() => readResults(api, props.projectId));
  onJobEnd(feed, signal, () => void data.refresh());
  const page: ResultsPage = { api, feed, props, refresh: () => data.refresh() };
  show(
    root,
    signal,
    <>
      <FeedNote feed={feed} />
      <Loaded of={data} what="the results">
        {(value) => (
          <>
            <Predictions {...page} videos={value.videos} formats={value.formats} />
            <Reconstructions {...page} of={value.in3D} />
            <Maps {...page} videos={value.videos} maps={value.maps} />
            <Exports {...page} exports={value.exports} formats={value.formats} />
          </>
        )}
      </Loaded>
    </>,
  );
}

async function readResults(api: Api, projectId: number): Promise<ResultsData> {
  const path = { params: { path: { project_id: projectId } } };
  const [in3D, exports, formats, maps] = await Promise.all([
    readIn3D(api, projectId),
    bodyOf(api.GET("/api/v1/projects/{project_id}/exports", path)),
    bodyOf(api.GET("/api/v1/projects/{project_id}/formats", path)),
    bodyOf(api.GET("/api/v1/projects/{project_id}/maps", path)),
  ]);
  const videos = in3D.recordings.flatMap(({ videos }) => videos).filter(({ state }) => state === "ready");
  const resultsOf = ({ id }: Video): Result[] => in3D.results.filter(({ video_id }) => video_id === id);
  return {
    in3D,
    videos: videos.map((video) => ({ video, results: resultsOf(video) })),
    exports,
    formats,
    maps,
  };
}

function Predictions({
  videos,
  ...page
}: ResultsPage & Pick<ResultsData, "videos" | "formats">): JSX.Element {
  const some = videos.filter(({ results }) => results.length > 0);
  return (
    <section class="card">
      <h2>Predictions</h2>
      {some.length === 0 ? (
        <div class="empty">
          <b>No video has predictions yet.</b>
          <p>Open a trained model and run it on a video.</p>
          <a class="btn" href={page.props.urls.models}>
            Go to Models
          </a>
        </div>
      ) : (
        <div class="scroll-x">
          <table class="results">
            <thead>
              <tr>
                <th>
                  <span class="visually-hidden">picture</span>
                </th>
                <th>video</th>
                <th>model</th>
                <th>state</th>
                <th class="num">frames</th>
                <th>
                  <span class="visually-hidden">actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {some.flatMap(({ video, results }) =>
                results.map((result) => (
                  <ResultRow key={result.id} {...page} video={video} result={result} />
                )),
              )}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

const TONES: Readonly<Record<string, string>> = { ready: "ok", running: "busy", failed: "bad" };

function ResultRow({
  api,
  feed,
  props,
  refresh,
  video,
  result,
  formats,
}: ResultsPage &
  Pick<ResultsData, "formats"> & { readonly video: Video; readonly result: Result }): JSX.Element {
  const exporting = useSignal(false);
  const deleting = useSignal(false);
  const jobs = [...feed.jobs.value.values()];
  const job = jobs.find(({ kind, params }) => kind === "pose.predict" && params.result_id === result.id);
  const remove = async () => {
    await api.DELETE("/api/v1/results/{result_id}", { params: { path: { result_id: result.id } } });
    await refresh();
  };
  return (
    <tr>
      <td class="thumb-cell">
        <span class="shot thumb">
          {video.poster_url && <img src={video.poster_url} alt="" loading="lazy" />}
        </span>
      </td>
      <td class="wide-cell">
        {video.recording_name} <span class="dim small">{video.view}</span>
        {job && <JobProgress job={job} />}
        {job && <JobError job={job} />}
        {result.state === "ready" && <WhereDoubtful api={api} urls={props.urls} result={result} />}
      </td>
      <td class="name-cell">
        {result.model_id === null ? (
          <>
            {result.model_name} <span class="pill">brought in</span>
          </>
        ) : (
          <a href={modelUrl(props.urls, result.model_id)}>{result.model_name}</a>
        )}
      </td>
      <td>
        <span class={`pill ${TONES[result.state] ?? ""}`}>{result.state}</span>
      </td>
      <td class="num">
        {count(result.frames_done)} of {count(result.frame_count)}
      </td>
      <td class="num">
        <span class="actions end">
          {result.frames_done > 0 && (
            <a class="btn small" href={studioUrl(props.urls, video.id, { frame: 0, result: result.id })}>
              Open
            </a>
          )}
          {result.state === "ready" && (
            <button
              type="button"
              class="btn small"
              onClick={() => {
                exporting.value = true;
              }}
            >
              Export …
            </button>
          )}
          {result.state === "ready" && <FilmButton api={api} feed={feed} video={video} result={result} />}
          {result.state !== "running" && can(props, "train") && (
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
        {deleting.value && (
          <Confirm
            title={`Delete what ${result.model_name} says of ${video.recording_name}?`}
            verb="Delete predictions"
            onConfirm={remove}
            onClose={() => {
              deleting.value = false;
            }}
          >
            <p>
              {result.model_id === null
                ? "They came with a project of another tool; importing it again is the only way to have them back."
                : "The model can be run over the video again."}{" "}
              Maps of poses that were made from them go too; files and labelled videos stay. Labels stay as
              they are.
            </p>
          </Confirm>
        )}
        {exporting.value && (
          <ExportDialog
            {...{ api, feed, props, formats }}
            title={`Export what ${result.model_name} says of ${video.recording_name}`}
            what="predictions"
            resultId={result.id}
            onClose={() => {
              exporting.value = false;
            }}
          />
        )}
      </td>
    </tr>
  );
}
