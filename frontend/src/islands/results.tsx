import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Api } from "../api/client";
import { bodyOf } from "../api/client";
import type { JobFeed } from "../api/jobFeed";
import type { ExportFile, Result, Video } from "../api/types";
import { Failure, useAction } from "./parts/action";
import { Confirm } from "./parts/confirm";
import { pageFeed } from "./parts/feed";
import { ago, bytes, count } from "./parts/format";
import { FeedNote, isActive, JobButtons, JobError, JobProgress } from "./parts/job";
import { show } from "./parts/page";
import { can, modelUrl, type ProjectContext, type ProjectProps, studioUrl } from "./parts/project";
import { Loaded, Resource } from "./parts/resource";
import { onJobEnd } from "./parts/watch";
import { type In3D, Reconstructions, readIn3D } from "./results3d";
import { WhereDoubtful } from "./resultsDoubts";

interface VideoResults {
  readonly video: Video;
  readonly results: readonly Result[];
}

interface ResultsData {
  readonly in3D: In3D;
  readonly videos: readonly VideoResults[];
  readonly exports: readonly ExportFile[];
}

interface ResultsPage {
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
            <Predictions {...page} videos={value.videos} />
            <Reconstructions {...page} of={value.in3D} />
            <Exports {...page} exports={value.exports} />
          </>
        )}
      </Loaded>
    </>,
  );
}

async function readResults(api: Api, projectId: number): Promise<ResultsData> {
  const path = { params: { path: { project_id: projectId } } };
  const [in3D, exports] = await Promise.all([
    readIn3D(api, projectId),
    bodyOf(api.GET("/api/v1/projects/{project_id}/exports", path)),
  ]);
  const videos = in3D.recordings.flatMap(({ videos }) => videos).filter(({ state }) => state === "ready");
  const resultsOf = ({ id }: Video): Result[] => in3D.results.filter(({ video_id }) => video_id === id);
  return { in3D, videos: videos.map((video) => ({ video, results: resultsOf(video) })), exports };
}

function Predictions({
  videos,
  ...page
}: ResultsPage & { readonly videos: readonly VideoResults[] }): JSX.Element {
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
          <table>
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
  video,
  result,
}: ResultsPage & { readonly video: Video; readonly result: Result }): JSX.Element {
  const action = useAction();
  const jobs = [...feed.jobs.value.values()];
  const job = jobs.find(({ kind, params }) => kind === "pose.predict" && params.result_id === result.id);
  const exportIt = () =>
    action.run(async () => {
      feed.put(await startExport(api, props.projectId, "deeplabcut_predictions", result.id));
    });
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
        <Failure of={action.error} />
        {result.state === "ready" && <WhereDoubtful api={api} urls={props.urls} result={result} />}
      </td>
      <td class="name-cell">
        <a href={modelUrl(props.urls, result.model_id)}>{result.model_name}</a>
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
            <button type="button" class="btn small" disabled={action.busy.value} onClick={exportIt}>
              Export
            </button>
          )}
        </span>
      </td>
    </tr>
  );
}

type ExportKind = "deeplabcut_labels" | "deeplabcut_predictions";

const KIND_WORDS: Readonly<Record<ExportKind, string>> = {
  deeplabcut_labels: "Labels for DeepLabCut",
  deeplabcut_predictions: "Predictions for DeepLabCut",
};

async function startExport(api: Api, projectId: number, kind: ExportKind, resultId?: number) {
  return await bodyOf(
    api.POST("/api/v1/projects/{project_id}/exports", {
      params: { path: { project_id: projectId } },
      body: { kind, ...(resultId === undefined ? {} : { result_id: resultId }) },
    }),
  );
}

function Exports({
  api,
  feed,
  props,
  refresh,
  exports,
}: ResultsPage & { readonly exports: readonly ExportFile[] }): JSX.Element {
  const action = useAction();
  const jobs = [...feed.jobs.value.values()].filter(
    (job) => job.kind === "project.export" && (isActive(job) || job.state === "failed"),
  );
  const exportLabels = () =>
    action.run(async () => {
      feed.put(await startExport(api, props.projectId, "deeplabcut_labels"));
    });
  return (
    <section class="card stack tight">
      <div class="card-head">
        <h2>Files for other tools</h2>
        <span class="dim small">CSV and H5 as DeepLabCut, SLEAP and pandas read them, in one zip.</span>
      </div>
      <div class="actions">
        <button type="button" class="btn" disabled={action.busy.value} onClick={exportLabels}>
          Export the labels
        </button>
        <span class="dim small">Predictions: press Export beside a result above.</span>
      </div>
      <Failure of={action.error} />
      {jobs.map((job) => (
        <div key={job.id} class="stack hair">
          <div class="row">
            <span>{job.label}</span>
            <span class="actions push">
              <JobButtons api={api} feed={feed} job={job} props={props} />
            </span>
          </div>
          <JobProgress job={job} />
          <JobError job={job} />
        </div>
      ))}
      {exports.length > 0 && (
        <div class="scroll-x">
          <table>
            <tbody>
              {exports.map((file) => (
                <ExportRow key={file.id} api={api} props={props} refresh={refresh} file={file} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function ExportRow({
  api,
  props,
  refresh,
  file,
}: Pick<ResultsPage, "api" | "props" | "refresh"> & { readonly file: ExportFile }): JSX.Element {
  const deleting = useSignal(false);
  const remove = async () => {
    await api.DELETE("/api/v1/exports/{export_id}", { params: { path: { export_id: file.id } } });
    await refresh();
  };
  return (
    <tr>
      <td>{KIND_WORDS[file.kind]}</td>
      <td class="dim">{file.filename}</td>
      <td class="num dim">{bytes(file.size_bytes)}</td>
      <td class="num dim">{ago(file.created_at)}</td>
      <td class="num">
        <span class="actions end">
          <a class="btn small" href={file.download_url} download>
            Download
          </a>
          {can(props, "manage_data") && (
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
            title={`Delete ${file.filename}?`}
            verb="Delete file"
            onConfirm={remove}
            onClose={() => {
              deleting.value = false;
            }}
          >
            <p>Only this file goes. It can be exported again from its labels or predictions.</p>
          </Confirm>
        )}
      </td>
    </tr>
  );
}
