/** What is on screen: the player, the desks of the visible views, and where their frames come from. */

import { effect, untracked } from "@preact/signals";
import { wordsOf } from "../../api/problem";
import { FallbackSource } from "../../player/fallbackSource";
import { ImageSource } from "../../player/imageSource";
import { shareMemory } from "../../player/memory";
import { Player } from "../../player/player";
import { type TickFrames, ViewFailed } from "../../player/tickSource";
import type { FrameSource, SourceKind } from "../../player/types";
import { canUseWebCodecs, WebCodecsSource } from "../../player/webCodecsSource";
import type { StudioState, ViewState } from "./state";
import type { ViewDesk } from "./viewDesk";

const PREFERENCE = "sbea.player.source";
/** A tick that stays for so long is drawn smoothly; until then as roughly as in playback. */
const REST_MS = 120;
/** One that stays because the next does not come is drawn smoothly after so long. */
const PATIENCE_MS = 1000;

export interface ScreenHooks {
  readonly onPresented: (tick: number) => void;
  readonly onNote: (tone: "info" | "bad", words: string) => void;
}

/** Find out for each view whether this page can decode it by frame. */
export async function probeSources(state: StudioState): Promise<void> {
  await Promise.all(
    state.views.map(async (view) => {
      view.webCodecsUsable.value = await canUseWebCodecs(view.video);
    }),
  );
}

export class Screen {
  readonly player: Player;
  readonly #state: StudioState;
  readonly #root: HTMLElement;
  readonly #hooks: ScreenHooks;
  readonly #desks = new Map<string, ViewDesk>();
  readonly #stops: (() => void)[] = [];
  #focusOwed = false;
  #drawnTick = -1;
  /** Runs while the tick on screen is a new one. */
  #resting: ReturnType<typeof setTimeout> | null = null;

  /** `root` carries `data-presented-tick`, `-frame`, `data-source-kind` and `data-view` for tests to read. */
  constructor(state: StudioState, root: HTMLElement, hooks: ScreenHooks) {
    this.#state = state;
    this.#root = root;
    this.#hooks = hooks;
    this.player = new Player({
      table: state.recording.table,
      fps: state.recording.fps,
      sources: this.#sources(new Map()),
      draw: (frames) => this.#draw(frames),
    });
    shareMemory(this.player.sources);
    this.#listen();
    this.#follow(() => {
      const names = state.visible.value.map(({ name }) => name);
      untracked(() => this.#show(names));
    });
    this.#follow(() => this.#describe());
  }

  /** The desk of the active view; undefined until it is on screen. */
  get desk(): ViewDesk | undefined {
    return this.#desks.get(this.#state.active.peek().name);
  }

  /** The keyboard goes to the active view; to one that was hidden as soon as it is on screen. */
  focus(): void {
    this.#focusOwed = this.desk === undefined;
    this.desk?.focus();
  }

  get desks(): Iterable<ViewDesk> {
    return this.#desks.values();
  }

  attach(view: ViewState, desk: ViewDesk): void {
    this.#desks.set(view.name, desk);
    if (this.#focusOwed && desk === this.desk) this.focus();
    this.player.redraw();
  }

  detach(view: ViewState): void {
    this.#desks.get(view.name)?.dispose();
    this.#desks.delete(view.name);
  }

  /** The user's own choice of source, for all views; remembered. */
  choose(kind: SourceKind): void {
    localStorage.setItem(PREFERENCE, kind);
    this.#setSources(this.#sources(new Map()));
  }

  dispose(): void {
    for (const stop of this.#stops) stop();
    if (this.#resting !== null) clearTimeout(this.#resting);
    for (const desk of this.#desks.values()) desk.dispose();
    this.player.dispose();
  }

  #draw({ tick, frames }: TickFrames): void {
    if (tick !== this.#drawnTick) this.#restSoon(tick);
    const moving = this.player.playing || this.#resting !== null;
    for (const [view, frame] of frames) {
      const stage = this.#desks.get(view)?.stage;
      if (frame === null) stage?.drawNone();
      else stage?.draw(frame, moving);
    }
  }

  /** Scaling several pictures smoothly takes longer than all else on the page: only for a tick that stays. */
  #restSoon(tick: number): void {
    this.#drawnTick = tick;
    this.#smoothIn(REST_MS);
  }

  #smoothIn(ms: number): void {
    if (this.#resting !== null) clearTimeout(this.#resting);
    this.#resting = setTimeout(() => {
      // Whoever jumped on waits for another tick, whose way to the screen this would hold up.
      if (ms < PATIENCE_MS && this.player.target !== this.player.presented)
        return this.#smoothIn(PATIENCE_MS);
      this.#resting = null;
      this.player.redraw();
    }, ms);
  }

  /** Sources of the visible views; those that a view has already go on. */
  #sources(present: ReadonlyMap<string, FrameSource>): ReadonlyMap<string, FrameSource> {
    const { visible } = this.#state;
    return new Map(visible.peek().map((view) => [view.name, present.get(view.name) ?? this.#open(view)]));
  }

  /** Fetch of these views from now on; which of them is the active one makes no difference. */
  #show(names: readonly string[]): void {
    const { sources } = this.player;
    if (names.length === sources.size && names.every((name) => sources.has(name))) return;
    this.#setSources(this.#sources(sources));
  }

  #setSources(sources: ReadonlyMap<string, FrameSource>): void {
    this.player.setSources(sources);
    shareMemory(sources);
  }

  /** WebCodecs wherever it works, unless this browser's user chose pictures. */
  #open(view: ViewState): FrameSource {
    const pictures = (): FrameSource => new ImageSource(view.video);
    const decodes = view.webCodecsUsable.peek() && localStorage.getItem(PREFERENCE) !== "images";
    view.sourceKind.value = decodes ? "webcodecs" : "images";
    if (!decodes) return pictures();
    return new FallbackSource(new WebCodecsSource(view.video), pictures, (error) => this.#fell(view, error));
  }

  #fell(view: ViewState, error: unknown): void {
    view.sourceKind.value = "images";
    view.webCodecsUsable.value = false;
    shareMemory(this.player.sources);
    const which = this.#state.views.length > 1 ? ` of ${view.name}` : "";
    this.#hooks.onNote(
      "info",
      `${wordsOf(error)} Showing single pictures${which} instead; frames and labels are the same.`,
    );
  }

  #listen(): void {
    const { player } = this;
    const state = this.#state;
    player.on("presented", ({ tick }) => this.#hooks.onPresented(tick));
    player.on("target", ({ tick }) => {
      state.target.value = tick;
    });
    player.on("playing", ({ playing }) => {
      state.playing.value = playing;
      if (!playing) player.redraw(); // what was drawn in passing is drawn smoothly
    });
    player.on("failed", ({ tick, error }) => this.#failed(tick, error));
  }

  #failed(tick: number, error: unknown): void {
    const several = this.#state.views.length > 1;
    const frame = error instanceof ViewFailed ? error.frame : tick;
    const what =
      several && error instanceof ViewFailed ? `Frame ${frame} of ${error.view}` : `Frame ${frame}`;
    const way = several
      ? "Move to another tick to try again, or hide that view."
      : "Move to another frame to try again.";
    this.#hooks.onNote("bad", `${what} could not be shown. ${wordsOf(error)} ${way}`);
  }

  #describe(): void {
    const { tick, presented, active } = this.#state;
    const { dataset } = this.#root;
    const { scale, offsetX, offsetY } = active.value.view.value;
    dataset.view = `${scale} ${offsetX} ${offsetY}`;
    dataset.sourceKind = active.value.sourceKind.value;
    if (tick.value < 0) return;
    dataset.presentedTick = String(tick.value);
    dataset.presentedFrame = String(presented.value);
  }

  #follow(what: () => void): void {
    this.#stops.push(effect(what));
  }
}
