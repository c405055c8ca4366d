/** Predictions over the views: which result is shown in each, and what it says of a frame. */

import { wordsOf } from "../../api/problem";
import type { PredictionMark } from "../../canvas/scene";
import type { Gateway } from "./gateway";
import type { Animal, ModelFrames } from "./model";
import { PredictionStore } from "./predictions";
import type { StudioState, ViewState } from "./state";
import { SuggestedGhosts } from "./suggestedGhosts";

export interface GhostHooks {
  readonly redraw: () => void;
  readonly note: (tone: "info" | "bad", words: string) => void;
}

export class Ghosts {
  readonly #state: StudioState;
  readonly #gateway: Pick<Gateway, "window">;
  readonly #hooks: GhostHooks;
  readonly #stores = new Map<ViewState, PredictionStore>();
  readonly #suggested = new WeakMap<readonly ModelFrames[], SuggestedGhosts>();
  /** By values of a store (frame): the same by tick, as of a version. The time line is painted for every tick. */
  readonly #laid = new WeakMap<Float32Array, { version: number; ticks: Float32Array }>();

  constructor(state: StudioState, gateway: Pick<Gateway, "window">, hooks: GhostHooks) {
    this.#state = state;
    this.#gateway = gateway;
    this.#hooks = hooks;
  }

  /** Show a result of the active view, and what the same model says of the others; null for none at all. */
  choose(id: number | null): void {
    const { active, views } = this.#state;
    const model = active.value.results.value.find((result) => result.id === id)?.modelName;
    for (const view of views) {
      if (view === active.value) this.show(view, id);
      else this.show(view, view.results.value.find(({ modelName }) => modelName === model)?.id ?? null);
    }
  }

  /** Show a result in one view, or none. */
  show(view: ViewState, id: number | null): void {
    const { project, predictionsVersion } = this.#state;
    this.#stores.get(view)?.dispose();
    this.#stores.delete(view);
    view.resultId.value = id;
    const result = view.results.value.find((candidate) => candidate.id === id);
    if (result !== undefined) {
      const store = new PredictionStore(
        result,
        project.skeleton.names,
        (start, stop, signal) => this.#gateway.window(result.id, start, stop, signal),
        () => {
          predictionsVersion.value++;
          this.#hooks.redraw();
        },
        (error) => this.#hooks.note("bad", `Predictions could not be read. ${wordsOf(error)}`),
      );
      this.#stores.set(view, store);
      void store.survey();
    }
    predictionsVersion.value++;
    this.#hooks.redraw();
  }

  /** Show, while no result is chosen, what models say of suggested frames; or nothing at all. */
  chooseSuggested(shown: boolean): void {
    for (const view of this.#state.views) {
      view.ghostsOnSuggested.value = shown;
      this.show(view, null);
    }
  }

  /** Whether there may be predictions over a view. */
  isShown(view: ViewState): boolean {
    return this.#stores.has(view) || (view.ghostsOnSuggested.value && this.suggested(view).size > 0);
  }

  /** What models say of the suggested frames of a view. */
  suggested({ modelFrames }: ViewState): SuggestedGhosts {
    const models = modelFrames.value;
    const known = this.#suggested.get(models);
    if (known !== undefined) return known;
    const fresh = new SuggestedGhosts(models, this.#state.project.skeleton.names);
    this.#suggested.set(models, fresh);
    return fresh;
  }

  /** Predictions of an animal on a frame of a view; null while they are on their way. */
  marks(view: ViewState, frame: number, animal: Animal): readonly PredictionMark[] | null {
    const store = this.#stores.get(view);
    if (store !== undefined) return store.marks(frame, this.#individual(animal));
    return view.ghostsOnSuggested.value ? this.suggested(view).marks(frame, this.#individual(animal)) : [];
  }

  /**
   * Mean confidence of an animal (tick), as the active view has it; undefined without predictions of it. The
   * array is laid out anew in place when predictions came.
   */
  confidence(animal: Animal): Float32Array | undefined {
    const { active, predictionsVersion, recording } = this.#state;
    const values = this.#stores.get(active.value)?.confidence[this.#individual(animal)];
    if (values === undefined) return undefined;
    const laid = this.#laid.get(values) ?? { version: -1, ticks: new Float32Array(recording.table.ticks) };
    if (laid.version !== predictionsVersion.value) {
      recording.table.layByTick(active.value.name, values, laid.ticks);
      this.#laid.set(values, { version: predictionsVersion.value, ticks: laid.ticks });
    }
    return laid.ticks;
  }

  /** Have what lies around the tick on screen at hand before it is drawn. */
  prepare(): void {
    for (const [view, store] of this.#stores) {
      const frame = this.#state.frameOf(view);
      if (frame !== null) store.prepare(frame);
    }
  }

  dispose(): void {
    for (const store of this.#stores.values()) store.dispose();
    this.#stores.clear();
  }

  #individual(animal: Animal): number {
    return this.#state.project.animals.indexOf(animal);
  }
}
