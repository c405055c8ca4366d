import { useSignal } from "@preact/signals";
import { Fragment, type JSX } from "preact";
import type { JobState } from "../../api/messages.gen";
import type { Recording, Video } from "../../api/types";
import { Confirm } from "../parts/confirm";
import { counted } from "../parts/format";
import { isActive, JobProgress } from "../parts/job";
import { can, studioUrl } from "../parts/project";
import type { RecordingsPage } from "./index";
import { RenameRecording } from "./rename";
import { SuggestFrames } from "./suggest";

type TableProps = RecordingsPage & { readonly recordings: readonly Recording[] };

const STATE: Readonly<Record<string, readonly [string, string]>> = {
  ready: ["ok", "ready"],
  pending: ["", "waiting"],
  ingesting: ["busy", "being read"],
  failed: ["bad", "failed"],
};

export function RecordingTable({ recordings, ...page }: TableProps): JSX.Element {
  const doomed = useSignal<Recording | null>(null);
  const renamed = useSignal<Recording | null>(null);
  if (recordings.length === 0) {
    return (
      <div class="empty">
        <b>No recordings yet.</b>
        <p>
          {can(page.props, "manage_data")
            ? "Choose a folder or file of the server above, upload a video, or bring a DeepLabCut project."
            : "A manager of the project has to add one before there is anything to see."}
        </p>
      </div>
    );
  }
  return (
    <>
      <div class="scroll-x">
        <table>
          <thead>
            <tr>
              <th>
                <span class="visually-hidden">picture</span>
              </th>
              <th>recording</th>
              <th>state</th>
              <th class="num">frames</th>
              <th class="num spare">size</th>
              <th class="num spare">rate</th>
              <th>
                <span class="visually-hidden">actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {recordings.map((recording) => (
              <Fragment key={recording.id}>
                {recording.videos.map((video, at) => (
                  <VideoRow
                    key={video.id}
                    {...page}
                    recording={recording}
                    video={video}
                    onRename={at === 0 ? () => (renamed.value = recording) : null}
                    onDelete={at === 0 ? () => (doomed.value = recording) : null}
                  />
                ))}
              </Fragment>
            ))}
          </tbody>
        </table>
      </div>
      {renamed.value && (
        <RenameRecording {...page} recording={renamed.value} onClose={() => (renamed.value = null)} />
      )}
      {doomed.value && (
        <DeleteRecording {...page} recording={doomed.value} onClose={() => (doomed.value = null)} />
      )}
    </>
  );
}

interface RowProps extends RecordingsPage {
  readonly recording: Recording;
  readonly video: Video;
  readonly onRename: (() => void) | null;
  readonly onDelete: (() => void) | null;
}

function VideoRow({ api, feed, props, recording, video, onRename, onDelete }: RowProps): JSX.Element {
  const [tone, words] = STATE[video.state] ?? ["", video.state];
  const ready = video.state === "ready";
  const job = ingestJob([...feed.jobs.value.values()], video.id);
  const name = recording.videos.length > 1 ? `${recording.name} · ${video.view}` : recording.name;
  return (
    <tr>
      <td class="thumb-cell">
        <span class="shot thumb">
          {video.poster_url && <img src={video.poster_url} alt="" loading="lazy" />}
        </span>
      </td>
      <td class="wide-cell">
        {ready ? <a href={studioUrl(props.urls, video.id)}>{name}</a> : name}
        {job && isActive(job) && <JobProgress job={job} />}
        {ready && can(props, "label") && <SuggestFrames api={api} feed={feed} props={props} video={video} />}
        {video.state === "failed" && (
          <div class="note bad small">
            <p>{video.failure || "It could not be read."}</p>
            <p>The source file was not touched. Mend it, delete this entry and add it again.</p>
          </div>
        )}
      </td>
      <td>
        <span class={`pill ${tone}`}>{words}</span>
      </td>
      <td class="num">{ready ? counted(video.frame_count, "frame") : "–"}</td>
      <td class="num spare">{ready ? `${video.width} × ${video.height}` : "–"}</td>
      <td class="num spare">{ready && video.fps ? `${Number(video.fps.toFixed(2))} /s` : "–"}</td>
      <td class="num">
        <span class="actions end">
          {ready && (
            <a class="btn small" href={studioUrl(props.urls, video.id)}>
              Open
            </a>
          )}
          {onRename && can(props, "manage_data") && (
            <button
              type="button"
              class="btn small quiet"
              onClick={onRename}
              aria-label={`Rename ${recording.name}`}
            >
              Rename
            </button>
          )}
          {onDelete && can(props, "manage_data") && (
            <button
              type="button"
              class="btn small quiet danger"
              onClick={onDelete}
              aria-label={`Delete ${recording.name}`}
            >
              Delete
            </button>
          )}
        </span>
      </td>
    </tr>
  );
}

function ingestJob(jobs: readonly JobState[], videoId: number): JobState | undefined {
  return jobs.find((job) => job.kind === "video.ingest" && job.params.video_id === videoId);
}

interface DeleteProps extends RecordingsPage {
  readonly recording: Recording;
  readonly onClose: () => void;
}

function DeleteRecording({ api, recording, refresh, onClose }: DeleteProps): JSX.Element {
  const remove = async () => {
    await api.DELETE("/api/v1/recordings/{recording_id}", {
      params: { path: { recording_id: recording.id } },
    });
    await refresh();
  };
  return (
    <Confirm title={`Delete ${recording.name}?`} verb="Delete recording" onConfirm={remove} onClose={onClose}>
      <p>
        Its labels and predictions go with it and cannot be brought back. Files that were registered in place
        stay where they are; uploaded files are removed. Models that were trained with its labels stay.
      </p>
    </Confirm>
  );
}
