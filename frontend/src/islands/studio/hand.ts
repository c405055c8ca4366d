/** What hands do on the picture of one view, by pointer or by keys: hold labels, place, move the picture, aim the loupe. */

import { hitLabel } from "../../canvas/hit";
import type { PointerIntentions, Press } from "../../canvas/pointer";
import type { OverlayScene } from "../../canvas/scene";
import type { Stage } from "../../canvas/stage";
import { canvasFromImage, imageFromCanvas, isOnImage, type Point } from "../../canvas/transform";
import type { Player } from "../../player/player";
import type { Labelling } from "./labelling";
import type { Loupe } from "./loupe";
import type { StudioState, ViewState } from "./state";

const GRAB_REACH = 10;
const TOUCH_REACH = 22;
/** What one key press moves the picture, in CSS pixels. */
const LOOK_STEP = 64;

export interface HandParts {
  readonly state: StudioState;
  readonly view: ViewState;
  readonly labelling: Labelling;
  readonly player: Pick<Player, "playing" | "pause">;
  readonly stage: Pick<Stage, "view" | "size" | "pan" | "pinch" | "zoom">;
  readonly loupe: Loupe;
  readonly sceneOf: (index: number) => OverlayScene;
  /** The view is the one that is worked in, from now on. */
  readonly activate: () => void;
  readonly note: (words: string) => void;
}

export class Hand implements PointerIntentions {
  readonly #parts: HandParts;
  #grabOffset: Point = { x: 0, y: 0 };

  constructor(parts: HandParts) {
    this.#parts = parts;
  }

  grab(at: Point, touch: boolean): Press {
    const { state, view, player, stage, labelling, sceneOf, activate } = this.#parts;
    activate();
    if (player.playing) {
      // Whoever presses to stop the video has aimed at no frame yet.
      player.pause();
      return "spent";
    }
    const frame = state.frameOf(view);
    if (frame === null || !state.project.canLabel) return "free";
    const scene = sceneOf(frame);
    const hit = hitLabel(scene, stage.view, at, touch ? TOUCH_REACH : GRAB_REACH);
    const marks = scene.animals.find(({ animalId }) => animalId === hit?.animalId)?.labels;
    const mark = marks?.find(({ keypoint }) => keypoint === hit?.keypoint);
    if (hit === null || mark === undefined) return "free";
    // The keypoint keeps its distance to the pointer: taking hold of it does not move it.
    const lies = canvasFromImage(stage.view, mark);
    this.#grabOffset = { x: lies.x - at.x, y: lies.y - at.y };
    labelling.grab(hit);
    return "held";
  }

  drag(at: Point): void {
    const image = this.#imageAt({ x: at.x + this.#grabOffset.x, y: at.y + this.#grabOffset.y });
    this.#parts.labelling.drag(image);
    this.#parts.loupe.drag(image);
  }

  drop(back: boolean): void {
    this.#parts.labelling.drop(back);
    this.#parts.loupe.drop();
  }

  place(at: Point, guessed: boolean): void {
    const image = this.#imageAt(at);
    if (isOnImage(image, this.#parts.view.video)) this.#parts.labelling.place(image, guessed);
  }

  /** Keys: look so many steps further to the right and down. */
  look(dx: number, dy: number): void {
    this.#parts.stage.pan(-dx * LOOK_STEP, -dy * LOOK_STEP);
    this.#parts.view.aiming.value = true;
  }

  /** Keys: for hands without a pointer, that move the picture until the spot lies in the middle of the view. */
  placeInMiddle(guessed: boolean): void {
    const { view, stage, player, labelling, note } = this.#parts;
    if (player.playing) return;
    const middle = this.#imageAt({ x: stage.size.width / 2, y: stage.size.height / 2 });
    view.aiming.value = true;
    if (isOnImage(middle, view.video)) labelling.place(middle, guessed);
    else note("The middle of the view lies beside the picture. F fits it into the window.");
  }

  hover(at: Point | null): void {
    this.#parts.view.aiming.value = false;
    this.#parts.loupe.hover(at === null ? null : this.#imageAt(at));
  }

  pan(dx: number, dy: number): void {
    this.#parts.stage.pan(dx, dy);
  }

  pinch(before: readonly [Point, Point], after: readonly [Point, Point]): void {
    this.#parts.stage.pinch(before, after);
  }

  zoom(factor: number, at: Point): void {
    this.#parts.stage.zoom(factor, at);
  }

  #imageAt(at: Point): Point {
    return imageFromCanvas(this.#parts.stage.view, at);
  }
}
