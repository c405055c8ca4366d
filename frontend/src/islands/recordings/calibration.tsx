import type { JSX } from "preact";
import { bodyOf } from "../../api/client";
import type { Recording } from "../../api/types";
import { Failure, useAction } from "../parts/action";
import type { RecordingsPage } from "./index";
import { fitOf } from "./words";

type ChooseProps = RecordingsPage & { readonly recording: Recording };

/** Which calibration a recording uses, and view by view what does not fit. */
export function ChooseCalibration({ recording, api, calibrations, refresh }: ChooseProps): JSX.Element {
  const action = useAction();
  const known = calibrations.value.value ?? [];
  const used = recording.calibration;
  const { problems } = fitOf(used);
  const choose = (value: string) =>
    action.run(async () => {
      await bodyOf(
        api.PUT("/api/v1/recordings/{recording_id}/calibration", {
          params: { path: { recording_id: recording.id } },
          body: { calibration_id: value ? Number(value) : null },
        }),
      );
      await refresh();
    });
  return (
    <div class="stack hair">
      <div class="row">
        <span aria-hidden="true">Calibration</span>
        <select
          class="short"
          aria-label={`Calibration of ${recording.name}`}
          value={used ? String(used.id) : ""}
          disabled={action.busy.value || known.length === 0}
          onChange={(event) => void choose(event.currentTarget.value)}
        >
          <option value="">none</option>
          {known.map(({ id, name }) => (
            <option key={id} value={String(id)}>
              {name}
            </option>
          ))}
        </select>
        {known.length === 0 && <span class="dim small">Add one under “Calibrations” below.</span>}
        {used && problems.length === 0 && <span class="dim small">Every view has its camera.</span>}
      </div>
      {problems.length > 0 && (
        <div class="note warn small">
          <ul>
            {problems.map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
          <p>
            Views that fit can be used. Cameras are found by the name of the view: rename a view to match.
          </p>
        </div>
      )}
      <Failure of={action.error} />
    </div>
  );
}
