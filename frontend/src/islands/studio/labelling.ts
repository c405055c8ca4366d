/** What the user does to labels of the frame on screen, in the active view. One gesture is one call of `session.apply`. */

import type { Hit } from "../../canvas/hit";
import type { LabelMark, PredictionMark } from "../../canvas/scene";
import { clampToImage, type Point } from "../../canvas/transform";
import { cycled, nextToPlace, nextVisibility } from "../../labels/arming";
import type { LabelSession, Walked, Wish } from "../../labels/labelSession";
import { ABSENT, isPlaced, type KeypointValue, UNLABELLED, type Visibility } from "../../labels/types";
import type { Animal } from "./model";
import type { StudioState, ViewState } from "./state";

/** One keypoint of one animal on one frame of one video. */
interface Spot {
  readonly video: number;
  readonly frame: number;
  readonly animalId: number;
  readonly keypoint: number;
}

/** A keypoint held by the pointer: shown where it is held, an operation only when it is let go. */
interface Held extends Spot {
  readonly value: KeypointValue;
}

/** A keypoint of the active animal on the frame on screen of the active view, as it stands. */
interface Target {
  readonly keypoint: number;
  readonly value: KeypointValue;
}

export interface LabellingHooks {
  /** Predictions of an animal on a frame of the active view; null while they are on their way. */
  readonly ghostsOf: (frame: number, animal: Animal) => readonly PredictionMark[] | null;
  readonly redraw: () => void;
  /** A keypoint went a little way: whoever moves it wants to see where to. */
  readonly nudged: (to: Point) => void;
  readonly goTo: (videoId: number, frame: number) => void;
  readonly note: (tone: "info" | "bad", words: string) => void;
}

export class Labelling {
  readonly #state: StudioState;
  readonly #session: LabelSession;
  readonly #hooks: LabellingHooks;
  readonly #lastPlaces = new Map<string, Point>();
  #held: Held | null = null;
  /** Placed, moved or nudged last: what the arrows mean while the next keypoint waits for its place. */
  #lastTouched: Spot | null = null;
  /** Armed when that frame is on screen: where an undo leads. */
  #armOnArrival: { video: number; frame: number; keypoint: number } | null = null;

  constructor(state: StudioState, session: LabelSession, hooks: LabellingHooks) {
    this.#state = state;
    this.#session = session;
    this.#hooks = hooks;
  }

  /** Keypoints of an animal on a frame, as the user sees them; of the active view, or of another one. */
  values(frame: number, animalId: number, video = this.#state.video.id): readonly KeypointValue[] {
    const stored = this.#session.store(video).instance(frame, animalId)?.keypoints;
    return stored ?? this.#state.project.skeleton.names.map(() => UNLABELLED);
  }

  marks(frame: number, animalId: number, video = this.#state.video.id): LabelMark[] {
    const held = this.#held;
    const here = held?.video === video && held.frame === frame && held.animalId === animalId ? held : null;
    return this.values(frame, animalId, video).flatMap((value, keypoint) => {
      const { x, y, visibility } = here?.keypoint === keypoint ? here.value : value;
      if (x === null || y === null || (visibility !== "visible" && visibility !== "guessed")) return [];
      return [{ keypoint, x, y, visibility }];
    });
  }

  /** The frame on screen changed: arm the first keypoint on which nobody has decided. */
  rearm(): void {
    this.#held = null;
    const arrival = this.#armOnArrival;
    this.#armOnArrival = null;
    this.#arm(arrival !== null && this.#isHere(arrival) ? arrival.keypoint : nextToPlace(this.#active(), -1));
  }

  /** Another view is worked in: what is armed stays so, unless somebody has decided on it there. */
  viewChanged(): void {
    this.#held = null;
    if (this.#armOnArrival !== null) {
      if (this.#isHere(this.#armOnArrival)) this.rearm();
      return; // else its frame is on its way
    }
    if (this.#state.armedByHand.value) return;
    const { armed } = this.#state;
    const values = this.#active();
    if (armed.value !== null && values[armed.value]?.visibility === "unlabelled") return;
    this.#arm(nextToPlace(values, (armed.value ?? 0) - 1));
  }

  /** Labels came: arm the first keypoint without a decision, unless somebody has begun to work already. */
  labelsCame(): void {
    if (this.#held === null && !this.#state.armedByHand.value) this.rearm();
  }

  arm(keypoint: number): void {
    this.#arm(keypoint, true);
    this.#hooks.redraw();
  }

  cycle(step: 1 | -1): void {
    const { armed, project } = this.#state;
    this.#arm(cycled(armed.value, step, project.skeleton.names.length), true);
    this.#hooks.redraw();
  }

  /**
   * The keypoint that a click places. One that is decided is placed anew only where somebody chose it from
   * the list or with Tab: correcting a point must not make the next click throw it elsewhere.
   */
  clickTarget(): number | null {
    const armed = this.#state.armed.value;
    const values = this.#active();
    if (armed !== null && (this.#state.armedByHand.value || values[armed]?.visibility === "unlabelled")) {
      return armed;
    }
    return nextToPlace(values, armed ?? -1);
  }

  choose(animalId: number): void {
    this.#state.activeAnimal.value = animalId;
    this.rearm();
    this.#hooks.redraw();
  }

  /** A click: the keypoint whose turn it is lies here; the next one is armed. */
  place(at: Point, guessed: boolean): void {
    if (!this.#may()) return;
    const keypoint = this.clickTarget();
    if (keypoint === null) {
      this.#hooks.note(
        "info",
        "Every keypoint of this animal is decided. Drag one to move it, or Tab to arm one.",
      );
      return;
    }
    this.#apply([[keypoint, { ...this.#rounded(at), visibility: guessed ? "guessed" : "visible" }]]);
    this.#touched(keypoint);
    this.#arm(nextToPlace(this.#active(), keypoint));
  }

  grab(hit: Hit): void {
    this.#state.activeAnimal.value = hit.animalId;
    this.#arm(hit.keypoint);
    const frame = this.#state.presented.value;
    const value = this.values(frame, hit.animalId)[hit.keypoint] ?? UNLABELLED;
    const video = this.#state.video.id;
    this.#held = { video, frame, animalId: hit.animalId, keypoint: hit.keypoint, value };
    this.#hooks.redraw();
  }

  /** The held keypoint goes to an image position. */
  drag(to: Point): void {
    if (this.#held === null) return;
    this.#held = { ...this.#held, value: { ...this.#held.value, ...this.#rounded(to) } };
    this.#hooks.redraw();
  }

  /** Let go: it stays where it was dragged to, or goes back to where it was. */
  drop(back: boolean): void {
    const held = this.#held;
    this.#held = null;
    if (held !== null && this.#isHere(held) && !back && this.#may()) {
      this.#apply([[held.keypoint, held.value]]);
      this.#touched(held.keypoint);
    }
    this.#hooks.redraw();
  }

  nudge(dx: number, dy: number): void {
    if (!this.#may()) return;
    const target = this.#nudgeTarget();
    if (target === null || !isPlaced(target.value)) {
      this.#hooks.note(
        "info",
        "The armed keypoint has no position yet: click in the picture, or press Enter.",
      );
      return;
    }
    const moved = this.#rounded({ x: target.value.x + dx, y: target.value.y + dy });
    const { presented, activeAnimal } = this.#state;
    const mergeKey = `nudge/${this.#state.video.id}/${presented.value}/${activeAnimal.value}/${target.keypoint}`;
    this.#apply([[target.keypoint, { ...target.value, ...moved }]], mergeKey);
    this.#touched(target.keypoint);
    this.#hooks.nudged(moved);
  }

  cycleVisibility(): void {
    const target = this.#armedValue();
    if (target === null || !this.#may()) return;
    const { keypoint, value } = target;
    this.#apply([[keypoint, nextVisibility(value, this.#placeOf(target))]]);
  }

  /** The same by name, for a hand without keys. */
  setVisibility(visibility: Exclude<Visibility, "unlabelled">): void {
    const target = this.#armedValue();
    if (target === null || !this.#may()) return;
    const place = this.#placeOf(target);
    if (visibility === "absent") this.#apply([[target.keypoint, ABSENT]]);
    else if (place !== null) this.#apply([[target.keypoint, { ...place, visibility }]]);
    else this.#hooks.note("info", "Click in the picture first to say where it is.");
  }

  /** Every keypoint of this animal on which nobody has decided is not in the picture: of a whole animal in one go. */
  restAbsent(): void {
    if (!this.#may()) return;
    const rest = this.#active().flatMap((value, k): [number, KeypointValue][] =>
      value.visibility === "unlabelled" ? [[k, ABSENT]] : [],
    );
    if (rest.length === 0) {
      this.#hooks.note("info", "Every keypoint of this animal is decided already.");
      return;
    }
    this.#apply(rest);
    this.rearm();
  }

  remove(): void {
    const target = this.#armedValue();
    if (target !== null && this.#may()) this.#apply([[target.keypoint, UNLABELLED]]);
  }

  /** The previous labelled pose of this animal, for the keypoints on which nobody has decided here. */
  copyPose(): void {
    const { presented, activeAnimal } = this.#state;
    if (!this.#may()) return;
    const store = this.#session.store(this.#state.video.id);
    const source = store.previousPose(presented.value, activeAnimal.value);
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

  /**
   * Predictions at or above the threshold become labels where nobody has decided; of every animal. Returns how many;
   * 0 where none could, and then says why.
   */
  accept(): number {
    if (!this.#may()) return 0;
    const wishes = this.acceptable();
    if (wishes === null) this.#hooks.note("info", "The predictions of this frame are still on their way.");
    else if (wishes.length === 0)
      this.#hooks.note("info", "No prediction above the threshold is left to accept here.");
    else void this.#session.apply(wishes, { accepted: true });
    this.rearm();
    return wishes?.length ?? 0;
  }

  /** What `accept` would do; null while predictions are on their way. */
  acceptable(): Wish[] | null {
    const { presented, project, threshold, labelsRead, video } = this.#state;
    if (labelsRead.value !== "known") return null;
    const frame = presented.value;
    const wishes: Wish[] = [];
    for (const animal of project.animals) {
      const ghosts = this.#hooks.ghostsOf(frame, animal);
      if (ghosts === null) return null;
      const values = this.values(frame, animal.id);
      for (const { keypoint, x, y, confidence } of ghosts) {
        if (confidence < threshold.value || values[keypoint]?.visibility !== "unlabelled") continue;
        const value: KeypointValue = { ...this.#rounded({ x, y }), visibility: "visible" };
        wishes.push({ video_id: video.id, frame_index: frame, animal_id: animal.id, keypoint, value });
      }
    }
    return wishes;
  }

  undo(): void {
    if (this.#mayWalk(this.#session.videoToUndo)) this.#walked(this.#session.undo(), "undo");
  }

  redo(): void {
    if (this.#mayWalk(this.#session.videoToRedo)) this.#walked(this.#session.redo(), "redo");
  }

  /** It leads into the view of that video, whichever is the active one. */
  #mayWalk(videoId: number | null): boolean {
    const { views, active } = this.#state;
    return this.#mayChange(views.find(({ video }) => video.id === videoId) ?? active.value);
  }

  #walked(walked: Walked | null, verb: "undo" | "redo"): void {
    if (walked === null) {
      this.#hooks.note("info", `Nothing to ${verb} in this recording.`);
      return;
    }
    if (walked.kept > 0) {
      this.#hooks.note("info", `${walked.kept} of these keypoints changed since, and stayed as they are.`);
    }
    const { animal_id, keypoint, video_id: video } = walked.target;
    this.#state.activeAnimal.value = animal_id;
    this.#arm(keypoint);
    const frame = walked.frameIndex;
    if (this.#isHere({ video, frame })) return;
    this.#armOnArrival = { video, frame, keypoint };
    this.#hooks.goTo(video, frame);
  }

  #isHere(place: { readonly video: number; readonly frame: number } | null): boolean {
    return place?.video === this.#state.video.id && place.frame === this.#state.presented.value;
  }

  #active(): readonly KeypointValue[] {
    return this.values(this.#state.presented.value, this.#state.activeAnimal.value);
  }

  #arm(keypoint: number | null, byHand = false): void {
    this.#state.armed.value = keypoint;
    this.#state.armedByHand.value = byHand;
  }

  #armedValue(): Target | null {
    return this.#target(this.#state.armed.value);
  }

  #target(keypoint: number | null): Target | null {
    return keypoint === null ? null : { keypoint, value: this.#active()[keypoint] ?? UNLABELLED };
  }

  /** The armed keypoint; while that one waits for its place, the one that was placed or moved last. */
  #nudgeTarget(): Target | null {
    const armed = this.#armedValue();
    if (this.#state.armedByHand.value || (armed !== null && isPlaced(armed.value))) return armed;
    const last = this.#lastTouched;
    const here = this.#isHere(last) && last?.animalId === this.#state.activeAnimal.value;
    return last !== null && here ? this.#target(last.keypoint) : armed;
  }

  #touched(keypoint: number): void {
    const { video, presented, activeAnimal } = this.#state;
    this.#lastTouched = {
      video: video.id,
      frame: presented.value,
      animalId: activeAnimal.value,
      keypoint,
    };
  }

  /** Where it is, or was before it was called absent; null where it never had a position. */
  #placeOf({ keypoint, value }: Target): Point | null {
    const key = `${this.#state.video.id}/${this.#state.presented.value}/${this.#state.activeAnimal.value}/${keypoint}`;
    if (isPlaced(value)) this.#lastPlaces.set(key, { x: value.x, y: value.y });
    return this.#lastPlaces.get(key) ?? null;
  }

  #apply(changes: readonly (readonly [keypoint: number, value: KeypointValue])[], mergeKey = ""): void {
    const { video, presented, activeAnimal } = this.#state;
    const place = { video_id: video.id, frame_index: presented.value, animal_id: activeAnimal.value };
    const wishes = changes.map(([keypoint, value]) => ({ ...place, keypoint, value }));
    void this.#session.apply(wishes, { mergeKey });
  }

  /** Whether labels of the frame on screen may be changed; says why not. */
  #may(): boolean {
    const { active, presented, activeAnimal } = this.#state;
    if (!this.#mayChange(active.value)) return false;
    if (presented.value < 0) this.#hooks.note("info", "This view has no frame at this tick.");
    return presented.value >= 0 && activeAnimal.value >= 0;
  }

  #mayChange({ name, labelsRead }: ViewState): boolean {
    const { project, views } = this.#state;
    if (!project.canLabel) {
      this.#hooks.note("info", "Your role in this project lets you look, not label.");
      return false;
    }
    if (labelsRead.value === "known") return true;
    // What is there already is not known: a change on top of nothing would meet it as a false conflict.
    const labels = `The labels of ${views.length > 1 ? name : "this video"}`;
    const words =
      labelsRead.value === "reading"
        ? `${labels} are still being read.`
        : `${labels} could not be read, so nothing can be changed. Press Try again.`;
    this.#hooks.note("info", words);
    return false;
  }

  /** On the picture, in hundredths of a pixel: finer than a hand, and the same text there and back. */
  #rounded(at: Point): Point {
    const { x, y } = clampToImage(at, this.#state.video);
    return { x: Math.round(x * 100) / 100, y: Math.round(y * 100) / 100 };
  }
}
