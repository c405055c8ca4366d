/** What the user does to labels of the frame on screen. One gesture is one call of `session.apply`. */

import type { Hit } from "../../canvas/hit";
import type { LabelMark, PredictionMark } from "../../canvas/scene";
import { clampToImage, type Point } from "../../canvas/transform";
import { cycled, nextToPlace, nextVisibility } from "../../labels/arming";
import type { LabelSession, Walked, Wish } from "../../labels/labelSession";
import { isPlaced, type KeypointValue, UNLABELLED } from "../../labels/types";
import type { Animal } from "./model";
import type { StudioState } from "./state";

/** A keypoint held by the pointer: shown where it is held, an operation only when it is let go. */
interface Held {
  readonly frame: number;
  readonly animalId: number;
  readonly keypoint: number;
  readonly value: KeypointValue;
}

export interface LabellingHooks {
  /** Predictions of an animal on a frame; null while they are on their way. */
  readonly ghostsOf: (frame: number, animal: Animal) => readonly PredictionMark[] | null;
  readonly redraw: () => void;
  readonly goTo: (frame: number) => void;
  readonly note: (tone: "info" | "bad", words: string) => void;
}

export class Labelling {
  readonly #state: StudioState;
  readonly #session: LabelSession;
  readonly #hooks: LabellingHooks;
  readonly #lastPlaces = new Map<string, Point>();
  #held: Held | null = null;
  /** Armed when that frame is on screen: where an undo leads. */
  #armOnArrival: { frame: number; keypoint: number } | null = null;

  constructor(state: StudioState, session: LabelSession, hooks: LabellingHooks) {
    this.#state = state;
    this.#session = session;
    this.#hooks = hooks;
  }

  /** Keypoints of an animal on a frame, as the user sees them. */
  values(frame: number, animalId: number): readonly KeypointValue[] {
    const stored = this.#session.store.instance(frame, animalId)?.keypoints;
    return stored ?? this.#state.project.skeleton.names.map(() => UNLABELLED);
  }

  marks(frame: number, animalId: number): LabelMark[] {
    const held = this.#held;
    return this.values(frame, animalId).flatMap((value, keypoint) => {
      const isHeld = held?.frame === frame && held.animalId === animalId && held.keypoint === keypoint;
      const { x, y, visibility } = isHeld ? held.value : value;
      if (x === null || y === null || (visibility !== "visible" && visibility !== "guessed")) return [];
      return [{ keypoint, x, y, visibility }];
    });
  }

  /** The frame on screen changed: arm the first keypoint on which nobody has decided. */
  rearm(): void {
    this.#held = null;
    const arrival = this.#armOnArrival;
    this.#armOnArrival = null;
    const here = arrival?.frame === this.#state.presented.value;
    this.#state.armed.value = here ? arrival.keypoint : nextToPlace(this.#active(), -1);
  }

  arm(keypoint: number): void {
    this.#state.armed.value = keypoint;
    this.#hooks.redraw();
  }

  cycle(step: 1 | -1): void {
    const { armed, project } = this.#state;
    armed.value = cycled(armed.value, step, project.skeleton.names.length);
    this.#hooks.redraw();
  }

  choose(animalId: number): void {
    this.#state.activeAnimal.value = animalId;
    this.rearm();
    this.#hooks.redraw();
  }

  /** A click: the armed keypoint is here; the next one is armed. */
  place(at: Point, guessed: boolean): void {
    const armed = this.#state.armed.value;
    if (!this.#may()) return;
    if (armed === null) {
      this.#hooks.note(
        "info",
        "Every keypoint of this animal is decided. Drag one to move it, or Tab to arm one.",
      );
      return;
    }
    this.#apply([[armed, { ...this.#rounded(at), visibility: guessed ? "guessed" : "visible" }]]);
    this.#state.armed.value = nextToPlace(this.#active(), armed);
  }

  grab(hit: Hit): void {
    this.#state.activeAnimal.value = hit.animalId;
    this.#state.armed.value = hit.keypoint;
    const frame = this.#state.presented.value;
    const value = this.values(frame, hit.animalId)[hit.keypoint] ?? UNLABELLED;
    this.#held = { frame, animalId: hit.animalId, keypoint: hit.keypoint, value };
    this.#hooks.redraw();
  }

  /** The held keypoint goes to an image position. */
  drag(to: Point): void {
    if (this.#held === null) return;
    this.#held = { ...this.#held, value: { ...this.#held.value, ...this.#rounded(to) } };
    this.#hooks.redraw();
  }

  drop(cancelled: boolean): void {
    const held = this.#held;
    this.#held = null;
    if (held !== null && !cancelled && held.frame === this.#state.presented.value && this.#may()) {
      this.#apply([[held.keypoint, held.value]]);
    }
    this.#hooks.redraw();
  }

  nudge(dx: number, dy: number): void {
    const target = this.#armedValue();
    if (target === null || !isPlaced(target.value) || !this.#may()) return;
    const moved = this.#rounded({ x: target.value.x + dx, y: target.value.y + dy });
    const { presented, activeAnimal } = this.#state;
    const mergeKey = `nudge/${presented.value}/${activeAnimal.value}/${target.keypoint}`;
    this.#apply([[target.keypoint, { ...target.value, ...moved }]], mergeKey);
  }

  cycleVisibility(): void {
    const target = this.#armedValue();
    if (target === null || !this.#may()) return;
    const { keypoint, value } = target;
    const place = `${this.#state.presented.value}/${this.#state.activeAnimal.value}/${keypoint}`;
    if (isPlaced(value)) this.#lastPlaces.set(place, { x: value.x, y: value.y });
    this.#apply([[keypoint, nextVisibility(value, this.#lastPlaces.get(place) ?? null)]]);
  }

  remove(): void {
    const target = this.#armedValue();
    if (target !== null && this.#may()) this.#apply([[target.keypoint, UNLABELLED]]);
  }

  /** The previous labelled pose of this animal, for the keypoints on which nobody has decided here. */
  copyPose(): void {
    const { presented, activeAnimal } = this.#state;
    if (!this.#may()) return;
    const source = this.#session.store.previousPose(presented.value, activeAnimal.value);
    if (source === undefined) {
      this.#hooks.note("info", "No earlier frame has labels of this animal to copy.");
      return;
    }
    const here = this.#active();
    this.#apply(
      source.keypoints.flatMap((value, k): [number, KeypointValue][] =>
        isPlaced(value) && here[k]?.visibility === "unlabelled" ? [[k, value]] : [],
      ),
    );
    this.rearm();
  }

  /** Predictions at or above the threshold become labels where nobody has decided; of every animal. */
  accept(): void {
    if (!this.#may()) return;
    const wishes = this.acceptable();
    if (wishes === null) this.#hooks.note("info", "The predictions of this frame are still on their way.");
    else if (wishes.length === 0)
      this.#hooks.note("info", "No prediction above the threshold is left to accept here.");
    else void this.#session.apply(wishes, { accepted: true });
    this.rearm();
  }

  /** What `accept` would do; null while predictions are on their way. */
  acceptable(): Wish[] | null {
    const { presented, project, threshold } = this.#state;
    const frame = presented.value;
    const wishes: Wish[] = [];
    for (const animal of project.animals) {
      const ghosts = this.#hooks.ghostsOf(frame, animal);
      if (ghosts === null) return null;
      const values = this.values(frame, animal.id);
      for (const { keypoint, x, y, confidence } of ghosts) {
        if (confidence < threshold.value || values[keypoint]?.visibility !== "unlabelled") continue;
        const value: KeypointValue = { ...this.#rounded({ x, y }), visibility: "visible" };
        wishes.push({ frame_index: frame, animal_id: animal.id, keypoint, value });
      }
    }
    return wishes;
  }

  undo(): void {
    if (this.#may()) this.#walked(this.#session.undo(), "undo");
  }

  redo(): void {
    if (this.#may()) this.#walked(this.#session.redo(), "redo");
  }

  #walked(walked: Walked | null, verb: "undo" | "redo"): void {
    if (walked === null) {
      this.#hooks.note("info", `Nothing to ${verb} in this recording.`);
      return;
    }
    if (walked.kept > 0) {
      this.#hooks.note("info", `${walked.kept} of these keypoints changed since, and stayed as they are.`);
    }
    const { animal_id, keypoint } = walked.target;
    this.#state.activeAnimal.value = animal_id;
    this.#state.armed.value = keypoint;
    if (walked.frameIndex === this.#state.presented.value) return;
    this.#armOnArrival = { frame: walked.frameIndex, keypoint };
    this.#hooks.goTo(walked.frameIndex);
  }

  #active(): readonly KeypointValue[] {
    return this.values(this.#state.presented.value, this.#state.activeAnimal.value);
  }

  #armedValue(): { keypoint: number; value: KeypointValue } | null {
    const keypoint = this.#state.armed.value;
    return keypoint === null ? null : { keypoint, value: this.#active()[keypoint] ?? UNLABELLED };
  }

  #apply(changes: readonly (readonly [keypoint: number, value: KeypointValue])[], mergeKey = ""): void {
    const frame_index = this.#state.presented.value;
    const animal_id = this.#state.activeAnimal.value;
    const wishes = changes.map(([keypoint, value]) => ({ frame_index, animal_id, keypoint, value }));
    void this.#session.apply(wishes, { mergeKey });
  }

  #may(): boolean {
    const { project, presented, activeAnimal } = this.#state;
    if (!project.canLabel) {
      this.#hooks.note("info", "Your role in this project lets you look, not label.");
      return false;
    }
    return presented.value >= 0 && activeAnimal.value >= 0;
  }

  /** On the picture, in hundredths of a pixel: finer than a hand, and the same text there and back. */
  #rounded(at: Point): Point {
    const { x, y } = clampToImage(at, this.#state.video);
    return { x: Math.round(x * 100) / 100, y: Math.round(y * 100) / 100 };
  }
}
