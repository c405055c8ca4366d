/** What lies over a frame of a view: labels, predictions and guides, all of the tick that shows that frame. */

import type { Guide, OverlayScene } from "../../canvas/scene";
import type { Ghosts } from "./ghosts";
import { guidesOver } from "./guides";
import type { Labelling } from "./labelling";
import type { StudioState, ViewState } from "./state";

/** `index`: the frame that is drawn; that of the tick on screen, or of the tick that is about to be. */
export function sceneOf(
  view: ViewState,
  index: number,
  state: StudioState,
  labelling: Pick<Labelling, "marks">,
  ghosts: Pick<Ghosts, "marks">,
): OverlayScene {
  const { project, active, armed, activeAnimal, showNames, showPredictions } = state;
  const animals = project.animals.map((animal) => ({
    animalId: animal.id,
    colour: animal.colour,
    active: animal.id === activeAnimal.value,
    labels: labelling.marks(index, animal.id, view.video.id),
    predictions: showPredictions.value ? (ghosts.marks(view, index, animal) ?? []) : [],
  }));
  return {
    index,
    skeleton: project.skeleton,
    animals,
    guides: guidesOf(view, index, state, labelling),
    armed: view === active.value ? armed.value : null,
    showNames: showNames.value,
  };
}

/** Of the active animal, from its labels in the other views. */
function guidesOf(
  view: ViewState,
  index: number,
  state: StudioState,
  labelling: Pick<Labelling, "marks">,
): readonly Guide[] {
  const animal = state.project.animals.find(({ id }) => id === state.activeAnimal.value);
  const { cameras, table } = state.recording;
  const tick = table.tickOf(view.name, index);
  if (tick === null || animal === undefined || cameras.size < 2) return [];
  if (state.playing.value) return [];
  const seen = state.views.flatMap((other) => {
    const camera = cameras.get(other.name);
    const frame = table.frameAt(other.name, tick);
    if (camera === undefined || frame === null) return [];
    return [{ view: other.name, camera, labels: labelling.marks(frame, animal.id, other.video.id) }];
  });
  return guidesOver(view.name, seen, animal, state.armed.value);
}
