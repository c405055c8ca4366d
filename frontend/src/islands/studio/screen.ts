/** The picture: player, stage and the source of frames, with the fall-over from one source to the other. */

import { onDensityChange } from "../../canvas/density";
import type { OverlayScene } from "../../canvas/scene";
import { Stage } from "../../canvas/stage";
import { ImageSource } from "../../player/imageSource";
import { Player } from "../../player/player";
import { type FrameSource, SourceError, type SourceErrorCode, type SourceKind } from "../../player/types";
import { canUseWebCodecs, WebCodecsSource } from "../../player/webCodecsSource";
import type { StudioVideo } from "./model";
import type { StudioState } from "./state";

const PREFERENCE = "sbea.player.source";
/** Failures that lie in decoding, so that single pictures can still work. */
const DECODING: ReadonlySet<SourceErrorCode> = new Set(["decode_failed", "unsupported", "bad_index"]);

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
    this.player = new Player({
      frameCount: video.frameCount,
      fps: video.fps,
      source: this.#makeSource(kind),
      draw: (frame) => this.stage.draw(frame),
    });
    this.#listen();
    this.#observer = new ResizeObserver(() => this.#resize());
    this.#observer.observe(elements.video.parentElement ?? elements.video);
    onDensityChange(() => this.#resize(), this.#end.signal);
    this.#resize();
  }

  /** The user's own choice of source; remembered. */
  choose(kind: SourceKind): void {
    if (kind === this.player.source.kind) return;
    localStorage.setItem(PREFERENCE, kind);
    this.player.setSource(this.#makeSource(kind));
  }

  dispose(): void {
    this.#observer.disconnect();
    this.#end.abort();
    this.player.dispose();
  }

  #makeSource(kind: SourceKind): FrameSource {
    this.#state.sourceKind.value = kind;
    this.#elements.root.dataset.sourceKind = kind;
    return kind === "webcodecs" ? new WebCodecsSource(this.#state.video) : new ImageSource(this.#state.video);
  }

  #listen(): void {
    const { player } = this;
    player.on("presented", ({ index }) => {
      this.#elements.root.dataset.presentedFrame = String(index);
      this.#hooks.onPresented(index);
    });
    player.on("target", ({ index }) => {
      this.#state.target.value = index;
    });
    player.on("playing", ({ playing }) => {
      this.#state.playing.value = playing;
    });
    player.on("failed", ({ index, error }) => this.#failed(index, error));
  }

  #failed(index: number, error: unknown): void {
    const words = error instanceof Error ? error.message : String(error);
    if (canFallOver(this.player.source.kind, error)) {
      this.player.setSource(this.#makeSource("images"));
      this.#state.webCodecsUsable.value = false;
      this.#hooks.onNote("info", `${words} Showing single pictures instead; frames and labels are the same.`);
    } else {
      this.#hooks.onNote(
        "bad",
        `Frame ${index} could not be shown. ${words} Move to another frame to try again.`,
      );
    }
  }

  #resize(): void {
    const box = this.#elements.video.parentElement?.getBoundingClientRect();
    if (box !== undefined) this.stage.resize({ width: box.width, height: box.height });
  }
}

function canFallOver(kind: SourceKind, error: unknown): boolean {
  return kind === "webcodecs" && (!(error instanceof SourceError) || DECODING.has(error.code));
}
