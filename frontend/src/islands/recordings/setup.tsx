import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { bodyOf } from "../../api/client";
import type { Recording, View } from "../../api/types";
import { Failure, useAction } from "../parts/action";
import { Confirm } from "../parts/confirm";
import { ChooseCalibration } from "./calibration";
import type { RecordingsPage } from "./index";
import { ChooseSession } from "./session";
import { SyncSettings, useOffsets } from "./sync";

type SetupProps = RecordingsPage & { readonly recording: Recording };

/** Views, sync, calibration and recording session of one recording, below its line in the table. */
export function RecordingSetup({ recording, ...page }: SetupProps): JSX.Element {
  const doomed = useSignal<View | null>(null);
  const action = useAction();
  const offsets = useOffsets(recording);
  const views = recording.videos;
  const several = views.length > 1;
  const order = (from: number, to: number) =>
    action.run(async () => {
      const ids = views.map(({ video_id }) => video_id);
      ids.splice(to, 0, ...ids.splice(from, 1));
      await page.api.PUT("/api/v1/recordings/{recording_id}/views/order", {
        params: { path: { recording_id: recording.id } },
        body: { video_ids: ids },
      });
      await page.refresh();
    });
  return (
    <div class="setup stack tight">
      <div class="scroll-x">
        <table class="plain">
          <thead>
            <tr>
              <th>view</th>
              {several && <th>first frame at tick</th>}
              <th>
                <span class="visually-hidden">actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {views.map((view, at) => (
              <tr key={view.id}>
                <td class="view-cell">
                  <ViewName {...page} view={view} />
                </td>
                {several && <td class="offset-cell">{offsets.field(view)}</td>}
                <td class="num">
                  <span class="actions end">
                    {several && (
                      <>
                        <Move name={view.view} up onPress={at > 0 ? () => order(at, at - 1) : null} />
                        <Move
                          name={view.view}
                          onPress={at < views.length - 1 ? () => order(at, at + 1) : null}
                        />
                        <button
                          type="button"
                          class="btn small quiet danger"
                          aria-label={`Remove view ${view.view}`}
                          onClick={() => {
                            doomed.value = view;
                          }}
                        >
                          Remove
                        </button>
                      </>
                    )}
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Failure of={action.error} />
      {several ? (
        <SyncSettings {...page} recording={recording} offsets={offsets} />
      ) : (
        <p class="dim small">
          One view. To add another, tick its file under “From the server” and choose this recording, or upload
          it as a view of this recording.
        </p>
      )}
      <ChooseCalibration {...page} recording={recording} />
      <ChooseSession {...page} recording={recording} />
      {doomed.value && (
        <RemoveView
          {...page}
          recording={recording}
          view={doomed.value}
          onClose={() => {
            doomed.value = null;
          }}
        />
      )}
    </div>
  );
}

interface ViewNameProps extends RecordingsPage {
  readonly view: View;
}

/**
 * The name of a view, saved when the field is left or Enter is pressed. Each has an action of its own, so that
 * several can be saved at once; one that is being saved takes no other name.
 */
function ViewName({ api, refresh, view }: ViewNameProps): JSX.Element {
  const action = useAction();
  const save = (field: HTMLInputElement) => {
    const name = field.value.trim();
    if (name === view.view) return;
    void action.run(async () => {
      try {
        await bodyOf(
          api.PATCH("/api/v1/videos/{video_id}", {
            params: { path: { video_id: view.video_id } },
            body: { view: name },
          }),
        );
      } catch (error) {
        field.value = view.view;
        throw error;
      }
      await refresh();
    });
  };
  return (
    <>
      <input
        aria-label={`Name of view ${view.view}`}
        defaultValue={view.view}
        key={view.view}
        maxLength={80}
        readOnly={action.busy.value}
        onBlur={(event) => save(event.currentTarget)}
        onKeyDown={(event) => {
          if (event.key === "Enter") save(event.currentTarget);
          if (event.key === "Escape" && !action.busy.value) event.currentTarget.value = view.view;
        }}
      />
      <Failure of={action.error} />
    </>
  );
}

interface MoveProps {
  readonly name: string;
  readonly up?: boolean;
  readonly onPress: (() => Promise<void>) | null;
}

function Move({ name, up = false, onPress }: MoveProps): JSX.Element {
  return (
    <button
      type="button"
      class="btn small quiet"
      disabled={!onPress}
      aria-label={`Move view ${name} ${up ? "up" : "down"}`}
      onClick={() => void onPress?.()}
    >
      {up ? "↑" : "↓"}
    </button>
  );
}

type RemoveProps = SetupProps & { readonly view: View; readonly onClose: () => void };

function RemoveView({ api, refresh, recording, view, onClose }: RemoveProps): JSX.Element {
  const remove = async () => {
    await api.DELETE("/api/v1/videos/{video_id}", { params: { path: { video_id: view.video_id } } });
    await refresh();
  };
  return (
    <Confirm
      title={`Remove view ${view.view} of ${recording.name}?`}
      verb="Remove view"
      onConfirm={remove}
      onClose={onClose}
    >
      <p>
        Its labels and predictions go with it and cannot be brought back. The other views stay as they are,
        and so does a file that was registered in place; an uploaded file is removed.
      </p>
    </Confirm>
  );
}
