import { useSignal } from "@preact/signals";
import { Fragment, type JSX } from "preact";
import type { Recording } from "../../api/types";
import { Confirm } from "../parts/confirm";
import { can } from "../parts/project";
import { GroupRow } from "./groupRow";
import type { RecordingsPage } from "./index";
import { RenameRecording } from "./rename";
import { RecordingSetup } from "./setup";
import { VideoRow } from "./videoRow";

type TableProps = RecordingsPage & { readonly list: readonly Recording[] };

/** What can be done to a recording as a whole. */
export interface RecordingActions {
  readonly open: boolean;
  readonly onSetup: () => void;
  readonly onRename: () => void;
  readonly onDelete: () => void;
}

export function RecordingTable({ list, ...page }: TableProps): JSX.Element {
  const doomed = useSignal<Recording | null>(null);
  const renamed = useSignal<Recording | null>(null);
  const open = useSignal<ReadonlySet<number>>(new Set());
  if (list.length === 0) return <NoRecordings manage={can(page.props, "manage_data")} />;
  const actionsOf = (recording: Recording): RecordingActions => ({
    open: open.value.has(recording.id),
    onSetup: () => {
      const next = new Set(open.value);
      if (!next.delete(recording.id)) next.add(recording.id);
      open.value = next;
    },
    onRename: () => {
      renamed.value = recording;
    },
    onDelete: () => {
      doomed.value = recording;
    },
  });
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
              <th>
                <span class="visually-hidden">actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {list.map((recording) => (
              <RecordingRows
                key={recording.id}
                {...page}
                recording={recording}
                actions={actionsOf(recording)}
              />
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

type RowsProps = RecordingsPage & { readonly recording: Recording; readonly actions: RecordingActions };

/** One row for a recording of one view; a heading and a row a view for one of several. */
function RecordingRows({ recording, actions, ...page }: RowsProps): JSX.Element {
  const manage = can(page.props, "manage_data");
  const several = recording.videos.length > 1;
  return (
    <Fragment>
      {several && <GroupRow {...page} recording={recording} actions={manage ? actions : null} />}
      {recording.videos.map((video) => (
        <VideoRow
          key={video.id}
          {...page}
          recording={recording}
          video={video}
          actions={manage && !several ? actions : null}
        />
      ))}
      {actions.open && manage && (
        <tr class="setup-row">
          <td colSpan={5}>
            <RecordingSetup {...page} recording={recording} />
          </td>
        </tr>
      )}
    </Fragment>
  );
}

function NoRecordings({ manage }: { readonly manage: boolean }): JSX.Element {
  return (
    <div class="empty">
      <b>No recordings yet.</b>
      <p>
        {manage
          ? "Choose a folder or file of the server above, upload a video, or bring a project of another tool."
          : "A manager of the project has to add one before there is anything to see."}
      </p>
    </div>
  );
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
