import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Recording } from "../../api/types";
import { Failure, useAction } from "../parts/action";
import type { RecordingsPage } from "./index";

interface RenameProps extends Pick<RecordingsPage, "api" | "refresh"> {
  readonly recording: Recording;
  readonly onClose: () => void;
}

/** Asks for another name; labels, predictions and files stay as they are. */
export function RenameRecording({ api, refresh, recording, onClose }: RenameProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const action = useAction();
  const name = useSignal(recording.name);
  useEffect(() => dialog.current?.showModal(), []);
  const rename = (event: Event) => {
    event.preventDefault();
    void action.run(async () => {
      await api.PATCH("/api/v1/recordings/{recording_id}", {
        params: { path: { recording_id: recording.id } },
        body: { name: name.value },
      });
      await refresh();
      onClose();
    });
  };
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="rename-title">
      <form class="stack tight" onSubmit={rename}>
        <h2 id="rename-title">Rename {recording.name}</h2>
        <div class="field">
          <label for="rename-name">Name</label>
          <input
            id="rename-name"
            value={name.value}
            required
            maxLength={120}
            onInput={(event) => {
              name.value = event.currentTarget.value;
            }}
          />
        </div>
        <Failure of={action.error} />
        <div class="actions">
          <button type="submit" class="btn primary" disabled={action.busy.value || !name.value.trim()}>
            {action.busy.value ? "Renaming …" : "Rename"}
          </button>
          <button type="button" class="btn" onClick={onClose}>
            Keep the name
          </button>
        </div>
      </form>
    </dialog>
  );
}
