import { useEffect, useRef } from "preact/hooks";
import type { HeldWork, WorkOf } from "../../labels/saveState";
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
  const { operation, mine, theirs } = conflict;
  const { project, views } = studio.state;
  const { animals, skeleton } = project;
  const view = views.find(({ video }) => video.id === operation.video_id);
  const which = views.length > 1 && view !== undefined ? ` of ${view.name}` : "";
  const animal = animals.find(({ id }) => id === operation.animal_id)?.name ?? "an animal";
  const keypoint = skeleton.names[operation.keypoint] ?? "keypoint";
  return (
    <li data-testid="conflict">
      <button
        type="button"
        class="st-link"
        onClick={() => studio.goToFrame(operation.video_id, operation.frame_index)}
      >
        {animal} · {keypoint} · frame {operation.frame_index}
        {which}
      </button>
      <button type="button" class="st-button" onClick={() => studio.resolve(operation.uuid, "mine")}>
        Mine: {valueWords(mine)}
      </button>
      <button type="button" class="st-button" onClick={() => studio.resolve(operation.uuid, "theirs")}>
        Theirs: {valueWords(theirs)}
      </button>
    </li>
  );
}

const changesWords = (count: number): string => `${count} change${count === 1 ? "" : "s"}`;

function OtherRecording({ page }: { page: string }) {
  return page === "" ? <>another recording</> : <a href={page}>another recording</a>;
}

/** Changes that the server turned away: kept until it takes them, or until somebody gives them up. */
function Held({ studio, work }: { studio: Studio; work: HeldWork }) {
  const changes = changesWords(work.count);
  const { views } = studio.state;
  const view = views.find(({ video }) => video.id === work.videoId);
  const here = views.length > 1 ? view?.name : "this recording";
  return (
    <section class="st-notice bad" role="alert" data-testid="held">
      <p>
        <b>
          The server does not take {changes} of{" "}
          {view === undefined ? <OtherRecording page={work.page} /> : here}.
        </b>{" "}
        {work.reason} They are kept until it does.
      </p>
      <div>
        <button type="button" class="st-button" onClick={() => studio.retrySaving()}>
          Try now
        </button>
      </div>
      <details>
        <summary>Give them up</summary>
        <button type="button" class="st-button" onClick={() => studio.discard(work.videoId)}>
          Discard {changes} for good
        </button>
      </details>
    </section>
  );
}

function Elsewhere({ work }: { work: WorkOf }) {
  return (
    <p class="st-notice bad" data-testid="elsewhere">
      <span>
        {changesWords(work.count)} of yours met somebody else's in <OtherRecording page={work.page} />; choose
        there which stay.
      </span>
    </p>
  );
}

/** What needs a choice or a word; over the picture, out of the way of the work. */
export function Notices({ studio }: { studio: Studio }) {
  const { conflicts, notes, save } = studio.state;
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
      {save.value.held.map((work) => (
        <Held key={work.videoId} studio={studio} work={work} />
      ))}
      {save.value.elsewhere.map((work) => (
        <Elsewhere key={work.videoId} work={work} />
      ))}
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
