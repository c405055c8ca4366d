import { isPlaced } from "../../labels/types";
import type { Studio } from "./controller";

const CHOICES = [
  ["visible", "Visible"],
  ["guessed", "Guessed"],
  ["absent", "Absent"],
] as const;

/** What the keys V, Shift V, Delete and C do, for a hand on a tablet. Speaks of the armed keypoint. */
export function KeypointTools({ studio }: { studio: Studio }) {
  const { state, labelling } = studio;
  void state.labelsVersion.value;
  const armed = state.armed.value;
  const value =
    armed === null ? undefined : labelling.values(state.presented.value, state.activeAnimal.value)[armed];
  const name = armed === null ? "" : (state.project.skeleton.names[armed] ?? "");
  const ready = value !== undefined && state.labelsRead.value === "known";
  return (
    <div class="st-keypoint-tools">
      <fieldset class="st-choice" aria-label={name === "" ? "Armed keypoint" : `Armed: ${name}`}>
        {CHOICES.map(([visibility, words]) => (
          <button
            key={visibility}
            type="button"
            aria-pressed={value?.visibility === visibility}
            disabled={!ready}
            title={`${name} is ${visibility} (V)`}
            onClick={() => labelling.setVisibility(visibility)}
          >
            {words}
          </button>
        ))}
      </fieldset>
      <button
        type="button"
        class="st-button"
        disabled={!ready || (!isPlaced(value) && value.visibility === "unlabelled")}
        aria-label="Remove label"
        title={`Take the label of ${name} away (Delete)`}
        onClick={() => studio.run({ do: "remove" })}
      >
        Remove
      </button>
      <button
        type="button"
        class="st-button"
        title="Copy the previous labelled pose to the keypoints without a label (C)"
        onClick={() => studio.run({ do: "copy-pose" })}
      >
        Copy pose
      </button>
      <button
        type="button"
        class="st-button st-whole-row"
        disabled={!ready}
        title="Every keypoint of this animal without a label is absent: it is not in the picture (Shift V)"
        onClick={() => studio.run({ do: "rest-absent" })}
      >
        Rest absent
      </button>
    </div>
  );
}
