import type { Studio } from "./controller";
import type { Doubt } from "./model";
import { Section } from "./Section";
import { countWords, plainReason } from "./words";

/** Stretches in which the result over the active view is doubtful, and why; each leads to its worst frame. */
export function Doubtful({ studio }: { studio: Studio }) {
  const { state } = studio;
  const view = state.active.value;
  if (view.resultId.value === null) return null;
  const doubts = view.doubts.value;
  const failure = view.doubtsFailure.value;
  const here = state.presented.value;
  if (doubts === null) {
    return (
      <Section title="Doubtful stretches">
        {failure === null ? (
          <p class="dim st-text">Not known yet.</p>
        ) : (
          <p class="st-text" role="status">
            They could not be read. {failure}{" "}
            <button type="button" class="st-link" onClick={() => studio.retryDoubts()}>
              Try again
            </button>
          </p>
        )}
      </Section>
    );
  }
  const { stretches, total } = doubts;
  const more = total - stretches.length;
  return (
    <Section title={total > 0 ? `Doubtful stretches · ${countWords(total)}` : "Doubtful stretches"}>
      {total === 0 && <p class="dim st-text">The model is sure all along, and nothing jumps.</p>}
      {total > 0 && (
        <ul class="st-frames" data-testid="doubtful">
          {stretches.map((one) => (
            <li key={one.first}>
              <button
                type="button"
                class="st-row"
                aria-current={one.first <= here && here <= one.last ? "true" : undefined}
                title={doubtWords(one)}
                onClick={() => studio.goToFrame(view.video.id, one.worst)}
              >
                <span class="st-number">{one.worst}</span>
                <span class="st-name dim">{one.reasons.map(plainReason).join(", ")}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {more > 0 && <p class="dim st-text">The worst ones; {countWords(more)} milder ones are not listed.</p>}
    </Section>
  );
}

/** "Frames 120 to 134: the model is unsure of tail tip (0.12)". */
export function doubtWords({ first, last, reasons }: Doubt): string {
  const where = first === last ? `Frame ${first}` : `Frames ${first} to ${last}`;
  return `${where}: ${reasons.join(", ")}`;
}
