import type { JSX } from "preact";
import type { Recording } from "../../api/types";
import { studioUrl } from "../parts/project";
import type { RecordingsPage } from "./index";
import { RecordingButtons } from "./recordingButtons";
import type { RecordingActions } from "./table";
import { fitOf, summaryOf } from "./words";

interface GroupRowProps extends Pick<RecordingsPage, "props"> {
  readonly recording: Recording;
  readonly actions: RecordingActions | null;
}

/** The heading over the views of one recording: how they run together, and whether they are calibrated. */
export function GroupRow({ props, recording, actions }: GroupRowProps): JSX.Element {
  const fit = fitOf(recording.calibration);
  const lost = recording.videos.filter(({ sync_problem }) => sync_problem !== null).length;
  const first = recording.videos.find(({ state }) => state === "ready");
  const open = first && (
    <a class="btn small" href={studioUrl(props.urls, first.id)} aria-label={`Open ${recording.name}`}>
      Open
    </a>
  );
  return (
    <tr class="group-row">
      <td colSpan={5}>
        <div class="row">
          <b>{recording.name}</b>
          <span class="dim small">{summaryOf(recording)}</span>
          <span class={`pill ${fit.tone}`} title={fit.problems.join("\n") || undefined}>
            {fit.words}
          </span>
          {lost > 0 && (
            <span class="pill warn">{lost === 1 ? "1 view" : `${lost} views`} not on the clock</span>
          )}
          <span class="push">
            {actions ? (
              <RecordingButtons recording={recording} actions={actions}>
                {open}
              </RecordingButtons>
            ) : (
              open
            )}
          </span>
        </div>
      </td>
    </tr>
  );
}
