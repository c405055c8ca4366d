import { type ReadonlySignal, type Signal, signal as state, useComputed } from "@preact/signals";
import type { JSX } from "preact";
import type { Api } from "../api/client";
import { bodyOf } from "../api/client";
import type { IslandContext } from "./context";
import { Failure, useAction } from "./parts/action";
import { counted } from "./parts/format";
import { show } from "./parts/page";
import {
  DEEPLABCUT,
  guessSymmetric,
  namesOf,
  PRESETS,
  pairsOf,
  type SkeletonPreset,
  textOfPairs,
} from "./presets";

interface NewProjectProps {
  /** With SLUG where the slug goes. */
  readonly recordingsUrl: string;
}

interface Draft {
  readonly name: Signal<string>;
  readonly description: Signal<string>;
  readonly preset: Signal<string>;
  readonly keypoints: Signal<string>;
  readonly edges: Signal<string>;
  readonly symmetric: Signal<string>;
  readonly rear: Signal<string>;
  readonly front: Signal<string>;
}

export function mount(root: HTMLElement, { api, signal, props }: IslandContext<NewProjectProps>): void {
  show(root, signal, <NewProject api={api} draft={emptyDraft()} {...props} />);
}

function emptyDraft(): Draft {
  const draft: Draft = {
    name: state(""),
    description: state(""),
    preset: state(""),
    keypoints: state(""),
    edges: state(""),
    symmetric: state(""),
    rear: state(""),
    front: state(""),
  };
  const first = PRESETS[0];
  if (first) fill(draft, first);
  return draft;
}

function fill(draft: Draft, preset: SkeletonPreset): void {
  draft.preset.value = preset.key;
  draft.keypoints.value = preset.keypoints.join("\n");
  draft.edges.value = textOfPairs(preset.edges);
  draft.symmetric.value = textOfPairs(preset.symmetric);
  draft.rear.value = preset.heading?.[0] ?? "";
  draft.front.value = preset.heading?.[1] ?? "";
}

/** The reasons why this draft makes no skeleton; empty where it does. */
function faultsOf(
  names: readonly string[],
  edges: readonly string[],
  symmetric: readonly string[],
): string[] {
  const faults: string[] = [];
  const repeated = [...new Set(names.filter((name, at) => names.indexOf(name) !== at))];
  if (names.length === 0) faults.push("Write at least one keypoint.");
  if (repeated.length > 0) faults.push(`Written twice: ${repeated.join(", ")}.`);
  for (const line of edges) faults.push(`Lines between points: '${line}' is not two different keypoints.`);
  for (const line of symmetric) faults.push(`Left and right: '${line}' is not two different keypoints.`);
  return faults;
}

function NewProject({
  api,
  draft,
  recordingsUrl,
}: NewProjectProps & { api: Api; draft: Draft }): JSX.Element {
  const action = useAction();
  const names = useComputed(() => namesOf(draft.keypoints.value));
  const edges = pairsOf(draft.edges.value, names.value);
  const symmetric = pairsOf(draft.symmetric.value, names.value);
  const faults = faultsOf(names.value, edges.wrong, symmetric.wrong);
  const fromDeepLabCut = draft.preset.value === DEEPLABCUT;
  const create = (event: Event) => {
    event.preventDefault();
    void action.run(async () => {
      const [rear, front] = [draft.rear.value, draft.front.value];
      const axis = names.value.includes(rear) && names.value.includes(front) && rear !== front;
      const project = await bodyOf(
        api.POST("/api/v1/projects", {
          body: {
            name: draft.name.value.trim(),
            description: draft.description.value.trim(),
            keypoints: names.value,
            edges: edges.pairs,
            symmetric: symmetric.pairs,
            heading: axis ? [rear, front] : null,
          },
        }),
      );
      window.location.assign(recordingsUrl.replace("SLUG", project.slug));
    });
  };
  return (
    <form class="stack" onSubmit={create}>
      <section class="card fields">
        <TextField label="Name" of={draft.name} placeholder="Open field, cohort 3" required />
        <TextField label="What it is about" of={draft.description} placeholder="optional" />
      </section>
      <section class="card stack tight">
        <h2>Keypoints</h2>
        <PresetChoice draft={draft} />
        {fromDeepLabCut ? (
          <p class="note">
            Create the project, then import the other tool’s folder or a zip of it on the next page:
            keypoints, videos and labels come together. Until then the project holds one point named “body”.
          </p>
        ) : (
          <SkeletonFields draft={draft} names={names} />
        )}
      </section>
      {faults.length > 0 && draft.keypoints.value && (
        <ul class="note warn" role="status">
          {faults.map((fault) => (
            <li key={fault}>{fault}</li>
          ))}
        </ul>
      )}
      <Failure of={action.error} />
      <div class="actions">
        <button
          type="submit"
          class="btn primary"
          disabled={action.busy.value || faults.length > 0 || !draft.name.value.trim()}
        >
          {action.busy.value
            ? "Creating …"
            : fromDeepLabCut
              ? "Create, then import"
              : `Create with ${counted(names.value.length, "keypoint")}`}
        </button>
        <a class="btn" href="/">
          Back
        </a>
      </div>
    </form>
  );
}

function PresetChoice({ draft }: { readonly draft: Draft }): JSX.Element {
  return (
    <fieldset class="choices">
      <legend class="visually-hidden">Start from</legend>
      {PRESETS.map((preset) => (
        <label key={preset.key} class="choice">
          <input
            type="radio"
            name="preset"
            checked={draft.preset.value === preset.key}
            onChange={() => fill(draft, preset)}
          />
          <b>{preset.name}</b>
          <span class="hint">{preset.hint}</span>
        </label>
      ))}
    </fieldset>
  );
}

interface SkeletonFieldsProps {
  readonly draft: Draft;
  readonly names: ReadonlySignal<string[]>;
}

function SkeletonFields({ draft, names }: SkeletonFieldsProps): JSX.Element {
  const guess = () => {
    draft.symmetric.value = textOfPairs(guessSymmetric(names.value));
  };
  return (
    <>
      <div class="fields pair">
        <Lines
          label="Names, one a line"
          hint="In the order in which you want to click them."
          of={draft.keypoints}
        />
        <Lines
          label="Lines between points"
          hint="Drawn over the video: one pair a line, a → b."
          of={draft.edges}
        />
      </div>
      <div class="fields pair">
        <div class="field">
          <Lines
            label="Left and right"
            hint="Pairs that change places in a mirror; training needs them."
            of={draft.symmetric}
            short
          />
          <button type="button" class="link small" onClick={guess}>
            Find them by name
          </button>
        </div>
        <div class="fields">
          <NameChoice label="Body axis from" of={draft.rear} names={names.value} />
          <NameChoice label="Body axis to" of={draft.front} names={names.value} />
        </div>
      </div>
    </>
  );
}

interface FieldProps {
  readonly label: string;
  readonly of: Signal<string>;
}

function TextField({
  label,
  of,
  placeholder,
  required,
}: FieldProps & { placeholder: string; required?: boolean }): JSX.Element {
  const id = `new-${label.toLowerCase().replaceAll(" ", "-")}`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        value={of.value}
        placeholder={placeholder}
        required={required ?? false}
        maxLength={120}
        onInput={(event) => {
          of.value = event.currentTarget.value;
        }}
      />
    </div>
  );
}

function Lines({ label, hint, of, short }: FieldProps & { hint: string; short?: boolean }): JSX.Element {
  const id = `new-${label.toLowerCase().replaceAll(/[ ,]+/g, "-")}`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <span class="hint" id={`${id}-hint`}>
        {hint}
      </span>
      <textarea
        id={id}
        rows={short ? 4 : 9}
        spellcheck={false}
        aria-describedby={`${id}-hint`}
        value={of.value}
        onInput={(event) => {
          of.value = event.currentTarget.value;
        }}
      />
    </div>
  );
}

function NameChoice({ label, of, names }: FieldProps & { names: readonly string[] }): JSX.Element {
  const id = `new-${label.toLowerCase().replaceAll(" ", "-")}`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={names.includes(of.value) ? of.value : ""}
        onChange={(event) => {
          of.value = event.currentTarget.value;
        }}
      >
        <option value="">none</option>
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}
