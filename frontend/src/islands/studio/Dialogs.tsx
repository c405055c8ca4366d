import { useEffect, useRef } from "preact/hooks";
import type { LabelConflict } from "../../labels/types";
import type { Studio } from "./controller";
import { Icon } from "./icons";
import { HELP } from "./keys";
import { valueWords } from "./words";

export function Help({ studio }: { studio: Studio }) {
  const { helpOpen } = studio.state;
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (helpOpen.value) dialog.current?.showModal();
  }, [helpOpen.value]);
  if (!helpOpen.value) return null;
  const close = (): void => {
    helpOpen.value = false;
  };
  return (
    <dialog ref={dialog} class="st-help" aria-labelledby="st-help-title" onClose={close}>
      <div class="st-help-head">
        <h2 id="st-help-title">Keys</h2>
        <button
          type="button"
          class="st-button icon"
          aria-label="Close"
          onClick={() => dialog.current?.close()}
        >
          <Icon name="close" />
        </button>
      </div>
      <div class="st-help-groups">
        {HELP.map((group) => (
          <section key={group.title}>
            <h3>{group.title}</h3>
            <dl>
              {group.rows.map(([keys, meaning]) => (
                <div key={meaning}>
                  <dt>
                    {keys.map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dt>
                  <dd>{meaning}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </dialog>
  );
}

function ConflictRow({ studio, conflict }: { studio: Studio; conflict: LabelConflict }) {
  const { operation, theirs } = conflict;
  const { names } = studio.state.project.skeleton;
  return (
    <li data-testid="conflict">
      <button type="button" class="st-link" onClick={() => studio.goTo(operation.frame_index)}>
        {names[operation.keypoint] ?? "keypoint"} · frame {operation.frame_index}
      </button>
      <button type="button" class="st-button" onClick={() => studio.resolve(operation.uuid, "mine")}>
        Mine: {valueWords(operation.change)}
      </button>
      <button type="button" class="st-button" onClick={() => studio.resolve(operation.uuid, "theirs")}>
        Theirs: {valueWords(theirs)}
      </button>
    </li>
  );
}

/** What needs a choice or a word; over the picture, out of the way of the work. */
export function Notices({ studio }: { studio: Studio }) {
  const { conflicts, notes } = studio.state;
  return (
    <div class="st-notices">
      {conflicts.value.length > 0 && (
        <section class="st-notice bad" role="alertdialog" aria-label="Conflicts">
          <p>
            <b>Somebody else changed the same keypoint.</b> Both values are safe; choose which one stays.
            Everything else goes on being saved.
          </p>
          <ul>
            {conflicts.value.map((conflict) => (
              <ConflictRow key={conflict.operation.uuid} studio={studio} conflict={conflict} />
            ))}
          </ul>
        </section>
      )}
      <div aria-live="polite">
        {notes.value.map((note) => (
          <p key={note.id} class={`st-notice ${note.tone}`} data-testid="note">
            <span>{note.words}</span>
            <button
              type="button"
              class="st-button icon"
              aria-label="Dismiss"
              onClick={() => studio.dismiss(note.id)}
            >
              <Icon name="close" />
            </button>
          </p>
        ))}
      </div>
    </div>
  );
}
