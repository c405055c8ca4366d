import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { bodyOf } from "../../api/client";
import type { GroupOutcome } from "../../api/types";
import { Failure, useAction } from "../parts/action";
import { counted } from "../parts/format";
import {
  type AskedRecording,
  askedOf,
  changedView,
  complaintOf,
  type Draft,
  draftsOf,
  fileName,
  renamed,
} from "./drafts";
import type { RecordingsPage } from "./index";

/** Files of the server as recordings with views: shown first, changed by hand, then registered. */
export interface Proposed {
  readonly drafts: Signal<readonly Draft[] | null>;
  readonly outcomes: Signal<readonly GroupOutcome[] | null>;
  readonly action: ReturnType<typeof useAction>;
  readonly ask: (of: { folder: string } | { paths: string[] }) => Promise<void>;
  readonly close: () => void;
}

export function useProposal({ api, props }: RecordingsPage): Proposed {
  const drafts = useSignal<readonly Draft[] | null>(null);
  const outcomes = useSignal<readonly GroupOutcome[] | null>(null);
  const action = useAction();
  const ask = (of: { folder: string } | { paths: string[] }) =>
    action.run(async () => {
      outcomes.value = null;
      const found = await bodyOf(
        api.POST("/api/v1/projects/{project_id}/recordings/proposal", {
          params: { path: { project_id: props.projectId } },
          body: of,
        }),
      );
      drafts.value = draftsOf(found);
    });
  const close = () => {
    drafts.value = null;
  };
  return { drafts, outcomes, action, ask, close };
}

/** The proposal, open to changes, and what became of it. */
export function ProposalPanel({
  proposed,
  ...page
}: RecordingsPage & { readonly proposed: Proposed }): JSX.Element {
  const drafts = proposed.drafts.value;
  return (
    <>
      <Failure of={proposed.action.error} />
      {drafts && <Editor {...page} proposed={proposed} drafts={drafts} />}
      {proposed.outcomes.value && <Outcomes of={proposed.outcomes.value} />}
    </>
  );
}

interface EditorProps extends RecordingsPage {
  readonly proposed: Proposed;
  readonly drafts: readonly Draft[];
}

function Editor({ proposed, drafts, api, props, refresh }: EditorProps): JSX.Element {
  const asked = drafts.map(askedOf).filter((row): row is AskedRecording => row !== null);
  const complaint = drafts.map(complaintOf).find((words) => words !== null) ?? null;
  const busy = proposed.action.busy.value;
  const register = () =>
    proposed.action.run(async () => {
      proposed.outcomes.value = await bodyOf(
        api.POST("/api/v1/projects/{project_id}/recordings/groups", {
          params: { path: { project_id: props.projectId } },
          body: { recordings: asked },
        }),
      );
      proposed.close();
      await refresh();
    });
  return (
    <section class="card stack tight" aria-label="Recordings to register">
      <div class="card-head">
        <h2>{counted(asked.length, "recording")} to register</h2>
        <span class="dim small">Nothing is done yet. Names come from the files; change what is wrong.</span>
      </div>
      <ul class="list scroll-y">
        {drafts.map((draft, at) => (
          <DraftLine key={draft.views[0]?.path} proposed={proposed} draft={draft} at={at} />
        ))}
      </ul>
      {complaint && <p class="note warn small">{complaint}</p>}
      <div class="actions">
        <button
          type="button"
          class="btn primary"
          disabled={busy || asked.length === 0 || complaint !== null}
          onClick={register}
        >
          {busy ? "Registering …" : `Register ${counted(asked.length, "recording")}`}
        </button>
        <button type="button" class="btn" onClick={proposed.close}>
          Leave it
        </button>
      </div>
    </section>
  );
}

interface DraftLineProps {
  readonly proposed: Proposed;
  readonly draft: Draft;
  readonly at: number;
}

function DraftLine({ proposed, draft, at }: DraftLineProps): JSX.Element {
  const change = (drafts: readonly Draft[]) => {
    proposed.drafts.value = drafts;
  };
  const all = proposed.drafts.value ?? [];
  return (
    <li class="stack hair">
      <input
        class="title-field"
        aria-label="Name of the recording"
        value={draft.name}
        maxLength={120}
        onInput={(event) => change(renamed(all, at, event.currentTarget.value))}
      />
      <ul class="views">
        {draft.views.map((view, j) => (
          <li key={view.path} class="row">
            <input
              type="checkbox"
              aria-label={`Take ${fileName(view.path)}`}
              checked={view.wanted}
              disabled={view.problem !== null}
              onChange={(event) => change(changedView(all, at, j, { wanted: event.currentTarget.checked }))}
            />
            <input
              class="view-field"
              aria-label={`View of ${fileName(view.path)}`}
              value={view.view}
              maxLength={80}
              disabled={!view.wanted}
              onInput={(event) => change(changedView(all, at, j, { view: event.currentTarget.value }))}
            />
            <span class={view.wanted ? "clip small" : "clip small dim"}>{fileName(view.path)}</span>
            {view.problem && <span class="pill warn">{view.problem}</span>}
          </li>
        ))}
      </ul>
    </li>
  );
}

function Outcomes({ of }: { readonly of: readonly GroupOutcome[] }): JSX.Element {
  const refused = of.filter(({ problem }) => problem !== null);
  const taken = of.length - refused.length;
  return (
    <>
      {taken > 0 && (
        <p class="note ok small" role="status">
          {counted(taken, "recording")} registered; each view is being read.
        </p>
      )}
      {refused.length > 0 && (
        <div class="note warn small" role="status">
          <p>{counted(refused.length, "recording")} left out:</p>
          <ul>
            {refused.map(({ name, problem }) => (
              <li key={name}>
                <b>{name}</b>: {problem}
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}
