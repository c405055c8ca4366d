/** The studio: carries out commands, and keeps signals, picture, labels and predictions in step. */

import { batch } from "@preact/signals";
import { type Adjustment, loadAdjustment, saveAdjustment } from "../../canvas/adjust";
import type { LabelSession } from "../../labels/labelSession";
import type { SourceKind } from "../../player/types";
import { addressOf } from "./address";
import { DoubtReads } from "./doubtReads";
import type { Gateway } from "./gateway";
import { Ghosts } from "./ghosts";
import type { Command } from "./keys";
import { LabelLoop } from "./labelLoop";
import { Labelling } from "./labelling";
import type { Animal } from "./model";
import { Notes } from "./notes";
import { Reads } from "./reads";
import { rememberViews } from "./remembered";
import { sceneOf } from "./sceneOf";
import { Screen } from "./screen";
import type { StudioState, ViewState } from "./state";
import type { SuggestedGhosts } from "./suggestedGhosts";
import { ViewChoice } from "./viewChoice";
import { runViewCommand } from "./viewCommands";
import { ViewDesk, type ViewElements } from "./viewDesk";

/** How long a tick must stay before its history and newest labels are asked for. */
const SETTLE_MS = 250;

export class Studio {
  readonly state: StudioState;
  readonly labelling: Labelling;
  readonly reads: Reads;
  readonly views: ViewChoice;
  readonly loop: LabelLoop;
  readonly #notes: Notes;
  readonly #ghosts: Ghosts;
  readonly #doubts: DoubtReads;
  readonly #session: LabelSession;
  readonly #signal: AbortSignal;
  readonly #forget: () => void;
  #screen: Screen | null = null;
  #settle: ReturnType<typeof setTimeout> | null = null;
  /** Set by the box that holds the number of the frame. */
  focusFrameBox: () => void = () => {};

  constructor(state: StudioState, session: LabelSession, gateway: Gateway, signal: AbortSignal) {
    this.state = state;
    this.#session = session;
    this.#signal = signal;
    const redraw = (): void => this.#redraw();
    const note = (tone: "info" | "bad", words: string): void => this.note(tone, words);
    this.#notes = new Notes(state);
    this.#ghosts = new Ghosts(state, gateway, { redraw, note });
    this.labelling = new Labelling(state, session, {
      ghostsOf: (frame, animal) => this.#ghosts.marks(state.active.value, frame, animal),
      redraw,
      nudged: (to) => this.#screen?.desk?.loupe.nudge(to),
      goTo: (videoId, frame) => this.goToFrame(videoId, frame),
      note,
    });
    this.reads = new Reads(state, session, gateway, {
      note,
      labelsCame: (view) => view === state.active.value && this.labelling.labelsCame(),
      chooseResult: (id) => this.#ghosts.choose(id),
      showResult: (view, id) => this.#ghosts.show(view, id),
      predictionsCame: redraw,
    });
    this.views = new ViewChoice(state, {
      hasFocus: () => this.#screen?.desk?.hasFocus === true,
      focus: () => this.focusPicture(),
      changing: () => !state.playing.value && this.labelling.viewChanged(),
      changed: () => {
        redraw();
        this.#settleSoon();
      },
      note: (words) => note("info", words),
    });
    this.loop = new LabelLoop(state, {
      accept: () => this.accept(),
      activate: (view) => this.activate(view),
      goTo: (tick) => this.goTo(tick),
      goToStop: () => this.#toStop(1),
      skip: (view, frame) => this.reads.skip(view, frame),
      note: (words) => note("info", words),
      accepted: (words) => this.#notes.add("info", words, "accepted"),
    });
    this.#doubts = new DoubtReads(state, gateway, (words) => note("bad", words));
    for (const view of state.views) view.adjustment.value = loadAdjustment(view.video.id, localStorage);
    this.#forget = rememberViews(state, localStorage);
    this.#listen();
    signal.addEventListener("abort", () => this.#dispose(), { once: true });
  }

  /** Open the player; views join as their canvases are there. */
  open(root: HTMLElement): void {
    this.#screen = new Screen(this.state, root, {
      onPresented: (tick) => this.#presented(tick),
      onNote: (tone, words) => this.note(tone, words),
    });
  }

  /** Take the canvases of a view. Returns the way to give them back. */
  attach(view: ViewState, elements: ViewElements): () => void {
    const screen = this.#screen;
    if (screen === null) throw new Error("The studio is not open.");
    const desk = new ViewDesk(view, elements, {
      state: this.state,
      labelling: this.labelling,
      player: screen.player,
      sceneOf: (of, index) => sceneOf(of, index, this.state, this.labelling, this.#ghosts),
      activate: (of) => this.activate(of),
      note: (words) => this.note("info", words),
    });
    screen.attach(view, desk);
    return () => screen.detach(view);
  }

  /** The keyboard goes to the picture that is worked on. */
  focusPicture(): void {
    this.#screen?.focus();
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
        this.#screen?.desk?.hand.look(command.dx, command.dy);
        return;
      case "place":
        this.#screen?.desk?.hand.placeInMiddle(command.guessed);
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
      case "rest-absent":
        labelling.restAbsent();
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
        this.loop.next();
        return;
      case "previous-frame":
        this.goToStop(-1);
        return;
      case "copy-pose":
        labelling.copyPose();
        return;
      case "accept":
        this.accept();
        return;
      case "accept-next":
        this.loop.acceptAndGoOn();
        return;
      case "view":
        this.views.next(command.step);
        return;
      case "leave": // the keyboard's own: it leads out of the picture
        return;
      default: {
        const redraw = (): void => this.#redraw();
        const { views, focusFrameBox } = this;
        runViewCommand(command.do, { state, screen: this.#screen, views, redraw, focusFrameBox });
      }
    }
  }

  toggle(): void {
    this.#screen?.player.toggle();
  }

  goTo(tick: number): void {
    this.#screen?.player.seek(tick);
  }

  /** Go to where a video shows a frame, and work in that view. */
  goToFrame(videoId: number, frame: number): void {
    const view = this.state.views.find(({ video }) => video.id === videoId);
    if (view === undefined) return;
    const tick = this.state.recording.table.tickOf(view.name, frame);
    this.activate(view);
    if (tick === null)
      this.note("bad", `Frame ${frame} of ${view.name} is shown at no tick of this recording.`);
    else if (tick !== this.state.tick.value || tick !== this.state.target.value) this.goTo(tick);
  }

  scrub(tick: number): void {
    this.#screen?.player.scrub(tick);
  }

  /** Keys, lists and the address mean this view from now on. */
  activate(view: ViewState): void {
    this.views.activate(view);
  }

  /** The nearest tick worth a visit in a direction. */
  goToStop(direction: 1 | -1): void {
    const stayed = this.#toStop(direction);
    if (stayed !== null) this.note("info", stayed);
  }

  /** As `goToStop`, and returns why it stayed; null where it went. */
  #toStop(direction: 1 | -1): string | null {
    const { stops, target } = this.state;
    const ahead = stops.value.filter((tick) => (tick - target.value) * direction > 0);
    const next = direction > 0 ? ahead[0] : ahead.at(-1);
    const known = this.state.views.every(({ labelsRead }) => labelsRead.value === "known");
    if (next === undefined && !known)
      return "The labels of this video are not known yet, so neither are its labelled frames.";
    if (next === undefined)
      return `No suggested or labelled frame ${direction > 0 ? "after" : "before"} this one.`;
    this.goTo(next);
    return null;
  }

  /** Returns how many keypoints; 0 where none could be, and then says why. */
  accept(): number {
    if (this.hasGhosts) return this.labelling.accept();
    this.note("info", "There are no predictions here. Choose a result under Predictions first.");
    return 0;
  }

  setSpeed(speed: number): void {
    this.#screen?.player.setSpeed(speed);
    this.state.speed.value = this.#screen?.player.speed ?? speed;
  }

  setSource(kind: SourceKind): void {
    this.#screen?.choose(kind);
  }

  setAdjustment(view: ViewState, adjustment: Adjustment): void {
    view.adjustment.value = adjustment;
    saveAdjustment(view.video.id, adjustment, localStorage);
  }

  /** Space is held: dragging moves the picture. */
  holdPan(held: boolean): void {
    for (const { pointer } of this.#screen?.desks ?? []) pointer.panHeld = held;
  }

  /** Escape: put back what is held; false where nothing was. */
  abandon(): boolean {
    return [...(this.#screen?.desks ?? [])].map(({ pointer }) => pointer.abandon()).includes(true);
  }

  /** A result over the picture; or what models say of suggested frames alone; or nothing. */
  chooseResult(id: number | "suggested" | null): void {
    if (typeof id === "number") this.#ghosts.choose(id);
    else this.#ghosts.chooseSuggested(id === "suggested");
  }

  /** Whether predictions may lie over the active view. */
  get hasGhosts(): boolean {
    void this.state.predictionsVersion.value;
    return this.#ghosts.isShown(this.state.active.value);
  }

  /** What models say of suggested frames of the active view. */
  get suggestedGhosts(): SuggestedGhosts {
    return this.#ghosts.suggested(this.state.active.value);
  }

  /** Mean confidence (tick) of an animal; undefined without predictions of it. */
  confidenceOf(animal: Animal): Float32Array | undefined {
    return this.#ghosts.confidence(animal);
  }

  predictedCount(frame: number, animal: Animal): number {
    return this.#ghosts.marks(this.state.active.value, frame, animal)?.length ?? 0;
  }

  resolve(uuid: string, choice: "mine" | "theirs"): void {
    void this.#session.resolve(uuid, choice);
  }

  /** Give up the changes of a video that the server does not take. */
  discard(videoId: number): void {
    void this.#session.discard(videoId);
  }

  retryDoubts(): void {
    void this.#doubts.retry();
  }

  retrySaving(): void {
    this.#session.queue.retry();
  }

  note(tone: "info" | "bad", words: string): void {
    this.#notes.add(tone, words);
  }

  dismiss(id: number): void {
    this.#notes.dismiss(id);
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
      const view = state.views.find(({ video }) => video.id === operation.video_id);
      if (view !== undefined && operation.frame_index === state.frameOf(view)) this.#settleSoon();
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
      void this.reads.failedLabels();
      this.retryDoubts();
    };
    const page = { signal: this.#signal };
    window.addEventListener("online", online, page);
    window.addEventListener("focus", () => state.save.value.state !== "saved" && retry(), page);
    window.addEventListener("pagehide", () => session.queue.lastWords(), page);
  }

  #labelsChanged(): void {
    const { state } = this;
    batch(() => {
      for (const { video, progressByFrame } of state.views) {
        progressByFrame.value = this.#session.store(video.id).progressByFrame();
      }
      state.canUndo.value = this.#session.videoToUndo !== null;
      state.canRedo.value = this.#session.videoToRedo !== null;
      state.labelsVersion.value++;
    });
    this.#redraw();
  }

  #presented(tick: number): void {
    const { state } = this;
    const changed = state.tick.value !== tick;
    batch(() => {
      state.tick.value = tick;
      if (changed && !state.playing.value) this.labelling.rearm();
    });
    this.#ghosts.prepare();
    // The keypoint armed for this frame is marked in the overlay of the next callback.
    if (changed && !state.playing.value) this.#redraw();
    this.#settleSoon();
  }

  /** When the tick stays: its address, its history, and what others did to it meanwhile. */
  #settleSoon(): void {
    if (this.#settle !== null) clearTimeout(this.#settle);
    this.#settle = setTimeout(() => this.#settled(), SETTLE_MS);
  }

  #settled(): void {
    const { state } = this;
    if (state.playing.value || state.tick.value < 0 || this.#signal.aborted) return;
    history.replaceState(history.state, "", addressOf(state, new URL(location.href)));
    void this.reads.settled();
  }

  #redraw(): void {
    this.#screen?.player.redraw();
  }

  #dispose(): void {
    if (this.#settle !== null) clearTimeout(this.#settle);
    this.#forget();
    this.#ghosts.dispose();
    this.#doubts.dispose();
    this.#screen?.dispose();
    // The end of a page aborts the signal first, so the listener of "pagehide" is gone when its turn comes.
    this.#session.queue.lastWords();
    this.#session.close();
  }
}
