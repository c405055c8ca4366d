import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { bodyOf } from "../../api/client";
import type { FolderFile } from "../../api/types";
import { type Action, Failure, useAction } from "../parts/action";
import { counted } from "../parts/format";
import type { RecordingsPage } from "./index";

/** One folder whose videos may come in together: the button and the outcome stand in different places. */
export interface FolderOfVideos {
  readonly action: Action;
  readonly files: Signal<readonly FolderFile[] | null>;
  readonly register: () => Promise<void>;
}

export function useFolderOfVideos({ api, props, refresh }: RecordingsPage, path: string): FolderOfVideos {
  const action = useAction();
  const files = useSignal<readonly FolderFile[] | null>(null);
  const register = () =>
    action.run(async () => {
      files.value = null;
      files.value = await bodyOf(
        api.POST("/api/v1/projects/{project_id}/recordings/folder", {
          params: { path: { project_id: props.projectId } },
          body: { path },
        }),
      );
      await refresh();
    });
  return { action, files, register };
}

export function RegisterVideos({
  folder,
  children,
}: {
  readonly folder: FolderOfVideos;
  readonly children: string;
}): JSX.Element {
  const busy = folder.action.busy.value;
  return (
    <button
      type="button"
      class="btn small push"
      disabled={busy}
      onClick={() => void folder.register()}
      title="Each video becomes a recording of its own, called as its file."
    >
      {busy ? "Registering …" : children}
    </button>
  );
}

/** What came in, and what did not and why, file by file. */
export function FolderOutcome({ folder }: { readonly folder: FolderOfVideos }): JSX.Element {
  const files = folder.files.value ?? [];
  const refused = files.filter(({ problem }) => problem !== null);
  const taken = files.length - refused.length;
  return (
    <>
      <Failure of={folder.action.error} />
      {taken > 0 && (
        <p class="note ok small" role="status">
          {taken === 1 ? "1 video is" : `${taken} videos are`} registered and being read.
        </p>
      )}
      {refused.length > 0 && (
        <div class="note warn small" role="status">
          <p>{counted(refused.length, "file")} left out:</p>
          <ul>
            {refused.map(({ file, problem }) => (
              <li key={file}>
                <b>{file}</b>: {problem}
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}
