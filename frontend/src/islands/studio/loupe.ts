/** When the loupe is on screen, and on what: it follows the pointer, a dragged keypoint, or a nudged one. */

import type { Stage } from "../../canvas/stage";
import { canvasFromImage, type Point } from "../../canvas/transform";
import type { StudioState, ViewState } from "./state";

/** How long it stays after a nudge: long enough to press the next arrow. */
const AFTER_NUDGE_MS = 1500;
/** Side of its box with the margin around it, in CSS pixels. */
const BOX = 192;

export class Loupe {
  readonly #state: Pick<StudioState, "loupe">;
  readonly #view: Pick<ViewState, "loupeShown" | "loupeAside">;
  readonly #stage: Pick<Stage, "magnify" | "size" | "view">;
  #ending: ReturnType<typeof setTimeout> | null = null;

  /** `view` is the one that it lies over. */
  constructor(
    state: Pick<StudioState, "loupe">,
    view: Pick<ViewState, "loupeShown" | "loupeAside">,
    stage: Pick<Stage, "magnify" | "size" | "view">,
  ) {
    this.#state = state;
    this.#view = view;
    this.#stage = stage;
  }

  /** It was switched on or off. */
  switched(): void {
    this.#show(null);
  }

  /** The pointer is over this image position, or over none. */
  hover(at: Point | null): void {
    if (this.#state.loupe.value) this.#show(at);
    else if (this.#view.loupeShown.value) this.#show(null);
  }

  drag(at: Point): void {
    this.#show(at);
  }

  drop(): void {
    if (!this.#state.loupe.value) this.#show(null);
  }

  nudge(at: Point): void {
    this.#show(at);
    if (!this.#state.loupe.value) this.#ending = setTimeout(() => this.#show(null), AFTER_NUDGE_MS);
  }

  dispose(): void {
    if (this.#ending !== null) clearTimeout(this.#ending);
  }

  #show(at: Point | null): void {
    this.dispose();
    const { loupeShown, loupeAside } = this.#view;
    // Switched on, it is there where the pointer is: in one view at a time.
    loupeShown.value = at !== null;
    if (at !== null) {
      const { x, y } = canvasFromImage(this.#stage.view, at);
      const { width, height } = this.#stage.size;
      loupeAside.value = x > width - BOX && y > height - BOX;
    }
    this.#stage.magnify(at);
  }
}
