import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { bodyOf } from "../../api/client";
import type { Calibration } from "../../api/types";
import { Failure, useAction } from "../parts/action";
import { Confirm } from "../parts/confirm";
import { counted, pixels } from "../parts/format";
import { can } from "../parts/project";
import { Loaded } from "../parts/resource";
import type { RecordingsPage } from "./index";

const ACCEPT = ".json,.toml,application/json,application/toml";
/** Files of Anipose name no unit; millimetres where nothing is said. */
const UNITS = [
  { mm: 1, name: "mm" },
  { mm: 10, name: "cm" },
  { mm: 1000, name: "m" },
] as const;

/** Calibrations of the project: what each holds, what is wrong with it, who uses it. */
export function Calibrations(page: RecordingsPage): JSX.Element {
  const manage = can(page.props, "manage_data");
  const doomed = useSignal<Calibration | null>(null);
  return (
    <section class="card" id="calibrations">
      <div class="card-head">
        <h2>Calibrations</h2>
        {manage && <BringCalibration {...page} />}
      </div>
      <Loaded of={page.calibrations} what="the calibrations">
        {(list) =>
          list.length === 0 ? (
            <NoCalibrations manage={manage} />
          ) : (
            <ul class="list">
              {list.map((row) => (
                <CalibrationLine
                  key={row.id}
                  calibration={row}
                  onDelete={manage ? () => (doomed.value = row) : null}
                />
              ))}
            </ul>
          )
        }
      </Loaded>
      {doomed.value && (
        <DeleteCalibration {...page} calibration={doomed.value} onClose={() => (doomed.value = null)} />
      )}
    </section>
  );
}

function NoCalibrations({ manage }: { readonly manage: boolean }): JSX.Element {
  return (
    <div class="empty">
      <b>No calibration yet.</b>
      <p>
        3D needs one: where each camera stands and how its lens bends.{" "}
        {manage
          ? "Load a calibration file above; a rendered recording brings its own."
          : "A manager of the project has to load one."}
      </p>
    </div>
  );
}

/** One file, read as text and checked by the server. */
function BringCalibration({ api, props, calibrations }: RecordingsPage): JSX.Element {
  const action = useAction();
  const input = useRef<HTMLInputElement>(null);
  const unit = useSignal(1);
  const bring = (file: File) =>
    action.run(async () => {
      await bodyOf(
        api.POST("/api/v1/projects/{project_id}/calibrations", {
          params: { path: { project_id: props.projectId } },
          // Our own files are in millimetres and say so.
          body: {
            filename: file.name,
            text: await file.text(),
            ...(file.name.toLowerCase().endsWith(".toml") ? { unit_mm: unit.value } : {}),
          },
        }),
      );
      await calibrations.refresh();
    });
  return (
    <div class="stack hair">
      <div class="row">
        <label class="row tight small dim">
          Unit of an Anipose file
          <select
            class="short"
            value={String(unit.value)}
            onChange={(event) => {
              unit.value = Number(event.currentTarget.value);
            }}
          >
            {UNITS.map(({ mm, name }) => (
              <option key={mm} value={String(mm)}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          class="btn small"
          disabled={action.busy.value}
          onClick={() => input.current?.click()}
        >
          {action.busy.value ? "Reading …" : "Load a calibration file"}
        </button>
      </div>
      <input
        ref={input}
        type="file"
        class="visually-hidden"
        tabIndex={-1}
        aria-label="Calibration file"
        accept={ACCEPT}
        onChange={(event) => {
          const field = event.currentTarget;
          const file = field.files?.[0];
          if (file)
            void bring(file).finally(() => {
              field.value = "";
            });
        }}
      />
      <Failure of={action.error} />
    </div>
  );
}

interface LineProps {
  readonly calibration: Calibration;
  readonly onDelete: (() => void) | null;
}

function CalibrationLine({ calibration, onDelete }: LineProps): JSX.Element {
  const { name, cameras, source_title, warnings, reprojection_error_px, same_cameras, same_as, recordings } =
    calibration;
  return (
    <li class="stack hair">
      <div class="row">
        <b>{name}</b>
        <span class="dim small">
          {counted(cameras.length, "camera")}: {cameras.map((camera) => camera.name).join(", ")}
        </span>
        {onDelete && (
          <button
            type="button"
            class="btn small quiet danger push"
            aria-label={`Delete calibration ${name}`}
            onClick={onDelete}
          >
            Delete
          </button>
        )}
      </div>
      <p class="dim small">
        {source_title} · {sizesOf(calibration)} · {errorOf(reprojection_error_px)} ·{" "}
        {recordings.length === 0
          ? "no recording uses it"
          : `used by ${recordings.map((recording) => recording.name).join(", ")}`}
      </p>
      {warnings.map((words) => (
        <p key={words} class="dim small">
          {words}
        </p>
      ))}
      {same_cameras.map(([a, b]) => (
        <p key={`${a} ${b}`} class="note warn small">
          Cameras {a} and {b} stand in one place and look one way: at least one of them is wrong. Calibrate
          again before you trust 3D made with it.
        </p>
      ))}
      {same_as.length > 0 && (
        <p class="note warn small">It holds the very same cameras as {same_as.join(", ")}; one is enough.</p>
      )}
    </li>
  );
}

function errorOf(px: number | null): string {
  return px === null ? "its file states no reprojection error" : `reprojection error ${pixels(px)}`;
}

/** "640 × 480 px", or each camera's own where they differ. */
export function sizesOf({ cameras }: Pick<Calibration, "cameras">): string {
  const sizes = cameras.map(({ width, height }) => `${width} × ${height} px`);
  if (new Set(sizes).size === 1) return sizes[0] ?? "";
  return cameras.map(({ name }, at) => `${name} ${sizes[at]}`).join(", ");
}

interface DeleteProps extends RecordingsPage {
  readonly calibration: Calibration;
  readonly onClose: () => void;
}

function DeleteCalibration({ api, calibration, calibrations, refresh, onClose }: DeleteProps): JSX.Element {
  const used = calibration.recordings.map(({ name }) => name).join(", ");
  const remove = async () => {
    await api.DELETE("/api/v1/calibrations/{calibration_id}", {
      params: { path: { calibration_id: calibration.id } },
    });
    await Promise.all([calibrations.refresh(), refresh()]);
  };
  return (
    <Confirm
      title={`Delete calibration ${calibration.name}?`}
      verb="Delete calibration"
      onConfirm={remove}
      onClose={onClose}
    >
      <p>
        {used ? `${used} will have no calibration then. ` : ""}The file that it was loaded from stays where it
        is. While 3D results were made with it, it cannot be deleted.
      </p>
    </Confirm>
  );
}
