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

/**
 * Where each file goes; names of views come from the server, which knows how the lab names its files.
 *
 * Throws before any byte is sent where a recording cannot take the files by their names.
 */
export async function placesOf(
  { api, props, recordings }: Pick<RecordingsPage, "api" | "props" | "recordings">,
  as: As,
  files: readonly File[],
): Promise<readonly Place[]> {
  if (as === "own" || files.length === 0) return files.map(() => ({}));
  if (typeof as === "number") {
    const views = files.map(({ name }) =>
      fileName(name)
        .replace(/\.[^.]+$/, "")
        .slice(0, 80),
    );
    requireFree(
      recordings.value.value?.find(({ id }) => id === as),
      views,
    );
    return views.map((view) => ({ recording_id: as, view }));
  }
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

/** The server looks again when the bytes are there; without this it would be the first to say so. */
function requireFree(recording: Recording | undefined, views: readonly string[]): void {
  const taken = new Set(recording?.videos.map(({ view }) => view.toLowerCase()));
  for (const view of views) {
    if (taken.has(view.toLowerCase()))
      throw new Error(
        `${recording?.name ?? "The recording"} would have two views named “${view}”. Rename the file, or the view that is there. Nothing was sent.`,
      );
    taken.add(view.toLowerCase());
  }
}
