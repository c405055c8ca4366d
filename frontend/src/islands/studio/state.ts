/** What the panels show, as signals. The controller writes them; components read them. */

import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type Adjustment, NO_ADJUSTMENT } from "../../canvas/adjust";
import type { ViewTransform } from "../../canvas/transform";
import { ALL_SAVED, type SaveState } from "../../labels/saveState";
import type { LabelConflict } from "../../labels/types";
import type { SourceKind } from "../../player/types";
import type { HistoryLine, PoseResult, StudioProject, StudioVideo, Suggestion } from "./model";

export interface Note {
  readonly id: number;
  readonly tone: "info" | "bad";
  readonly words: string;
}

export class StudioState {
  readonly video: StudioVideo;
  readonly project: StudioProject;

  /** Frame on screen, and the frame wished for. */
  readonly presented = signal(-1);
  readonly target = signal(0);
  readonly playing = signal(false);
  readonly speed = signal(1);
  readonly sourceKind: Signal<SourceKind> = signal("images");
  readonly webCodecsUsable = signal(false);

  readonly view: Signal<ViewTransform> = signal({ scale: 1, offsetX: 0, offsetY: 0 });
  readonly adjustment: Signal<Adjustment> = signal(NO_ADJUSTMENT);
  /** Switched on: it follows the pointer. */
  readonly loupe = signal(false);
  /** On screen now, and whether it stands aside because its usual corner is in question. */
  readonly loupeShown = signal(false);
  readonly loupeAside = signal(false);
  /** The middle of the view is marked: the keyboard moves the picture under it. */
  readonly aiming = signal(false);
  readonly showNames = signal(false);
  readonly showPredictions = signal(true);

  readonly activeAnimal: Signal<number>;
  /** The keypoint that V, Delete and the arrows mean. */
  readonly armed: Signal<number | null> = signal(0);
  /** Somebody chose it, from the list or with Tab: a click places it even where it has a place already. */
  readonly armedByHand = signal(false);
  /** Until they are known nothing is said of labels, and nothing changed. */
  readonly labelsRead: Signal<"reading" | "failed" | "known"> = signal("reading");
  /** Counts up whenever labels of some frame look different. */
  readonly labelsVersion = signal(0);
  readonly placedByFrame: Signal<ReadonlyMap<number, number>> = signal(new Map());
  readonly suggestions: Signal<readonly Suggestion[]> = signal([]);
  /** What was done to the frame on screen; null while it is not known. */
  readonly history: Signal<readonly HistoryLine[] | null> = signal(null);

  readonly results: Signal<readonly PoseResult[]> = signal([]);
  readonly resultId: Signal<number | null> = signal(null);
  readonly predictionsVersion = signal(0);
  readonly threshold = signal(0.9);

  readonly save: Signal<SaveState> = signal(ALL_SAVED);
  readonly canUndo = signal(false);
  readonly canRedo = signal(false);
  readonly conflicts: Signal<readonly LabelConflict[]> = signal([]);
  readonly notes: Signal<readonly Note[]> = signal([]);
  readonly helpOpen = signal(false);

  /** Frames worth a visit: labelled or suggested, in time order. */
  readonly stops: ReadonlySignal<readonly number[]>;

  constructor(video: StudioVideo, project: StudioProject) {
    this.video = video;
    this.project = project;
    this.activeAnimal = signal(project.animals[0]?.id ?? -1);
    this.stops = computed(() => {
      const frames = new Set(this.placedByFrame.value.keys());
      for (const { frameIndex } of this.suggestions.value) frames.add(frameIndex);
      return [...frames].sort((a, b) => a - b);
    });
  }
}
