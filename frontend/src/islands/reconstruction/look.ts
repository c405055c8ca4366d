/** From where the scene is looked at and what is drawn of it: known before the scene is there, kept when it goes. */

import { type Signal, signal } from "@preact/signals";
import { wordsOf } from "../../api/problem";
import {
  ALL_LAYERS,
  type FloorBounds,
  formatViewpoint,
  type Layers,
  parseViewpoint,
  type Scene3D,
  type Viewpoint,
} from "../../scene";
import { type BoundsMm, floorUnder, holds } from "./floor";
import type { Space } from "./model";

type Note = (tone: "info" | "bad", words: string) => void;

export class Look {
  readonly scene: Signal<Scene3D | null> = signal(null);
  /** Why there is no scene and will be none; empty while there is or may be one. */
  readonly absence = signal("");
  readonly layers: Signal<Layers> = signal(ALL_LAYERS);
  /** Of the scene as it stands; null before it was drawn. */
  readonly viewpoint: Signal<Viewpoint | null> = signal(null);
  /** Where the scene must lie; null for below the poses that are shown first. A new one asks for a new scene. */
  readonly floor: Signal<FloorBounds | null>;
  readonly #note: Note;
  /** Where somebody wants to look from; null for the usual place, which depends on the floor. */
  #chosen: Viewpoint | null;

  /** `from` is a viewpoint's text, empty for the usual one. */
  constructor({ reconstruction }: Pick<Space, "reconstruction">, from: string, note: Note) {
    this.#note = note;
    this.#chosen = from === "" ? null : parseViewpoint(from);
    if (from !== "" && this.#chosen === null) this.#unusable("It is none that this page has written.");
    this.floor = signal(floorUnder(reconstruction.bounds_mm));
  }

  /** Text of the viewpoint for an address; empty for the usual one. */
  get text(): string {
    return this.#chosen === null ? "" : formatViewpoint(this.#chosen);
  }

  attach(scene: Scene3D | null): void {
    this.scene.value = scene;
    if (scene === null) return;
    const home = formatViewpoint(scene.viewpoint);
    scene.show(this.layers.peek());
    try {
      if (this.#chosen !== null) scene.setViewpoint(this.#chosen, { smooth: false });
    } catch (error) {
      this.#chosen = null;
      this.#unusable(wordsOf(error));
    }
    scene.on("viewpoint", (now) => {
      this.viewpoint.value = now;
      this.#chosen = formatViewpoint(now) === home ? null : now;
    });
  }

  show(layers: Partial<Layers>): void {
    this.layers.value = { ...this.layers.peek(), ...layers };
    this.scene.peek()?.show(layers);
  }

  /** The poses reach this far now. While more come, the floor is laid anew only where they have left it. */
  reach(bounds: BoundsMm | null, isFinal: boolean): void {
    const [laid, wanted] = [this.floor.peek(), floorUnder(bounds)];
    if (bounds === null || wanted === null) return;
    if (laid !== null && holds(laid, bounds) && !isFinal) return;
    if (JSON.stringify(laid) !== JSON.stringify(wanted)) this.floor.value = wanted;
  }

  #unusable(why: string): void {
    this.#note("info", `The viewpoint in this address cannot be used, so the usual one is shown. ${why}`);
  }
}
