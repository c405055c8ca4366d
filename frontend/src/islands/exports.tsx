import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { bodyOf } from "../api/client";
import type { ExportFile, FileFormat } from "../api/types";
import { Failure, useAction } from "./parts/action";
import { type ChoiceOption, Choices } from "./parts/choices";
import { Confirm } from "./parts/confirm";
import { ago, bytes } from "./parts/format";
import { isActive, JobButtons, JobError, JobProgress } from "./parts/job";
import { mayDelete } from "./parts/project";
import type { ResultsPage } from "./results";

/** Kinds of job that end in a file of the list. */
const MAKES_FILES: ReadonlySet<string> = new Set(["project.export", "pose.film"]);

type What = "labels" | "predictions";

/** The kinds of export of one thing, each with its sentence or why it cannot be. */
export function exportOptions(formats: readonly FileFormat[], what: What): ChoiceOption<string>[] {
  return formats.flatMap((format) => {
    const written = format[what];
    if (!written) return [];
    return [{ key: written.kind, name: format.title, hint: written.summary, misfit: written.misfit }];
  });
}

interface ExportDialogProps extends Pick<ResultsPage, "api" | "feed" | "props"> {
  readonly title: string;
  readonly what: What;
  readonly formats: readonly FileFormat[];
  readonly resultId?: number;
  readonly onClose: () => void;
}

/** Asks for the format, then starts the job that writes it. */
export function ExportDialog({
  api,
  feed,
  props,
  title,
  what,
  formats,
  resultId,
  onClose,
}: ExportDialogProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const kind = useSignal("");
  const action = useAction();
  useEffect(() => dialog.current?.showModal(), []);
  const start = () =>
    action.run(async () => {
      const job = await bodyOf(
        api.POST("/api/v1/projects/{project_id}/exports", {
          params: { path: { project_id: props.projectId } },
          body: { kind: kind.value, ...(resultId === undefined ? {} : { result_id: resultId }) },
        }),
      );
      feed.put(job);
      onClose();
    });
  return (
    <dialog ref={dialog} class="wide" onClose={onClose} aria-labelledby="export-title">
      <form
        class="stack tight"
        onSubmit={(event) => {
          event.preventDefault();
          void start();
        }}
      >
        <h2 id="export-title">{title}</h2>
        <Choices wide name="format" legend="Format" options={exportOptions(formats, what)} of={kind} />
        <p class="dim small">The file is made in the background and then stands under Files to download.</p>
        <Failure of={action.error} />
        <div class="actions">
          <button type="submit" class="btn primary" disabled={action.busy.value || kind.value === ""}>
            {action.busy.value ? "Starting …" : "Export"}
          </button>
          <button type="button" class="btn" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
}

/** Exports that run or failed, and the files that are there. */
export function Exports({
  exports,
  formats,
  ...page
}: ResultsPage & {
  readonly exports: readonly ExportFile[];
  readonly formats: readonly FileFormat[];
}): JSX.Element {
  const { api, feed, props, refresh } = page;
  const exporting = useSignal(false);
  const jobs = [...feed.jobs.value.values()].filter(
    (job) => MAKES_FILES.has(job.kind) && (isActive(job) || job.state === "failed"),
  );
  return (
    <section class="card stack tight">
      <div class="card-head">
        <h2>Files to download</h2>
        <span class="dim small">
          DeepLabCut, SLEAP, COCO, NWB, tables: as each tool reads them; and labelled videos.
        </span>
      </div>
      <div class="actions">
        <button
          type="button"
          class="btn"
          onClick={() => {
            exporting.value = true;
          }}
        >
          Export the labels …
        </button>
        <span class="dim small">Predictions: press Export or Labelled video beside a result above.</span>
      </div>
      {exporting.value && (
        <ExportDialog
          {...{ api, feed, props, formats }}
          title="Export the labels"
          what="labels"
          onClose={() => {
            exporting.value = false;
          }}
        />
      )}
      {jobs.map((job) => (
        <div key={job.id} class="stack hair">
          <div class="row">
            <span>{job.label}</span>
            <span class="actions push">
              <JobButtons api={api} feed={feed} job={job} props={props} />
            </span>
          </div>
          <JobProgress job={job} />
          <JobError job={job} />
        </div>
      ))}
      {exports.length > 0 && (
        <div class="scroll-x">
          <table>
            <tbody>
              {exports.map((file) => (
                <ExportRow key={file.id} api={api} props={props} refresh={refresh} file={file} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function ExportRow({
  api,
  props,
  refresh,
  file,
}: Pick<ResultsPage, "api" | "props" | "refresh"> & { readonly file: ExportFile }): JSX.Element {
  const deleting = useSignal(false);
  const remove = async () => {
    await api.DELETE("/api/v1/exports/{export_id}", { params: { path: { export_id: file.id } } });
    await refresh();
  };
  return (
    <tr>
      <td>{file.title}</td>
      <td class="dim">{file.filename}</td>
      <td class="num dim">{bytes(file.size_bytes)}</td>
      <td class="num dim">{ago(file.created_at)}</td>
      <td class="num">
        <span class="actions end">
          <a class="btn small" href={file.download_url} download>
            Download
          </a>
          {mayDelete(props, file) && (
            <button
              type="button"
              class="btn small quiet danger"
              onClick={() => {
                deleting.value = true;
              }}
            >
              Delete
            </button>
          )}
        </span>
        {deleting.value && (
          <Confirm
            title={`Delete ${file.filename}?`}
            verb="Delete file"
            onConfirm={remove}
            onClose={() => {
              deleting.value = false;
            }}
          >
            <p>Only this file goes. It can be made again from its labels or predictions.</p>
          </Confirm>
        )}
      </td>
    </tr>
  );
}
