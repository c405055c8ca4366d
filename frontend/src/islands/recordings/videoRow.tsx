import type { JSX } from "preact";
import type { JobState } from "../../api/messages.gen";
import type { Recording, View } from "../../api/types";
import { counted } from "../parts/format";
import { isActive, JobProgress } from "../parts/job";
import { can, studioUrl } from "../parts/project";
import type { RecordingsPage } from "./index";
import { RecordingButtons } from "./recordingButtons";
import { SuggestFrames } from "./suggest";
import type { RecordingActions } from "./table";

const STATE: Readonly<Record<string, readonly [string, string]>> = {
  ready: ["ok", "ready"],
  pending: ["", "waiting"],
  ingesting: ["busy", "being read"],
  failed: ["bad", "failed"],
};

interface RowProps extends RecordingsPage {
  readonly recording: Recording;
  readonly video: View;
  readonly actions: RecordingActions | null;
}

/** One view: of a recording of several, by its own name; of one alone, by the recording's. */
export function VideoRow({ api, feed, props, recording, video, actions }: RowProps): JSX.Element {
  const [tone, words] = STATE[video.state] ?? ["", video.state];
  const ready = video.state === "ready";
  const job = ingestJob([...feed.jobs.value.values()], video.id);
  const several = recording.videos.length > 1;
  const name = several ? video.view : recording.name;
  const open = ready && (
    <a class="btn small" href={studioUrl(props.urls, video.id)}>
      Open
    </a>
  );
  return (
    <tr class={several ? "view-row" : undefined}>
      <td class="thumb-cell">
        <span class="shot thumb">
          {video.poster_url && <img src={video.poster_url} alt="" loading="lazy" />}
        </span>
      </td>
      <td class="wide-cell">
        {ready ? <a href={studioUrl(props.urls, video.id)}>{name}</a> : name}
        {video.offset_ticks ? <span class="dim small"> · starts at tick {video.offset_ticks}</span> : null}
        {job && isActive(job) && <JobProgress job={job} />}
        {ready && can(props, "label") && <SuggestFrames {...{ api, feed, props, video }} />}
        {video.state === "failed" && <Failed video={video} several={several} />}
        {video.sync_problem && <p class="note warn small">{video.sync_problem}</p>}
      </td>
      <td>
        <span class={`pill ${tone}`}>{words}</span>
      </td>
      <td class="num nowrap">
        {ready ? counted(video.frame_count, "frame") : "–"}
        {ready && <span class="dim small under">{pictureOf(video)}</span>}
      </td>
      <td class="num">
        {several ? null : actions ? (
          <RecordingButtons recording={recording} actions={actions}>
            {open}
          </RecordingButtons>
        ) : (
          <span class="actions end">{open}</span>
        )}
      </td>
    </tr>
  );
}

/** "640 × 480 · 30 /s"; folders of images have no rate. */
function pictureOf({ width, height, fps }: View): string {
  const rate = fps ? ` · ${Number(fps.toFixed(2))} /s` : "";
  return `${width} × ${height}${rate}`;
}

function Failed({ video, several }: { readonly video: View; readonly several: boolean }): JSX.Element {
  return (
    <div class="note bad small">
      <p>{video.failure || "It could not be read."}</p>
      <p>
        The source file was not touched.{" "}
        {several
          ? "The other views can be used. Mend the file, remove this view and add it again."
          : "Mend it, delete this entry and add it again."}
      </p>
    </div>
  );
}

function ingestJob(jobs: readonly JobState[], videoId: number): JobState | undefined {
  return jobs.find((job) => job.kind === "video.ingest" && job.params.video_id === videoId);
}
