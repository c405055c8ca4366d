import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { bodyOf } from "../../api/client";
import type { Recording } from "../../api/types";
import type { Resource } from "../parts/resource";
import { fileName } from "./drafts";
import type { RecordingsPage } from "./index";

/** What files become: each a recording, all views of a new one, or views of the one with this id. */
export type As = "own" | "together" | number;

/** What one file becomes when all its bytes are there. */
export interface Place {
  readonly recording_id?: number;
  readonly name?: string;
  readonly view?: string;
  /** The first file that arrives makes the recording, the others join it. */
  readonly joins?: boolean;
}

export function useUploadAs(): Signal<As> {
  return useSignal<As>("own");
}

interface UploadAsProps {
  readonly as: Signal<As>;
  readonly recordings: Resource<readonly Recording[]>;
}

export function UploadAs({ as, recordings }: UploadAsProps): JSX.Element {
  return (
    <label class="row">
      <span>Each file is</span>
      <select
        class="short"
        value={String(as.value)}
        onChange={(event) => {
          const { value } = event.currentTarget;
          as.value = value === "own" || value === "together" ? value : Number(value);
        }}
      >
        <option value="own">a recording of its own</option>
        <option value="together">a view of one new recording</option>
        {(recordings.value.value ?? []).map(({ id, name }) => (
          <option key={id} value={String(id)}>
            a view of {name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Where each file goes; names of views come from the server, which knows how the lab names its files. */
export async function placesOf(
  { api, props }: Pick<RecordingsPage, "api" | "props">,
  as: As,
  files: readonly File[],
): Promise<readonly Place[]> {
  if (as === "own" || files.length === 0) return files.map(() => ({}));
  if (typeof as === "number")
    return files.map(({ name }) => ({
      recording_id: as,
      view: fileName(name)
        .replace(/\.[^.]+$/, "")
        .slice(0, 80),
    }));
  const [proposal] = await bodyOf(
    api.POST("/api/v1/projects/{project_id}/recordings/proposal", {
      params: { path: { project_id: props.projectId } },
      body: { names: files.map(({ name }) => name) },
    }),
  );
  const views = new Map(proposal?.views.map(({ path, view }) => [path, view]));
  return files.map(({ name }) => ({
    joins: true,
    name: proposal?.name ?? "",
    view: views.get(name) ?? "",
  }));
}
