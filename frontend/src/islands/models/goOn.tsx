import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Model } from "../../api/types";
import { counted } from "../parts/format";
import { holdoutWords } from "../parts/model";

/** The model that training goes on from; null to start anew. */
export type Start = Signal<number | null>;

export const useStart = (): Start => useSignal<number | null>(null);

const COSTS: Readonly<Record<string, string>> = {
  default: "A minute or two on a processor",
  fast: "About a minute on a processor",
  tiny: "Seconds",
};

/** Trained models of one network that find the keypoints of the project as it is now, newest first. */
export function goOnModels(models: readonly Model[], keypoints: readonly string[]): Model[] {
  return models.filter(
    (model) =>
      model.state === "ready" &&
      (model.config.members ?? 1) === 1 &&
      model.keypoints.length === keypoints.length &&
      model.keypoints.every((name, place) => name === keypoints[place]),
  );
}

/** What is sent: a training that goes on keeps the size, the kind and the held-out frames of its model. */
export function withStart<
  Body extends { readonly name?: string; readonly seed: number; readonly minutes?: number },
>(
  start: Start,
  body: Body,
): Body | { readonly start_from: number; readonly seed: number; name?: string; minutes?: number } {
  if (start.value === null) return body;
  return {
    start_from: start.value,
    seed: body.seed,
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(body.minutes === undefined ? {} : { minutes: body.minutes }),
  };
}

interface GoOnProps {
  readonly models: readonly Model[];
  readonly labelled: number;
  readonly of: Start;
}

/** Start anew, or go on from a model; nothing where there is none to go on from. */
export function GoOn({ models, labelled, of }: GoOnProps): JSX.Element | null {
  const newest = models[0];
  if (!newest) return null;
  const chosen = models.find(({ id }) => id === of.value);
  const shown = chosen ?? newest;
  return (
    <fieldset class="stack hair">
      <legend>Begin</legend>
      <div class="choices">
        <label class="choice">
          <input
            type="radio"
            name="start"
            checked={!chosen}
            onChange={() => {
              of.value = null;
            }}
          />
          <b>Anew</b>
          <span class="hint">
            Learns everything from the labels alone. What a comparison of models wants.
          </span>
        </label>
        <label class="choice">
          <input
            type="radio"
            name="start"
            checked={Boolean(chosen)}
            onChange={() => {
              of.value = shown.id;
            }}
          />
          <b>Go on from {shown.name}</b>
          <span class="hint">
            {COSTS[shown.preset] ?? "About a third of the time"}: a third of the steps, from where it stands.{" "}
            {newLabels(shown, labelled)}
          </span>
        </label>
      </div>
      {chosen && <Kept model={chosen} />}
      {chosen && models.length > 1 && (
        <div class="field">
          <label for="start-model">Another model to go on from</label>
          <select
            id="start-model"
            value={chosen.id}
            onChange={(event) => {
              of.value = Number(event.currentTarget.value);
            }}
          >
            {models.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </div>
      )}
    </fieldset>
  );
}

function newLabels(model: Model, labelled: number): string {
  const more = labelled - model.snapshot.frame_count;
  if (more > 0) return `${counted(more, "frame")} labelled since then.`;
  return "No frame was labelled since then: of use where labels were corrected.";
}

/** What cannot be chosen then, and why the figure stays honest. */
function Kept({ model }: { readonly model: Model }): JSX.Element {
  return (
    <p class="note">
      It keeps the preset {model.preset}
      {model.holdout === "none"
        ? " and, as nothing was held out, has no test figure: every label of these recordings is learned."
        : ` and what ${model.name} was tested on (${holdoutWords(model.holdout)}). New labels in those stretches of
           time are tested on too, all others are learned; a recording that is new is divided in the same way.`}
    </p>
  );
}
