/** What the panels show, as signals. The controller writes them; components read them. */

import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type Adjustment, NO_ADJUSTMENT } from "../../canvas/adjust";
import type { ViewTransform } from "../../canvas/transform";
import { ALL_SAVED, type SaveState } from "../../labels/saveState";
import type { LabelConflict } from "../../labels/types";
import type { SourceKind } from "../../player/types";
import type {
  Doubts,
  HistoryLine,
  ModelFrames,
  PoseResult,
  StudioProject,
  StudioRecording,
  StudioVideo,
  Suggestion,
} from "./model";
import { type FrameProgress, type Stop, workList } from "./workList";

/** More views than this are too small to work in, and too much to decode at once. */
export const MOST_VIEWS = 6;

export interface Note {
  readonly id: number;
  readonly tone: "info" | "bad";
  readonly words: string;
  /** What it tells of; a newer one of the same takes its place. */
  readonly about: string | null;
}

/** One view: its own picture, zoom, labels and predictions. */
export class ViewState {
  readonly video: StudioVideo;
  readonly sourceKind: Signal<SourceKind> = signal("images");
  readonly webCodecsUsable = signal(false);

  readonly view: Signal<ViewTransform> = signal({ scale: 1, offsetX: 0, offsetY: 0 });
  readonly adjustment: Signal<Adjustment> = signal(NO_ADJUSTMENT);
  /** The loupe is on screen now, and whether it stands aside because its usual corner is in question. */
  readonly loupeShown = signal(false);
  readonly loupeAside = signal(false);
  /** The middle of the view is marked: the keyboard moves the picture under it. */
  readonly aiming = signal(false);

  /** Until they are known nothing is said of labels, and nothing changed. */
  readonly labelsRead: Signal<"reading" | "failed" | "known"> = signal("reading");
  /** How far each frame is on which somebody has decided something. */
  readonly progressByFrame: Signal<ReadonlyMap<number, FrameProgress>> = signal(new Map());
  readonly suggestions: Signal<readonly Suggestion[]> = signal([]);
  /** What models say of suggested frames. */
  readonly modelFrames: Signal<readonly ModelFrames[]> = signal([]);
  readonly results: Signal<readonly PoseResult[]> = signal([]);
  readonly resultId: Signal<number | null> = signal(null);
  /** Where the result that is shown is doubtful; null while that is not known, and without a result. */
  readonly doubts: Signal<Doubts | null> = signal(null);
  /** Why that could not be read; null where it was, or is on its way. */
  readonly doubtsFailure: Signal<string | null> = signal(null);
  /** While no result is shown: show what a model says of suggested frames. Whoever asked it wants to see it. */
  readonly ghostsOnSuggested = signal(true);

  constructor(video: StudioVideo) {
    this.video = video;
  }

  get name(): string {
    return this.video.view;
  }
}

export class StudioState {
  readonly recording: StudioRecording;
  readonly project: StudioProject;
  readonly views: readonly ViewState[];
  /** Where frames are counted by the recording's clock, not by the one view there is. */
  readonly byTick: boolean;

  /** The view that keys, lists and the address mean. */
  readonly active: Signal<ViewState>;
  /** Set by `hide`, with which the active view is never among them and the others fit. */
  readonly #hidden: Signal<ReadonlySet<string>> = signal(new Set());
  /** The view that is large, with the others beside it; null where all are alike. */
  readonly large: Signal<string | null> = signal(null);
  /** On screen, in the order of the recording. */
  readonly visible: ReadonlySignal<readonly ViewState[]>;

  /** Tick on screen, and the tick wished for. */
  readonly tick = signal(-1);
  readonly target = signal(0);
  /** Frame on screen of the active view; -1 where it has none. */
  readonly presented: ReadonlySignal<number>;
  readonly playing = signal(false);
  readonly speed = signal(1);

  /** Switched on: it follows the pointer. */
  readonly loupe = signal(false);
  readonly showNames = signal(false);
  readonly showPredictions = signal(true);

  readonly activeAnimal: Signal<number>;
  /** The keypoint that V, Delete and the arrows mean. */
  readonly armed: Signal<number | null> = signal(0);
  /** Somebody chose it, from the list or with Tab: a click places it even where it has a place already. */
  readonly armedByHand = signal(false);
  /** Counts up whenever labels of some frame look different. */
  readonly labelsVersion = signal(0);
  /** What was done to the frame on screen; null while it is not known. */
  readonly history: Signal<readonly HistoryLine[] | null> = signal(null);

  readonly predictionsVersion = signal(0);
  readonly threshold = signal(0.9);

  readonly save: Signal<SaveState> = signal(ALL_SAVED);
  readonly canUndo = signal(false);
  readonly canRedo = signal(false);
  readonly conflicts: Signal<readonly LabelConflict[]> = signal([]);
  readonly notes: Signal<readonly Note[]> = signal([]);
  readonly helpOpen = signal(false);

  /** Ticks worth a visit: labelled or suggested in some view, in time order. */
  readonly stops: ReadonlySignal<readonly number[]>;
  /**
   * Suggested frames of all views that are not labelled, or not to the end: those of a view's newest batch, of
   * earlier ones when that is done.
   */
  readonly toLabel: ReadonlySignal<readonly Stop[]>;

  /** `videoId`: the view to begin with, else the first. */
  constructor(recording: StudioRecording, project: StudioProject, videoId?: number) {
    this.recording = recording;
    this.project = project;
    this.views = recording.videos.map((video) => new ViewState(video));
    const [first] = this.views;
    if (first === undefined) throw new Error("None of the views of this recording can be shown.");
    this.active = signal(this.views.find(({ video }) => video.id === videoId) ?? first);
    this.byTick = this.views.length > 1 || !recording.table.isAligned(first.name);
    this.visible = computed(() => this.views.filter(({ name }) => !this.#hidden.value.has(name)));
    this.hide(new Set());
    this.presented = computed(() => this.frameOf(this.active.value) ?? -1);
    this.activeAnimal = signal(project.animals[0]?.id ?? -1);
    this.stops = computed(() => {
      const ticks = new Set(
        this.views.flatMap((view) => [...this.labelledTicks(view), ...this.suggestedTicks(view)]),
      );
      return [...ticks].sort((a, b) => a - b);
    });
    this.toLabel = computed(() => this.views.flatMap((view, at) => this.#openStops(view, at)));
  }

  // Of the active view, for whoever speaks of that alone.

  get video(): StudioVideo {
    return this.active.value.video;
  }
  get view(): ViewState["view"] {
    return this.active.value.view;
  }
  get adjustment(): ViewState["adjustment"] {
    return this.active.value.adjustment;
  }
  get labelsRead(): ViewState["labelsRead"] {
    return this.active.value.labelsRead;
  }
  get results(): ViewState["results"] {
    return this.active.value.results;
  }
  get resultId(): ViewState["resultId"] {
    return this.active.value.resultId;
  }

  get ticks(): number {
    return this.recording.table.ticks;
  }

  get hidden(): ReadonlySet<string> {
    return this.#hidden.value;
  }

  /** Show all views but these; the active one is shown anyhow, and of too many the last ones are hidden too. */
  hide(names: ReadonlySet<string>): void {
    const active = this.active.peek();
    const others = this.views.filter((view) => view !== active && !names.has(view.name));
    const shown = new Set([active, ...others.slice(0, MOST_VIEWS - 1)]);
    this.#hidden.value = new Set(this.views.filter((view) => !shown.has(view)).map(({ name }) => name));
  }

  /** The frame that a view shows at the tick on screen; null where it has none. */
  frameOf(view: ViewState): number | null {
    return this.recording.table.frameAt(view.name, this.tick.value);
  }

  /** Where somebody decided something, be it that no animal is there. */
  labelledTicks(view: ViewState): number[] {
    return this.#ticksOf(view, view.progressByFrame.value.keys());
  }

  suggestedTicks(view: ViewState): number[] {
    return this.#ticksOf(
      view,
      view.suggestions.value.map(({ frameIndex }) => frameIndex),
    );
  }

  /** Nothing while the labels of the view are not known: what is done could not be told. */
  #openStops(view: ViewState, at: number): Stop[] {
    if (view.labelsRead.value !== "known") return [];
    const { open, earlier } = workList(view.suggestions.value, view.progressByFrame.value);
    const frames = (open.length > 0 ? open : earlier).map(({ frameIndex }) => frameIndex);
    return this.#ticksOf(view, frames).map((tick) => ({ tick, view: at }));
  }

  /** A frame that is shown at no tick has no place on the clock. */
  #ticksOf(view: ViewState, frames: Iterable<number>): number[] {
    const ticks: number[] = [];
    for (const frame of frames) {
      const tick = this.recording.table.tickOf(view.name, frame);
      if (tick !== null) ticks.push(tick);
    }
    return ticks;
  }
}
