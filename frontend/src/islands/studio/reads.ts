/** What the studio reads beside the picture; each part by itself, and again when there is reason to. */

import { batch, computed } from "@preact/signals";
import { ApiProblem, wordsOf } from "../../api/problem";
import type { LabelSession } from "../../labels/labelSession";
import type { Instance } from "../../labels/types";
import { isAbort } from "../../player/types";
import type { Gateway } from "./gateway";
import type { PoseResult } from "./model";
import type { StudioState, ViewState } from "./state";

export interface ReadHooks {
  readonly note: (tone: "info" | "bad", words: string) => void;
  /** All labels of a view are there. */
  readonly labelsCame: (view: ViewState) => void;
  /** Show a result of the active view, and those of the same model over the others. */
  readonly chooseResult: (id: number | null) => void;
  /** There is something else to draw. */
  readonly predictionsCame: () => void;
  /** Show a result in one view. */
  readonly showResult: (view: ViewState, id: number | null) => void;
}

type Sources = Pick<Gateway, "labels" | "suggestions" | "framePredictions" | "skip" | "results" | "history">;

export class Reads {
  readonly #state: StudioState;
  readonly #session: Pick<LabelSession, "restore" | "take">;
  readonly #gateway: Sources;
  readonly #hooks: ReadHooks;

  constructor(
    state: StudioState,
    session: Pick<LabelSession, "restore" | "take">,
    gateway: Sources,
    hooks: ReadHooks,
  ) {
    this.#state = state;
    this.#session = session;
    this.#gateway = gateway;
    this.#hooks = hooks;
    // What was done to one frame must never stand beside another.
    const here = computed(() => `${state.active.value.name}/${state.presented.value}`);
    here.subscribe(() => {
      state.history.value = null;
    });
  }

  /**
   * Everything, at the start. The picture is there already, and stays if one of them fails.
   *
   * `resultId` and `labels` are of the view that is active now.
   */
  async all(resultId: number | null, labels: Promise<Instance[]>): Promise<void> {
    const { views } = this.#state;
    const active = this.#state.active.value;
    const unsent = this.#session.restore().catch(this.#say("Unsent work in this browser"));
    const results = this.#ofAll((view) => this.results(view)).then(() => {
      // Ghosts only where somebody asked for them: a shown prediction pulls the hand towards it.
      const known = active.results.value.some(({ id }) => id === resultId);
      if (known && this.#state.active.value === active) this.#hooks.chooseResult(resultId);
    });
    const read = views.map((view) => this.labels(view, view === active ? labels : undefined));
    await Promise.all([unsent, ...read, this.#ofAll((view) => this.suggestions(view)), results]);
  }

  /** Labels of a whole view: nothing of it may be changed before they are known. */
  async labels(view: ViewState, answer?: Promise<Instance[]>): Promise<void> {
    const { video, labelsRead } = view;
    labelsRead.value = "reading";
    try {
      this.#session.take(video.id, await (answer ?? this.#gateway.labels(video.id)));
      labelsRead.value = "known";
      this.#hooks.labelsCame(view);
    } catch (error) {
      labelsRead.value = "failed";
      this.#say("Labels", view)(error);
    }
  }

  /** Labels of the views in which they could not be read. */
  async failedLabels(): Promise<void> {
    const failed = this.#state.views.filter(({ labelsRead }) => labelsRead.value === "failed");
    await Promise.all(failed.map((view) => this.labels(view)));
  }

  /** Suggested frames, with what models say of them. */
  async suggestions(view: ViewState): Promise<void> {
    try {
      const { id } = view.video;
      const [suggestions, models] = await Promise.all([
        this.#gateway.suggestions(id),
        this.#gateway.framePredictions(id),
      ]);
      batch(() => {
        view.suggestions.value = suggestions;
        view.modelFrames.value = models;
        this.#state.predictionsVersion.value++;
      });
      this.#hooks.predictionsCame();
    } catch (error) {
      this.#say("Suggested frames", view)(error);
    }
  }

  /** Take a suggested frame off the list, here when the server has done so. */
  async skip(view: ViewState, frameIndex: number): Promise<void> {
    try {
      await this.#gateway.skip(view.video.id, frameIndex);
      const stays = (one: { readonly frameIndex: number }): boolean => one.frameIndex !== frameIndex;
      batch(() => {
        view.suggestions.value = view.suggestions.value.filter(stays);
        view.modelFrames.value = view.modelFrames.value.map((model) => ({
          ...model,
          frames: model.frames.filter(stays),
        }));
        this.#state.predictionsVersion.value++;
      });
      this.#hooks.predictionsCame();
    } catch (error) {
      if (!isAbort(error)) this.#hooks.note("bad", `The frame stays on the list. ${wordsOf(error)}`);
    }
  }

  async results(view: ViewState): Promise<void> {
    try {
      const before = view.results.value;
      view.results.value = await this.#gateway.results(view.video.id);
      this.#follow(view, before);
    } catch (error) {
      this.#say("Predictions", view)(error);
    }
  }

  /** A tick that stays on screen: the newest labels of its frames, and what was done to that of the active view. */
  async settled(): Promise<void> {
    const active = this.#state.active.value;
    await Promise.all([
      this.#history(active),
      ...this.#state.visible.value.map((view) => this.#newest(view)),
    ]);
  }

  async #newest(view: ViewState): Promise<void> {
    const frame = this.#state.frameOf(view);
    if (frame === null) return;
    try {
      this.#session.take(view.video.id, await this.#gateway.labels(view.video.id, frame));
    } catch (error) {
      // They stay as they were last known; of a lost connection the save chip tells.
      if (!isPassing(error)) this.#say("The newest labels", view)(error);
    }
  }

  async #history(view: ViewState): Promise<void> {
    const { active, project, history } = this.#state;
    const frame = this.#state.frameOf(view);
    if (frame === null) return;
    const isHere = (): boolean => active.value === view && this.#state.frameOf(view) === frame;
    try {
      const lines = await this.#gateway.history(view.video.id, frame, project.skeleton.names);
      if (isHere()) history.value = lines;
    } catch (error) {
      if (isAbort(error) || !isHere()) return;
      history.value = null;
      if (!isPassing(error)) this.#say("The history of this frame", view)(error);
    }
  }

  /** A job of one of the videos has ended: what it made can be had now. */
  async jobEnded(videoId: number): Promise<void> {
    const view = this.#state.views.find(({ video }) => video.id === videoId);
    if (view === undefined) return;
    const ready = new Set(readyOf(view));
    await Promise.all([this.suggestions(view), this.results(view)]);
    const fresh = readyOf(view).filter((id) => !ready.has(id) && id !== view.resultId.value);
    const result = view.results.value.find(({ id }) => id === fresh[0]);
    if (result !== undefined) {
      const what = this.#state.views.length > 1 ? view.name : "this video";
      this.#hooks.note("info", `${result.modelName} has predicted ${what}: choose it under Predictions.`);
    }
  }

  /** The result on screen may have grown, or be gone. */
  #follow(view: ViewState, before: readonly PoseResult[]): void {
    const shown = view.resultId.value;
    if (shown === null) return;
    const framesIn = (list: readonly PoseResult[]): number | undefined =>
      list.find(({ id }) => id === shown)?.framesDone;
    const now = framesIn(view.results.value);
    if (now === undefined) this.#hooks.showResult(view, null);
    else if (now !== framesIn(before)) this.#hooks.showResult(view, shown);
  }

  async #ofAll(read: (view: ViewState) => Promise<void>): Promise<void> {
    await Promise.all(this.#state.views.map(read));
  }

  #say(what: string, view?: ViewState): (error: unknown) => void {
    const of = view !== undefined && this.#state.views.length > 1 ? ` of ${view.name}` : "";
    return (error) => {
      if (!isAbort(error)) this.#hooks.note("bad", `${what}${of} could not be read. ${wordsOf(error)}`);
    };
  }
}

/** It comes right by itself: the next frame is read again. Anything else is a fault that somebody should see. */
function isPassing(error: unknown): boolean {
  return error instanceof ApiProblem && error.transient;
}

function readyOf(view: ViewState): number[] {
  return view.results.value.filter(({ state }) => state === "ready").map(({ id }) => id);
}
