/** One view on screen: its canvases, and the hands that work on them. */

import { onDensityChange } from "../../canvas/density";
import { PointerReader } from "../../canvas/pointer";
import type { OverlayScene } from "../../canvas/scene";
import { Stage } from "../../canvas/stage";
import type { Player } from "../../player/player";
import { Hand } from "./hand";
import type { Labelling } from "./labelling";
import { Loupe } from "./loupe";
import type { StudioState, ViewState } from "./state";

export interface ViewElements {
  readonly surface: HTMLElement;
  readonly video: HTMLCanvasElement;
  readonly overlay: HTMLCanvasElement;
  readonly loupe: HTMLCanvasElement;
}

export interface DeskParts {
  readonly state: StudioState;
  readonly labelling: Labelling;
  readonly player: Pick<Player, "playing" | "pause" | "redraw">;
  /** What lies over a frame of a view. */
  readonly sceneOf: (view: ViewState, index: number) => OverlayScene;
  /** Somebody begins to work in a view. */
  readonly activate: (view: ViewState) => void;
  readonly note: (words: string) => void;
}

export class ViewDesk {
  readonly stage: Stage;
  readonly loupe: Loupe;
  readonly hand: Hand;
  readonly pointer: PointerReader;
  readonly #surface: HTMLElement;
  readonly #observer: ResizeObserver;
  readonly #end = new AbortController();

  constructor(view: ViewState, elements: ViewElements, parts: DeskParts) {
    const { state, labelling, player, note } = parts;
    this.#surface = elements.surface;
    const sceneOf = (index: number): OverlayScene => parts.sceneOf(view, index);
    this.stage = new Stage({
      ...elements,
      image: { width: view.video.width, height: view.video.height },
      sceneOf,
      requestDraw: () => player.redraw(),
      onView: (transform) => {
        view.view.value = transform;
        const { scale, offsetX, offsetY } = transform;
        elements.surface.dataset.view = `${scale} ${offsetX} ${offsetY}`; // for tests to read
      },
    });
    this.loupe = new Loupe(state, view, this.stage);
    const activate = (): void => parts.activate(view);
    this.hand = new Hand({
      state,
      view,
      labelling,
      player,
      stage: this.stage,
      loupe: this.loupe,
      sceneOf,
      activate,
      note,
    });
    this.pointer = new PointerReader(elements.surface, this.hand, this.#end.signal);
    // The keyboard comes to a view with the focus, and then means that view.
    elements.surface.addEventListener("focus", activate, { signal: this.#end.signal });
    this.#observer = new ResizeObserver(() => this.#resize());
    this.#observer.observe(elements.surface);
    onDensityChange(() => this.#resize(), this.#end.signal);
    this.#resize();
  }

  focus(): void {
    this.#surface.focus({ preventScroll: true });
  }

  get hasFocus(): boolean {
    return document.activeElement === this.#surface;
  }

  dispose(): void {
    this.#observer.disconnect();
    this.#end.abort();
    this.loupe.dispose();
  }

  #resize(): void {
    const box = this.#surface.getBoundingClientRect();
    this.stage.resize({ width: box.width, height: box.height });
  }
}
