import type { JSX } from "preact";
import type { Recording } from "../../api/types";
import type { RecordingActions } from "./table";

interface ButtonsProps {
  readonly recording: Recording;
  readonly actions: RecordingActions;
  readonly children?: JSX.Element | false | undefined;
}

export function RecordingButtons({ recording, actions, children }: ButtonsProps): JSX.Element {
  return (
    <span class="actions end">
      {children}
      <button
        type="button"
        class="btn small quiet"
        onClick={actions.onSetup}
        aria-expanded={actions.open}
        aria-label={`Views and sync of ${recording.name}`}
      >
        Views and sync
      </button>
      <button
        type="button"
        class="btn small quiet"
        onClick={actions.onRename}
        aria-label={`Rename ${recording.name}`}
      >
        Rename
      </button>
      <button
        type="button"
        class="btn small quiet danger"
        onClick={actions.onDelete}
        aria-label={`Delete ${recording.name}`}
      >
        Delete
      </button>
    </span>
  );
}
