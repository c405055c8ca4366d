/** Commands about what is shown, and how; those about labels and ticks are the controller's. */

import type { Screen } from "./screen";
import type { StudioState } from "./state";
import type { ViewChoice } from "./viewChoice";

const ZOOM_STEP = 1.5;

export interface ViewCommandParts {
  readonly state: StudioState;
  /** Null until the studio is open. */
  readonly screen: Screen | null;
  readonly views: ViewChoice;
  readonly redraw: () => void;
  readonly focusFrameBox: () => void;
}

const ACTIONS = {
  fit: ({ screen }) => screen?.desk?.stage.fit(),
  "zoom-in": ({ screen }) => screen?.desk?.stage.zoom(ZOOM_STEP),
  "zoom-out": ({ screen }) => screen?.desk?.stage.zoom(1 / ZOOM_STEP),
  loupe: ({ state, screen }) => {
    state.loupe.value = !state.loupe.value;
    for (const desk of screen?.desks ?? []) desk.loupe.switched();
  },
  large: ({ state, views }) => views.enlarge(state.active.value),
  names: ({ state, redraw }) => {
    state.showNames.value = !state.showNames.value;
    redraw();
  },
  predictions: ({ state, redraw }) => {
    state.showPredictions.value = !state.showPredictions.value;
    redraw();
  },
  goto: ({ focusFrameBox }) => focusFrameBox(),
  help: ({ state }) => {
    state.helpOpen.value = true;
  },
} satisfies Record<string, (parts: ViewCommandParts) => void>;

export type ViewCommand = keyof typeof ACTIONS;

export function runViewCommand(name: ViewCommand, parts: ViewCommandParts): void {
  ACTIONS[name](parts);
}
