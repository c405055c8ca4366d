import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { bodyOf } from "../../api/client";
import type { Recording, View } from "../../api/types";
import { Failure, useAction } from "../parts/action";
import type { RecordingsPage } from "./index";
import { endsOf, tickOf } from "./words";

/** The offsets as a person is changing them, and where they are typed. */
export interface Offsets {
  readonly field: (view: View) => JSX.Element;
  /** Ticks by view, or null while a field holds no whole number. */
  readonly wanted: Readonly<Record<string, number>> | null;
  readonly changed: boolean;
  readonly reset: () => void;
}

export function useOffsets(recording: Recording): Offsets {
  const typed = useSignal<Readonly<Record<string, string>>>({});
  const textOf = ({ view, offset_ticks }: View) => typed.value[view] ?? String(offset_ticks ?? "");
  const rows = recording.videos.map((view): [string, number | null] => {
    // A view that is still being read has no frames to be placed, and starts with the earliest.
    const text = textOf(view);
    return [view.view, text === "" && view.state !== "ready" ? 0 : tickOf(text)];
  });
  const field = (view: View) => (
    <input
      class="offset-field"
      inputMode="numeric"
      aria-label={`Tick of the first frame of ${view.view}`}
      aria-invalid={textOf(view) !== "" && tickOf(textOf(view)) === null}
      placeholder={recording.sync_source === "table" ? "by table" : "0"}
      value={textOf(view)}
      onInput={(event) => {
        typed.value = { ...typed.value, [view.view]: event.currentTarget.value };
      }}
    />
  );
  const whole = rows.every((row): row is [string, number] => row[1] !== null);
  return {
    field,
    wanted: whole ? (Object.fromEntries(rows) as Record<string, number>) : null,
    changed: Object.keys(typed.value).length > 0,
    reset: () => {
      typed.value = {};
    },
  };
}

interface SyncProps extends RecordingsPage {
  readonly recording: Recording;
  readonly offsets: Offsets;
}

interface Body {
  readonly offsets?: Record<string, number>;
  readonly table?: Record<string, unknown>;
}

/** How the views share the clock: offsets from the fields above, a table from a file, or nothing. */
export function SyncSettings({ recording, offsets, api, refresh }: SyncProps): JSX.Element {
  const action = useAction();
  const file = useRef<HTMLInputElement>(null);
  const pasted = useSignal("");
  const save = (read: () => Promise<Body> | Body) =>
    action.run(async () => {
      await bodyOf(
        api.PUT("/api/v1/recordings/{recording_id}/sync", {
          params: { path: { recording_id: recording.id } },
          body: await read(),
        }),
      );
      offsets.reset();
      pasted.value = "";
      await refresh();
    });
  const wanted = offsets.wanted;
  const ends = endsOf(recording);
  return (
    <div class="stack hair">
      <p class="small">
        {SAID[recording.sync_source]} {ends && <span class="dim">{ends}</span>}
      </p>
      <div class="actions">
        <button
          type="button"
          class="btn small primary"
          disabled={action.busy.value || !offsets.changed || !wanted}
          onClick={() => wanted && save(() => ({ offsets: { ...wanted } }))}
        >
          Save offsets
        </button>
        <button
          type="button"
          class="btn small"
          disabled={action.busy.value || recording.sync_source === "aligned"}
          onClick={() => save(() => ({}))}
        >
          All start together
        </button>
        <button
          type="button"
          class="btn small"
          disabled={action.busy.value}
          onClick={() => file.current?.click()}
        >
          Load a sync table (JSON)
        </button>
        <input
          ref={file}
          type="file"
          class="visually-hidden"
          tabIndex={-1}
          aria-label="Sync table"
          accept=".json,application/json"
          onChange={(event) => {
            const field = event.currentTarget;
            const chosen = field.files?.[0];
            if (chosen)
              void save(async () => ({ table: tableOf(await chosen.text()) })).finally(() => {
                field.value = "";
              });
          }}
        />
      </div>
      <details>
        <summary class="small">Paste a sync table</summary>
        <div class="stack hair spaced">
          <textarea
            class="mono small"
            aria-label="Sync table as JSON"
            placeholder={EXAMPLE}
            value={pasted.value}
            onInput={(event) => {
              pasted.value = event.currentTarget.value;
            }}
          />
          <div class="actions">
            <button
              type="button"
              class="btn small"
              disabled={action.busy.value || !pasted.value.trim()}
              onClick={() => save(() => ({ table: tableOf(pasted.value) }))}
            >
              Use this table
            </button>
            <span class="dim small">For each view the runs [first tick, first frame, length].</span>
          </div>
        </div>
      </details>
      <Failure of={action.error} />
    </div>
  );
}

const SAID = {
  aligned: "All views start together: frame 0 of each is shown at tick 0.",
  offsets: "Each view starts at its own tick; the earliest starts the clock.",
  table: "A sync table says which frame of each view is shown at each tick. Saving offsets replaces it.",
} as const;

const EXAMPLE = '{"ticks": 1000, "views": {"top": [[0, 0, 1000]], "side": [[3, 0, 400], [404, 400, 596]]}}';

/** Parsed, or an error in plain words; what it means is for the server to check. */
export function tableOf(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("This is not JSON. Nothing was changed.");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error('A sync table is an object with "ticks" and "views". Nothing was changed.');
  return value as Record<string, unknown>;
}
