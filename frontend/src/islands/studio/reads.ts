/** What the studio reads beside the picture; each part by itself, and again when there is reason to. */

import { wordsOf } from "../../api/problem";
import type { LabelSession } from "../../labels/labelSession";
import type { Instance } from "../../labels/types";
import { isAbort } from "../../player/types";
import type { Gateway } from "./gateway";
import type { PoseResult } from "./model";
import type { StudioState } from "./state";

export interface ReadHooks {
  readonly note: (tone: "info" | "bad", words: string) => void;
  /** The labels of the whole video are there. */
  readonly labelsCame: () => void;
  readonly chooseResult: (id: number | null) => void;
}

type Sources = Pick<Gateway, "labels" | "suggestions" | "results" | "history">;

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
    state.presented.subscribe(() => {
      state.history.value = null;
    });
  }

  /** Everything, at the start. The picture is there already, and stays if one of them fails. */
  async all(resultId: number | null, labels: Promise<Instance[]>): Promise<void> {
    const unsent = this.#session.restore().catch(this.#say("Unsent work in this browser"));
    const results = this.results().then(() => {
      // Ghosts only where somebody asked for them: a shown prediction pulls the hand towards it.
      const known = this.#state.results.value.some(({ id }) => id === resultId);
      if (known) this.#hooks.chooseResult(resultId);
    });
    await Promise.all([unsent, this.labels(labels), this.suggestions(), results]);
  }

  /** Labels of the whole video: nothing may be changed before they are known. */
  async labels(answer?: Promise<Instance[]>): Promise<void> {
    const { video, labelsRead } = this.#state;
    labelsRead.value = "reading";
    try {
      this.#session.take(await (answer ?? this.#gateway.labels(video.id)));
      labelsRead.value = "known";
      this.#hooks.labelsCame();
    } catch (error) {
      labelsRead.value = "failed";
      this.#say("Labels")(error);
    }
  }

  async suggestions(): Promise<void> {
    const { video, suggestions } = this.#state;
    try {
      suggestions.value = await this.#gateway.suggestions(video.id);
    } catch (error) {
      this.#say("Suggested frames")(error);
    }
  }

  async results(): Promise<void> {
    const { video, results } = this.#state;
    try {
      const before = results.value;
      results.value = await this.#gateway.results(video.id);
      this.#follow(before);
    } catch (error) {
      this.#say("Predictions")(error);
    }
  }

  /** A frame that stays on screen: its newest labels, and what was done to it. */
  async frame(index: number): Promise<void> {
    const { video, project, presented, history } = this.#state;
    try {
      const [labels, lines] = await Promise.all([
        this.#gateway.labels(video.id, index),
        this.#gateway.history(video.id, index, project.skeleton.names),
      ]);
      this.#session.take(labels);
      if (presented.value === index) history.value = lines;
    } catch (error) {
      // Without a connection the labels stay as they were last known; the save chip already says so.
      if (!isAbort(error) && presented.value === index) history.value = null;
    }
  }

  /** A job of this video has ended: what it made can be had now. */
  async jobEnded(): Promise<void> {
    const ready = new Set(this.#ready());
    await Promise.all([this.suggestions(), this.results()]);
    const fresh = this.#ready().filter((id) => !ready.has(id) && id !== this.#state.resultId.value);
    const result = this.#state.results.value.find(({ id }) => id === fresh[0]);
    if (result !== undefined) {
      this.#hooks.note("info", `${result.modelName} has predicted this video: choose it under Predictions.`);
    }
  }

  #ready(): number[] {
    return this.#state.results.value.filter(({ state }) => state === "ready").map(({ id }) => id);
  }

  /** The result on screen may have grown, or be gone. */
  #follow(before: readonly PoseResult[]): void {
    const { resultId, results } = this.#state;
    const shown = resultId.value;
    if (shown === null) return;
    const framesIn = (list: readonly PoseResult[]): number | undefined =>
      list.find(({ id }) => id === shown)?.framesDone;
    const now = framesIn(results.value);
    if (now === undefined) this.#hooks.chooseResult(null);
    else if (now !== framesIn(before)) this.#hooks.chooseResult(shown);
  }

  #say(what: string): (error: unknown) => void {
    return (error) => {
      if (!isAbort(error)) this.#hooks.note("bad", `${what} could not be read. ${wordsOf(error)}`);
    };
  }
}
