import type { ComponentChildren } from "preact";
import { sideTint } from "../../canvas/palette";
import { isPlaced, type KeypointValue } from "../../labels/types";
import type { Studio } from "./controller";
import { Doubtful } from "./Doubtful";
import { KeypointTools } from "./KeypointTools";
import type { Animal } from "./model";
import { Predictions } from "./Predictions";
import { Section } from "./Section";
import { ViewList } from "./ViewList";
import { agoWords } from "./words";

function Animals({ studio }: { studio: Studio }) {
  const { state, labelling } = studio;
  const frame = state.presented.value;
  void state.labelsVersion.value;
  void state.predictionsVersion.value;
  const total = state.project.skeleton.names.length;
  const known = state.labelsRead.value === "known";
  const count = (animal: Animal): string => {
    if (!known) return "…";
    const placed = labelling
      .values(frame, animal.id)
      .filter((value) => value.visibility !== "unlabelled").length;
    const predicted = placed === 0 && state.showPredictions.value ? studio.predictedCount(frame, animal) : 0;
    return predicted > 0 ? `${predicted} predicted` : `${placed}/${total}`;
  };
  return (
    <Section title="Animals">
      <ul>
        {state.project.animals.map((animal) => (
          <li key={animal.id}>
            <button
              type="button"
              class="st-row"
              aria-pressed={animal.id === state.activeAnimal.value}
              onClick={() => labelling.choose(animal.id)}
            >
              <span class="st-dot" style={{ background: animal.colour }} />
              <span class="st-name">{animal.name}</span>
              {animal.slot < 9 && <kbd>{animal.slot + 1}</kbd>}
              <span class="dim">{count(animal)}</span>
            </button>
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** The mark that the keypoint has in the picture: disc visible, square guessed, ring undecided, cross absent. */
function Mark({ value, colour }: { value: KeypointValue; colour: string }) {
  const common = { stroke: "currentColor", "stroke-width": 1.2 };
  return (
    <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true" class="st-mark">
      {value.visibility === "visible" && (
        <circle cx="6" cy="6" r="4.5" fill={colour} {...common} stroke="none" />
      )}
      {value.visibility === "guessed" && <rect x="2" y="2" width="8" height="8" fill={colour} />}
      {value.visibility === "unlabelled" && <circle cx="6" cy="6" r="4" fill="none" {...common} />}
      {value.visibility === "absent" && <path d="m2.5 2.5 7 7m0-7-7 7" {...common} />}
    </svg>
  );
}

/** Says so where the labels of this video are not known; nothing can be changed until they are. */
function LabelsRead({ studio }: { studio: Studio }) {
  const read = studio.state.labelsRead.value;
  if (read === "known") return null;
  return (
    <p class="st-text" role="status">
      {read === "reading" ? (
        "Reading the labels of this video …"
      ) : (
        <>
          The labels could not be read.{" "}
          <button type="button" class="st-link" onClick={() => void studio.reads.failedLabels()}>
            Try again
          </button>
        </>
      )}
    </p>
  );
}

function Keypoints({ studio }: { studio: Studio }) {
  const { state, labelling } = studio;
  void state.labelsVersion.value;
  const animal = state.project.animals.find(({ id }) => id === state.activeAnimal.value);
  if (animal === undefined) return null;
  const values = labelling.values(state.presented.value, animal.id);
  const { names, sides } = state.project.skeleton;
  const armed = state.armed.value;
  void state.armedByHand.value;
  const next = labelling.clickTarget();
  const known = state.labelsRead.value === "known";
  const where = state.views.length > 1 ? ` · ${state.active.value.name}` : "";
  const words = (value: KeypointValue, isNext: boolean): string => {
    if (value.visibility !== "unlabelled") return value.visibility;
    return known && isNext ? "next" : "";
  };
  return (
    <Section title={`Keypoints · ${animal.name}${where}`}>
      {state.tick.value >= 0 && state.presented.value < 0 && (
        <p class="st-text">This view has no frame at this tick.</p>
      )}
      <ol>
        {names.map((name, k) => {
          const value = values[k];
          if (value === undefined) return null;
          const decided = value.visibility !== "unlabelled";
          return (
            <li key={name}>
              <button
                type="button"
                class={decided || k === armed || k === next ? "st-row" : "st-row faint"}
                aria-pressed={k === armed}
                data-keypoint={k}
                data-visibility={value.visibility}
                title={isPlaced(value) ? `x ${value.x.toFixed(2)}, y ${value.y.toFixed(2)} px` : undefined}
                onClick={() => labelling.arm(k)}
              >
                <Mark value={value} colour={sideTint(animal.colour, sides[k] ?? "middle")} />
                <span class="st-name">{name}</span>
                <span class={!decided && k === next ? "accent" : "dim"}>{words(value, k === next)}</span>
              </button>
            </li>
          );
        })}
      </ol>
      {state.project.canLabel ? (
        <KeypointTools studio={studio} />
      ) : (
        <p class="dim st-text">Your role lets you look, not label.</p>
      )}
    </Section>
  );
}

function History({ studio }: { studio: Studio }) {
  const lines = studio.state.history.value;
  const now = new Date();
  return (
    <Section title="History of this frame">
      {lines === null && <p class="dim st-text">Not known yet.</p>}
      {lines?.length === 0 && <p class="dim st-text">Nothing was labelled here.</p>}
      <ul class="st-history">
        {lines?.slice(0, 12).map((line) => (
          <li key={line.uuid} title={line.at.toLocaleString()}>
            {line.words} · {line.user} · {agoWords(line.at, now)}
          </li>
        ))}
        {lines !== null && lines.length > 12 && <li>{lines.length - 12} earlier changes</li>}
      </ul>
    </Section>
  );
}

export function Sidebar({ studio, children }: { studio: Studio; children?: ComponentChildren }) {
  return (
    <aside class="st-side" aria-label="Labels">
      <LabelsRead studio={studio} />
      <ViewList studio={studio} />
      {children}
      <Animals studio={studio} />
      <Keypoints studio={studio} />
      <Predictions studio={studio} />
      <Doubtful studio={studio} />
      <History studio={studio} />
    </aside>
  );
}
