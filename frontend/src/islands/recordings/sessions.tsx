import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { RecordingSession } from "../../api/types";
import { Confirm } from "../parts/confirm";
import { can } from "../parts/project";
import type { RecordingsPage } from "./index";

/** The sittings of the project and what belongs to each; nothing where there is none. */
export function Sessions(page: RecordingsPage): JSX.Element | null {
  const doomed = useSignal<RecordingSession | null>(null);
  const list = page.sessions.value.value ?? [];
  // A failed read is told where a recording chooses its session.
  if (list.length === 0) return null;
  const manage = can(page.props, "manage_data");
  return (
    <section class="card" id="recording-sessions">
      <h2>Recording sessions</h2>
      <ul class="list">
        {list.map((session) => (
          <li key={session.id} class="row">
            <b>{session.name}</b>
            <span class="dim small">{membersOf(page, session).join(", ") || "nothing belongs to it"}</span>
            {manage && (
              <button
                type="button"
                class="btn small quiet danger push"
                aria-label={`Delete recording session ${session.name}`}
                onClick={() => {
                  doomed.value = session;
                }}
              >
                Delete
              </button>
            )}
          </li>
        ))}
      </ul>
      {doomed.value && (
        <DeleteSession {...page} session={doomed.value} onClose={() => (doomed.value = null)} />
      )}
    </section>
  );
}

/** Names of the recordings and calibrations that belong to a session, as far as they were read. */
function membersOf({ recordings, calibrations }: RecordingsPage, { name }: RecordingSession): string[] {
  const all = [...(recordings.value.value ?? []), ...(calibrations.value.value ?? [])];
  return all.filter(({ session }) => session === name).map((member) => member.name);
}

interface DeleteProps extends RecordingsPage {
  readonly session: RecordingSession;
  readonly onClose: () => void;
}

function DeleteSession({ session, onClose, ...page }: DeleteProps): JSX.Element {
  const members = membersOf(page, session);
  const remove = async () => {
    await page.api.DELETE("/api/v1/recording-sessions/{recording_session_id}", {
      params: { path: { recording_session_id: session.id } },
    });
    await page.refresh();
  };
  return (
    <Confirm
      title={`Delete recording session ${session.name}?`}
      verb="Delete recording session"
      onConfirm={remove}
      onClose={onClose}
    >
      <p>
        {members.length > 0
          ? `${members.join(", ")} will belong to no recording session then.`
          : "No recording and no calibration belongs to it."}{" "}
        Recordings with their labels and results stay as they are, and so do calibrations.
      </p>
    </Confirm>
  );
}
