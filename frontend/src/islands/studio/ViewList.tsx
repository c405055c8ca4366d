import type { Studio } from "./controller";
import { Icon } from "./icons";
import { Section } from "./Section";
import type { ViewState } from "./state";

/** What is decided and what is missing of the active animal, by view; and which views are shown. */
export function ViewList({ studio }: { studio: Studio }) {
  const { state } = studio;
  const { absent } = state.recording;
  if (state.views.length + absent.length === 1) return null;
  const animal = state.project.animals.find(({ id }) => id === state.activeAnimal.value);
  return (
    <Section title={animal === undefined ? "Views" : `Views · ${animal.name}`}>
      <ul data-testid="views">
        {state.views.map((view) => (
          <ViewRow key={view.name} studio={studio} view={view} />
        ))}
        {absent.map(({ view, words }) => (
          <li key={view} class="st-view-row" title={words}>
            <span class="st-row faint">
              <span class="st-name">{view}</span>
              <span class="dim">not ready</span>
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function ViewRow({ studio, view }: { studio: Studio; view: ViewState }) {
  const { state } = studio;
  void state.labelsVersion.value; // here: a row whose properties are the same is not drawn with its list
  const shown = state.visible.value.includes(view);
  return (
    <li class="st-view-row">
      <button
        type="button"
        class={shown ? "st-row" : "st-row faint"}
        aria-pressed={state.active.value === view}
        data-view-row={view.name}
        onClick={() => studio.activate(view)}
      >
        <span class="st-name">{view.name}</span>
        <span class="dim">{missingWords(studio, view)}</span>
      </button>
      <button
        type="button"
        class="st-button icon small"
        aria-pressed={shown}
        aria-label={shown ? `Hide ${view.name}` : `Show ${view.name}`}
        title={shown ? "Hide this view" : "Show this view"}
        disabled={shown && state.visible.value.length === 1}
        onClick={() => studio.views.toggle(view)}
      >
        <Icon name={shown ? "shown" : "hidden"} />
      </button>
    </li>
  );
}

function missingWords({ state, labelling }: Studio, view: ViewState): string {
  const frame = state.frameOf(view);
  if (frame === null) return "no frame";
  if (view.labelsRead.value !== "known") return "…";
  const values = labelling.values(frame, state.activeAnimal.value, view.video.id);
  const missing = values.filter(({ visibility }) => visibility === "unlabelled").length;
  if (missing === 0) return "complete";
  return missing === values.length ? "no labels" : `${missing} missing`;
}
