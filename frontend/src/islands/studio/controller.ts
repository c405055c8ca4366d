/** The studio: carries out commands, and keeps signals, picture, labels and predictions in step. */

import { batch } from "@preact/signals";
import { wordsOf } from "../../api/problem";
import { type Adjustment, loadAdjustment, saveAdjustment } from "../../canvas/adjust";
import { hitLabel } from "../../canvas/hit";
import { PointerReader } from "../../canvas/pointer";
import type { OverlayScene, PredictionMark } from "../../canvas/scene";
import { imageFromCanvas, isOnImage, type Point } from "../../canvas/transform";
import type { LabelSession } from "../../labels/labelSession";
import { isAbort, type SourceKind } from "../../player/types";
import type { Gateway } from "./gateway";
import type { Command } from "./keys";
import { Labelling } from "./labelling";
import type { Animal } from "./model";
import { PredictionStore } from "./predictions";
import { Screen, type ScreenElements } from "./screen";
import type { StudioState } from "./state";

const GRAB_REACH = 10;
const TOUCH_REACH = 22;
const ZOOM_STEP = 1.5;
/** How long a frame must stay before its history and newest labels are asked for. */
const SETTLE_MS = 250;
const NOTE_MS = 7000;

export class Studio {
  readonly state: StudioState;
  readonly labelling: Labelling;
  readonly #session: LabelSession;
  readonly #gateway: Gateway;
  readonly #signal: AbortSignal;
  #screen: Screen | null = null;
  #pointer: PointerReader | null = null;
  #predictions: PredictionStore | null = null;
  #grabOffset: Point = { x: 0, y: 0 };
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
      goTo: (frame) => this.goTo(frame),
      note: (tone, words) => this.note(tone, words),
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
    this.#pointer = this.#readPointer(surface);
    this.#screen.player.seek(frame);
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

  #runView(name: Exclude<Command["do"], "step" | "nudge" | "cycle" | "animal">): void {
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
        state.loupe.value = !state.loupe.value;
        if (!state.loupe.value) stage?.magnify(null);
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
    if (next === undefined)
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
    const page = { signal: this.#signal };
    window.addEventListener("online", retry, page);
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
    this.#settle = setTimeout(() => void this.#settled(), SETTLE_MS);
  }

  async #settled(): Promise<void> {
    const { state } = this;
    const frame = state.presented.value;
    if (state.playing.value || frame < 0 || this.#signal.aborted) return;
    const address = new URL(location.href);
    address.searchParams.set("frame", String(frame));
    history.replaceState(history.state, "", address);
    try {
      const [labels, lines] = await Promise.all([
        this.#gateway.labels(state.video.id, frame),
        this.#gateway.history(state.video.id, frame, state.project.skeleton.names),
      ]);
      this.#session.take(labels);
      if (state.presented.value === frame) state.history.value = lines;
    } catch (error) {
      // Without a connection the frame stays as it was last known; the save chip already says so.
      if (!isAbort(error)) state.history.value = [];
    }
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

  #readPointer(surface: HTMLElement): PointerReader {
    const stage = this.#screen?.stage;
    if (stage === undefined) throw new Error("The screen is not there yet.");
    const toImage = (at: Point): Point => imageFromCanvas(stage.view, at);
    return new PointerReader(
      surface,
      {
        grab: (at, touch) => this.#grab(at, touch ? TOUCH_REACH : GRAB_REACH),
        drag: (at) => {
          const image = toImage({ x: at.x + this.#grabOffset.x, y: at.y + this.#grabOffset.y });
          this.labelling.drag(image);
          stage.magnify(image);
        },
        drop: (cancelled) => {
          this.labelling.drop(cancelled);
          if (!this.state.loupe.value) stage.magnify(null);
        },
        place: (at, guessed) => {
          if (isOnImage(toImage(at), this.state.video)) this.labelling.place(toImage(at), guessed);
        },
        hover: (at) => {
          if (this.state.loupe.value) stage.magnify(at === null ? null : toImage(at));
        },
        pan: (dx, dy) => stage.pan(dx, dy),
        pinch: (before, after) => stage.pinch(before, after),
        zoom: (factor, at) => stage.zoom(factor, at),
      },
      this.#signal,
    );
  }

  #grab(at: Point, reach: number): boolean {
    const { state } = this;
    const stage = this.#screen?.stage;
    if (stage === undefined || state.presented.value < 0 || !state.project.canLabel) return false;
    this.#screen?.player.pause();
    const scene = this.#scene(state.presented.value);
    const hit = hitLabel(scene, stage.view, at, reach);
    if (hit === null) return false;
    const mark = scene.animals
      .find((a) => a.animalId === hit.animalId)
      ?.labels.find((l) => l.keypoint === hit.keypoint);
    if (mark === undefined) return false;
    // The keypoint keeps its distance to the pointer: taking hold of it does not move it.
    const { scale, offsetX, offsetY } = stage.view;
    this.#grabOffset = {
      x: offsetX + (mark.x + 0.5) * scale - at.x,
      y: offsetY + (mark.y + 0.5) * scale - at.y,
    };
    this.labelling.grab(hit);
    return true;
  }

  #redraw(): void {
    this.#screen?.player.redraw();
  }

  #dispose(): void {
    if (this.#settle !== null) clearTimeout(this.#settle);
    this.#predictions?.dispose();
    this.#screen?.dispose();
    // The end of a page aborts the signal first, so the listener of "pagehide" is gone when its turn comes.
    this.#session.queue.lastWords();
    this.#session.close();
  }
}
