/** The studio: carries out commands, and keeps signals, picture, labels and predictions in step. */

import { batch } from "@preact/signals";
import { wordsOf } from "../../api/problem";
import { type Adjustment, loadAdjustment, saveAdjustment } from "../../canvas/adjust";
import { PointerReader } from "../../canvas/pointer";
import type { OverlayScene, PredictionMark } from "../../canvas/scene";
import type { LabelSession } from "../../labels/labelSession";
import type { SourceKind } from "../../player/types";
import type { Gateway } from "./gateway";
import { Hand } from "./hand";
import type { Command } from "./keys";
import { Labelling } from "./labelling";
import { Loupe } from "./loupe";
import type { Animal } from "./model";
import { PredictionStore } from "./predictions";
import { Reads } from "./reads";
import { Screen, type ScreenElements } from "./screen";
import type { StudioState } from "./state";

const ZOOM_STEP = 1.5;
/** How long a frame must stay before its history and newest labels are asked for. */
const SETTLE_MS = 250;
const NOTE_MS = 7000;

export class Studio {
  readonly state: StudioState;
  readonly labelling: Labelling;
  readonly reads: Reads;
  readonly #session: LabelSession;
  readonly #gateway: Gateway;
  readonly #signal: AbortSignal;
  #screen: Screen | null = null;
  #pointer: PointerReader | null = null;
  #loupe: Loupe | null = null;
  #hand: Hand | null = null;
  #predictions: PredictionStore | null = null;
  #settle: ReturnType<typeof setTimeout> | null = null;
  #nextNote = 1;
  /** Set by the box that holds the frame number. */
  focusFrameBox: () => void = () => {};

  constructor(state: StudioState, session: LabelSession, gateway: Gateway, signal: AbortSignal) {
    this.state = state;
    this.#session = session;
    this.#gateway = gateway;
    this.#signal = signal;
    this.labelling = new Labelling(state, session, {
      ghostsOf: (frame, animal) => this.#ghosts(frame, animal),
      redraw: () => this.#screen?.player.redraw(),
      nudged: (to) => this.#loupe?.nudge(to),
      goTo: (frame) => this.goTo(frame),
      note: (tone, words) => this.note(tone, words),
    });
    this.reads = new Reads(state, session, gateway, {
      note: (tone, words) => this.note(tone, words),
      labelsCame: () => this.labelling.labelsCame(),
      chooseResult: (id) => this.chooseResult(id),
    });
    state.adjustment.value = loadAdjustment(state.video.id, localStorage);
    this.#listen();
    signal.addEventListener("abort", () => this.#dispose(), { once: true });
  }

  /** Take the canvases of the view and show the first frame. */
  attach(elements: ScreenElements, surface: HTMLElement, kind: SourceKind, frame: number): void {
    this.#screen = new Screen(
      this.state,
      elements,
      {
        sceneOf: (index) => this.#scene(index),
        onPresented: (index) => this.#presented(index),
        onNote: (tone, words) => this.note(tone, words),
      },
      kind,
    );
    const { stage, player } = this.#screen;
    const { state, labelling } = this;
    this.#loupe = new Loupe(state, stage);
    const sceneOf = (index: number): OverlayScene => this.#scene(index);
    const note = (words: string): void => this.note("info", words);
    this.#hand = new Hand({ state, labelling, player, stage, loupe: this.#loupe, sceneOf, note });
    this.#pointer = new PointerReader(surface, this.#hand, this.#signal);
    player.seek(frame);
  }

  // --- commands ---

  run(command: Command): void {
    const { state, labelling } = this;
    switch (command.do) {
      case "step":
        this.#screen?.player.step(command.frames);
        return;
      case "nudge":
        labelling.nudge(command.dx, command.dy);
        return;
      case "pan":
        this.#hand?.look(command.dx, command.dy);
        return;
      case "place":
        this.#hand?.placeInMiddle(command.guessed);
        return;
      case "cycle":
        labelling.cycle(command.step);
        return;
      case "animal": {
        const animal = state.project.animals[command.slot];
        if (animal !== undefined) labelling.choose(animal.id);
        return;
      }
      case "visibility":
        labelling.cycleVisibility();
        return;
      case "remove":
        labelling.remove();
        return;
      case "undo":
        labelling.undo();
        return;
      case "redo":
        labelling.redo();
        return;
      case "next-frame":
      case "previous-frame":
        this.goToStop(command.do === "next-frame" ? 1 : -1);
        return;
      case "copy-pose":
        labelling.copyPose();
        return;
      case "accept":
        this.accept();
        return;
      default:
        this.#runView(command.do);
    }
  }

  #runView(name: Exclude<Command["do"], "step" | "nudge" | "cycle" | "animal" | "pan" | "place">): void {
    const { state } = this;
    const stage = this.#screen?.stage;
    switch (name) {
      case "fit":
        stage?.fit();
        return;
      case "zoom-in":
        stage?.zoom(ZOOM_STEP);
        return;
      case "zoom-out":
        stage?.zoom(1 / ZOOM_STEP);
        return;
      case "loupe":
        this.#loupe?.toggle();
        return;
      case "names":
        state.showNames.value = !state.showNames.value;
        this.#redraw();
        return;
      case "predictions":
        state.showPredictions.value = !state.showPredictions.value;
        this.#redraw();
        return;
      case "goto":
        this.focusFrameBox();
        return;
      case "help":
        state.helpOpen.value = true;
    }
  }

  toggle(): void {
    this.#screen?.player.toggle();
  }

  goTo(frame: number): void {
    this.#screen?.player.seek(frame);
  }

  scrub(frame: number): void {
    this.#screen?.player.scrub(frame);
  }

  /** The nearest frame worth a visit in a direction. */
  goToStop(direction: 1 | -1): void {
    const { stops, target } = this.state;
    const ahead = stops.value.filter((frame) => (frame - target.value) * direction > 0);
    const next = direction > 0 ? ahead[0] : ahead.at(-1);
    if (next === undefined && this.state.labelsRead.value !== "known")
      this.note("info", "The labels of this video are not known yet, so neither are its labelled frames.");
    else if (next === undefined)
      this.note("info", `No suggested or labelled frame ${direction > 0 ? "after" : "before"} this one.`);
    else this.goTo(next);
  }

  accept(): void {
    if (this.#predictions === null) this.note("info", "Choose a result under Predictions first.");
    else this.labelling.accept();
  }

  setSpeed(speed: number): void {
    this.#screen?.player.setSpeed(speed);
    this.state.speed.value = this.#screen?.player.speed ?? speed;
  }

  setSource(kind: SourceKind): void {
    this.#screen?.choose(kind);
  }

  setAdjustment(adjustment: Adjustment): void {
    this.state.adjustment.value = adjustment;
    saveAdjustment(this.state.video.id, adjustment, localStorage);
  }

  /** Space is held: dragging moves the picture. */
  holdPan(held: boolean): void {
    if (this.#pointer !== null) this.#pointer.panHeld = held;
  }

  /** Escape: put back what is held; false where nothing was. */
  abandon(): boolean {
    return this.#pointer?.abandon() ?? false;
  }

  chooseResult(id: number | null): void {
    const { state } = this;
    this.#predictions?.dispose();
    this.#predictions = null;
    state.resultId.value = id;
    const result = state.results.value.find((candidate) => candidate.id === id);
    if (result !== undefined) {
      this.#predictions = new PredictionStore(
        result,
        state.project.skeleton.names,
        (start, stop, signal) => this.#gateway.window(result.id, start, stop, signal),
        () => {
          state.predictionsVersion.value++;
          this.#redraw();
        },
        (error) => this.note("bad", `Predictions could not be read. ${wordsOf(error)}`),
      );
      void this.#predictions.survey();
    }
    state.predictionsVersion.value++;
    this.#redraw();
  }

  /** Mean confidence (frame) of an animal; undefined without predictions of it. */
  confidenceOf(animal: Animal): Float32Array | undefined {
    return this.#predictions?.confidence[this.state.project.animals.indexOf(animal)];
  }

  predictedCount(frame: number, animal: Animal): number {
    return this.#ghosts(frame, animal)?.length ?? 0;
  }

  resolve(uuid: string, choice: "mine" | "theirs"): void {
    void this.#session.resolve(uuid, choice);
  }

  /** Give up the changes of a video that the server does not take. */
  discard(videoId: number): void {
    void this.#session.discard(videoId);
  }

  retrySaving(): void {
    this.#session.queue.retry();
  }

  note(tone: "info" | "bad", words: string): void {
    const note = { id: this.#nextNote++, tone, words };
    // The same words again replace the earlier note; a column of equal lines tells nothing.
    this.state.notes.value = [...this.state.notes.value.filter((other) => other.words !== words), note].slice(
      -3,
    );
    if (tone === "info") setTimeout(() => this.dismiss(note.id), NOTE_MS);
  }

  dismiss(id: number): void {
    this.state.notes.value = this.state.notes.value.filter((note) => note.id !== id);
  }

  // --- in step ---

  #listen(): void {
    const { state } = this;
    const session = this.#session;
    session.on("labels", () => this.#labelsChanged());
    session.on("state", (save) => {
      state.save.value = save;
    });
    session.on("conflicts", (conflicts) => {
      state.conflicts.value = conflicts;
    });
    session.on("acknowledged", ({ operation }) => {
      if (operation.frame_index === state.presented.value) this.#settleSoon();
    });
    session.on("refused", ({ operation, reason }) => {
      const name = state.project.skeleton.names[operation.keypoint] ?? "A keypoint";
      this.note("bad", `${name} on frame ${operation.frame_index} was not saved: ${reason}`);
    });
    this.#labelsChanged();
    state.playing.subscribe((playing) => {
      if (!playing) this.labelling.rearm();
    });
    const retry = (): void => this.retrySaving();
    const online = (): void => {
      retry();
      this.#screen?.player.retry();
      this.#settleSoon();
      if (state.labelsRead.value === "failed") void this.reads.labels();
    };
    const page = { signal: this.#signal };
    window.addEventListener("online", online, page);
    window.addEventListener("focus", () => state.save.value.state !== "saved" && retry(), page);
    window.addEventListener("pagehide", () => session.queue.lastWords(), page);
  }

  #labelsChanged(): void {
    const { state } = this;
    batch(() => {
      state.placedByFrame.value = this.#session.store.placedByFrame();
      state.canUndo.value = this.#session.canUndo;
      state.canRedo.value = this.#session.canRedo;
      state.labelsVersion.value++;
    });
    this.#redraw();
  }

  #presented(index: number): void {
    const { state } = this;
    const changed = state.presented.value !== index;
    batch(() => {
      state.presented.value = index;
      if (changed && !state.playing.value) this.labelling.rearm();
    });
    this.#predictions?.prepare(index);
    // The keypoint armed for this frame is marked in the overlay of the next callback.
    if (changed && !state.playing.value) this.#redraw();
    this.#settleSoon();
  }

  /** When the frame stays: its address, its history, and what others did to it meanwhile. */
  #settleSoon(): void {
    if (this.#settle !== null) clearTimeout(this.#settle);
    this.#settle = setTimeout(() => this.#settled(), SETTLE_MS);
  }

  #settled(): void {
    const { state } = this;
    const frame = state.presented.value;
    if (state.playing.value || frame < 0 || this.#signal.aborted) return;
    const address = new URL(location.href);
    address.searchParams.set("frame", String(frame));
    history.replaceState(history.state, "", address);
    void this.reads.frame(frame);
  }

  #scene(index: number): OverlayScene {
    const { project, armed, activeAnimal, showNames, showPredictions } = this.state;
    const animals = project.animals.map((animal) => ({
      animalId: animal.id,
      colour: animal.colour,
      active: animal.id === activeAnimal.value,
      labels: this.labelling.marks(index, animal.id),
      predictions: showPredictions.value ? (this.#ghosts(index, animal) ?? []) : [],
    }));
    return { index, skeleton: project.skeleton, animals, armed: armed.value, showNames: showNames.value };
  }

  #ghosts(frame: number, animal: Animal): readonly PredictionMark[] | null {
    return (
      this.#predictions?.marks(frame, this.state.project.animals.indexOf(animal)) ??
      (this.#predictions ? null : [])
    );
  }

  #redraw(): void {
    this.#screen?.player.redraw();
  }

  #dispose(): void {
    if (this.#settle !== null) clearTimeout(this.#settle);
    this.#predictions?.dispose();
    this.#loupe?.dispose();
    this.#screen?.dispose();
    // The end of a page aborts the signal first, so the listener of "pagehide" is gone when its turn comes.
    this.#session.queue.lastWords();
    this.#session.close();
  }
}
