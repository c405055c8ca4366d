import type { Signal } from "@preact/signals";
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { bodyOf } from "../../api/client";
import type { Recording } from "../../api/types";
import { Failure, useAction } from "../parts/action";
import { counted } from "../parts/format";
import { fileName } from "./drafts";
import type { RecordingsPage } from "./index";
import type { Proposed } from "./proposal";

interface ChosenProps extends RecordingsPage {
  readonly chosen: Signal<readonly string[]>;
  readonly proposed: Proposed;
  readonly said: Signal<string | null>;
}

/** What to do with the files that are ticked: one new recording of them, or views of one that is here. */
export function ChosenFiles({ chosen, proposed, said, ...page }: ChosenProps): JSX.Element | null {
  const target = useSignal("");
  const action = useAction();
  const paths = chosen.value;
  if (paths.length === 0) return null;
  const known = page.recordings.value.value ?? [];
  const recording = known.find(({ id }) => String(id) === target.value);
  const add = () =>
    recording ? action.run(() => join(page, recording, chosen, said)) : proposed.ask({ paths: [...paths] });
  return (
    <div class="stack hair">
      <div class="row">
        <span>{counted(paths.length, "file")} chosen as views of</span>
        <select
          class="short"
          aria-label="Recording that the files are views of"
          value={target.value}
          onChange={(event) => {
            target.value = event.currentTarget.value;
          }}
        >
          <option value="">one new recording</option>
          {known.map(({ id, name }) => (
            <option key={id} value={String(id)}>
              {name}
            </option>
          ))}
        </select>
        <button
          type="button"
          class="btn small primary"
          disabled={action.busy.value || proposed.action.busy.value}
          onClick={() => void add()}
        >
          {recording ? "Add" : "Name the views …"}
        </button>
        <button
          type="button"
          class="link small"
          onClick={() => {
            chosen.value = [];
          }}
        >
          Choose none
        </button>
      </div>
      <Failure of={action.error} />
    </div>
  );
}

/** Adds one file after the other; those that are in leave the choice, so that what was refused stays ticked. */
async function join(
  page: RecordingsPage,
  recording: Recording,
  chosen: Signal<readonly string[]>,
  said: Signal<string | null>,
): Promise<void> {
  const count = chosen.value.length;
  try {
    for (const path of chosen.value) {
      const view = fileName(path).replace(/\.[^.]+$/, "");
      await bodyOf(
        page.api.POST("/api/v1/recordings/{recording_id}/views", {
          params: { path: { recording_id: recording.id } },
          body: { view: view.slice(0, 80), path },
        }),
      );
      chosen.value = chosen.value.filter((other) => other !== path);
    }
    said.value = `${recording.name} has ${counted(count, "view")} more; change their names under “Views and sync”.`;
  } finally {
    await page.refresh();
  }
}
