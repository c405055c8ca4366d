/** The picture: player, stage and the source of frames, with the fall-over from one source to the other. */

import { wordsOf } from "../../api/problem";
import { onDensityChange } from "../../canvas/density";
import type { OverlayScene } from "../../canvas/scene";
import { Stage } from "../../canvas/stage";
import { FallbackSource } from "../../player/fallbackSource";
import { ImageSource } from "../../player/imageSource";
import { Player } from "../../player/player";
import { TickTable } from "../../player/tickTable";
import type { FrameSource, SourceKind } from "../../player/types";
import { canUseWebCodecs, WebCodecsSource } from "../../player/webCodecsSource";
import type { StudioVideo } from "./model";
import type { StudioState } from "./state";

const PREFERENCE = "sbea.player.source";

export interface ScreenElements {
  /** Carries `data-presented-frame`, `data-source-kind` and `data-view` for tests to read. */
  readonly root: HTMLElement;
  readonly video: HTMLCanvasElement;
  readonly overlay: HTMLCanvasElement;
  readonly loupe: HTMLCanvasElement;
}

export interface ScreenHooks {
  readonly sceneOf: (index: number) => OverlayScene;
  readonly onPresented: (index: number) => void;
  readonly onNote: (tone: "info" | "bad", words: string) => void;
}

/** The source to start with: WebCodecs wherever it works, unless this browser's user chose pictures. */
export async function chooseSource(video: StudioVideo): Promise<{ kind: SourceKind; usable: boolean }> {
  const usable = await canUseWebCodecs(video);
  const kind = usable && localStorage.getItem(PREFERENCE) !== "images" ? "webcodecs" : "images";
  return { kind, usable };
}

export class Screen {
  readonly player: Player;
  readonly stage: Stage;
  readonly #state: StudioState;
  readonly #elements: ScreenElements;
  readonly #hooks: ScreenHooks;
  readonly #observer: ResizeObserver;
  readonly #end = new AbortController();

  constructor(state: StudioState, elements: ScreenElements, hooks: ScreenHooks, kind: SourceKind) {
    this.#state = state;
    this.#elements = elements;
    this.#hooks = hooks;
    const { video } = state;
    this.stage = new Stage({
      video: elements.video,
      overlay: elements.overlay,
      loupe: elements.loupe,
      image: { width: video.width, height: video.height },
      sceneOf: hooks.sceneOf,
      requestDraw: () => this.player?.redraw(),
      onView: (view) => {
        state.view.value = view;
        elements.root.dataset.view = `${view.scale} ${view.offsetX} ${view.offsetY}`;
      },
    });
    const { view, frameCount } = video;
    this.player = new Player({
      table: TickTable.parse(
        { ticks: frameCount, views: { [view]: [[0, 0, frameCount]] } },
        new Map([[view, frameCount]]),
      ),
      fps: video.fps,
      sources: this.#sources(kind),
      draw: ({ frames }) => {
        const frame = frames.get(view);
        if (frame) this.stage.draw(frame);
      },
    });
    this.#listen();
    this.#observer = new ResizeObserver(() => this.#resize());
    this.#observer.observe(elements.video.parentElement ?? elements.video);
    onDensityChange(() => this.#resize(), this.#end.signal);
    this.#resize();
  }

  /** The user's own choice of source; remembered. */
  choose(kind: SourceKind): void {
    if (kind === this.#state.sourceKind.value) return;
    localStorage.setItem(PREFERENCE, kind);
    this.player.setSources(this.#sources(kind));
  }

  dispose(): void {
    this.#observer.disconnect();
    this.#end.abort();
    this.player.dispose();
  }

  #sources(kind: SourceKind): ReadonlyMap<string, FrameSource> {
    const { video } = this.#state;
    this.#shows(kind);
    const pictures = (): FrameSource => new ImageSource(video);
    if (kind === "images") return new Map([[video.view, pictures()]]);
    const fell = (error: unknown): void => {
      this.#shows("images");
      this.#state.webCodecsUsable.value = false;
      this.#hooks.onNote(
        "info",
        `${wordsOf(error)} Showing single pictures instead; frames and labels are the same.`,
      );
    };
    return new Map([[video.view, new FallbackSource(new WebCodecsSource(video), pictures, fell)]]);
  }

  #shows(kind: SourceKind): void {
    this.#state.sourceKind.value = kind;
    this.#elements.root.dataset.sourceKind = kind;
  }

  #listen(): void {
    const { player } = this;
    player.on("presented", ({ tick }) => {
      this.#elements.root.dataset.presentedFrame = String(tick);
      this.#hooks.onPresented(tick);
    });
    player.on("target", ({ tick }) => {
      this.#state.target.value = tick;
    });
    player.on("playing", ({ playing }) => {
      this.#state.playing.value = playing;
    });
    player.on("failed", ({ tick, error }) => {
      this.#hooks.onNote(
        "bad",
        `Frame ${tick} could not be shown. ${wordsOf(error)} Move to another frame to try again.`,
      );
    });
  }

  #resize(): void {
    const box = this.#elements.video.parentElement?.getBoundingClientRect();
    if (box !== undefined) this.stage.resize({ width: box.width, height: box.height });
  }
}
