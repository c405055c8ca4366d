import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { bodyOf } from "../../api/client";
import type { Recording } from "../../api/types";
import { Failure, useAction } from "../parts/action";
import type { RecordingsPage } from "./index";

const NEW = "new";
const UNKNOWN = "unknown";

type SessionProps = RecordingsPage & { readonly recording: Recording };

/** The sitting that a recording belongs to: one that is known, a new one, or none. */
export function ChooseSession({ recording, sessions, ...page }: SessionProps): JSX.Element {
  const { api, props, refresh } = page;
  const action = useAction();
  const naming = useSignal<string | null>(null);
  const known = sessions.value.value ?? [];
  const mine = known.find(({ name }) => name === recording.session);
  // Not among those that were read: they could not be, or it was made since.
  const unknown = mine === undefined ? recording.session : null;
  const assign = async (id: number | null) => {
    await bodyOf(
      api.PUT("/api/v1/recordings/{recording_id}/session", {
        params: { path: { recording_id: recording.id } },
        body: { recording_session_id: id },
      }),
    );
    await refresh();
  };
  const choose = (value: string) => {
    naming.value = value === NEW ? "" : null;
    if (value !== NEW) void action.run(() => assign(value ? Number(value) : null));
  };
  const make = (event: Event) => {
    event.preventDefault();
    void action.run(async () => {
      const made = await bodyOf(
        api.POST("/api/v1/projects/{project_id}/recording-sessions", {
          params: { path: { project_id: props.projectId } },
          body: { name: naming.value ?? "" },
        }),
      );
      naming.value = null;
      await assign(made.id);
    });
  };
  return (
    <div class="stack hair">
      <div class="row">
        <span aria-hidden="true">Recording session</span>
        <select
          class="short"
          aria-label={`Recording session of ${recording.name}`}
          value={naming.value !== null ? NEW : unknown !== null ? UNKNOWN : String(mine?.id ?? "")}
          disabled={action.busy.value || sessions.value.value === null}
          onChange={(event) => choose(event.currentTarget.value)}
        >
          {unknown !== null && <option value={UNKNOWN}>{unknown}</option>}
          <option value="">none</option>
          {known.map(({ id, name }) => (
            <option key={id} value={String(id)}>
              {name}
            </option>
          ))}
          <option value={NEW}>a new one …</option>
        </select>
        {naming.value !== null && (
          <form class="row tight" onSubmit={make}>
            <input
              aria-label="Name of the new recording session"
              placeholder="Monday morning"
              maxLength={120}
              value={naming.value}
              onInput={(event) => {
                naming.value = event.currentTarget.value;
              }}
            />
            <button type="submit" class="btn small" disabled={action.busy.value || !naming.value.trim()}>
              Make it
            </button>
          </form>
        )}
      </div>
      <Failure of={sessions.error} />
      <Failure of={action.error} />
    </div>
  );
}
