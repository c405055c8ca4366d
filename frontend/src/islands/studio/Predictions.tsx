import type { Studio } from "./controller";
import { Section } from "./Section";

/** Which predictions lie over the picture, and which of them are good enough to take over. */
export function Predictions({ studio }: { studio: Studio }) {
  const { state } = studio;
  void state.predictionsVersion.value;
  const results = state.results.value;
  const suggested = studio.suggestedGhosts.size;
  if (results.length === 0 && suggested === 0) {
    return (
      <Section title="Predictions">
        <p class="dim st-text">
          None of this video yet. Train a model, then run it on this recording, or ask it for frames to label.
        </p>
      </Section>
    );
  }
  const { ghostsOnSuggested } = state.active.value;
  const chosen = state.resultId.value;
  const value = chosen !== null ? String(chosen) : ghostsOnSuggested.value && suggested > 0 ? SUGGESTED : "";
  return (
    <Section title="Predictions">
      <select
        class="st-select"
        aria-label="Result to show"
        value={value}
        onChange={(event) => {
          const { value } = event.currentTarget;
          studio.chooseResult(value === "" ? null : value === SUGGESTED ? SUGGESTED : Number(value));
        }}
      >
        <option value="">Show none</option>
        {suggested > 0 && <option value={SUGGESTED}>On suggested frames ({suggested})</option>}
        {results.map((result) => (
          <option key={result.id} value={String(result.id)} disabled={result.framesDone === 0}>
            {result.modelName}
            {result.state === "ready" ? "" : ` (${result.state}, ${result.framesDone} frames)`}
          </option>
        ))}
      </select>
      {value !== "" && <Accepting studio={studio} />}
    </Section>
  );
}

const SUGGESTED = "suggested";

function Accepting({ studio }: { studio: Studio }) {
  const { state } = studio;
  void state.labelsVersion.value;
  void state.predictionsVersion.value;
  const acceptable = studio.labelling.acceptable()?.length ?? null;
  const threshold = state.threshold.value;
  return (
    <>
      <label class="st-slider">
        <span>Confidence at least</span>
        <output>{threshold.toFixed(2)}</output>
        <input
          type="range"
          aria-label="Confidence at least"
          min="0.05"
          max="1"
          step="0.01"
          value={threshold}
          onInput={(event) => {
            state.threshold.value = Number(event.currentTarget.value);
          }}
        />
      </label>
      {state.project.canLabel && (
        <>
          <button type="button" class="st-row" disabled={!acceptable} onClick={() => studio.accept()}>
            <span class="st-name">
              Accept {acceptable ?? "…"} above <b>{threshold.toFixed(2).replace(/^0/, "")}</b>
            </span>
            <kbd>A</kbd>
          </button>
          <button
            type="button"
            class="st-row"
            disabled={!acceptable}
            title="Accept, and go to the next frame to label where nothing is left open here"
            onClick={() => studio.run({ do: "accept-next" })}
          >
            <span class="st-name">Accept and go on</span>
            <kbd>Shift A</kbd>
          </button>
        </>
      )}
    </>
  );
}
