import {
  type Instance,
  instanceKey,
  isPlaced,
  type KeypointValue,
  type Operation,
  type Target,
  UNLABELLED,
} from "./types";

/**
 * Labels of one video: what the server has, with this browser's waiting operations on top.
 *
 * Reads are synchronous, so that an overlay can be drawn for a frame in the moment the frame is drawn.
 */
export class LabelStore {
  readonly videoId: number;
  readonly keypointCount: number;
  readonly #base = new Map<string, Instance>();
  readonly #shown = new Map<string, Instance>();
  #waiting: readonly Operation[] = [];

  constructor(videoId: number, keypointCount: number) {
    this.videoId = videoId;
    this.keypointCount = keypointCount;
  }

  /** What the server says now; older answers that arrive late are dropped by `rev`. */
  take(instances: readonly Instance[]): void {
    for (const instance of instances) {
      const key = instanceKey(instance.frame_index, instance.animal_id);
      if ((this.#base.get(key)?.rev ?? -1) > instance.rev) continue;
      this.#base.set(key, instance);
      this.#refresh(key);
    }
  }

  /** The operations that the server has not acknowledged, in order. */
  setWaiting(waiting: readonly Operation[]): void {
    const own = waiting.filter((operation) => operation.video_id === this.videoId);
    const keys = new Set([...this.#waiting, ...own].map((o) => instanceKey(o.frame_index, o.animal_id)));
    this.#waiting = own;
    for (const key of keys) this.#refresh(key);
  }

  /** The instance as the user sees it, or undefined where nobody labelled. */
  instance(frameIndex: number, animalId: number): Instance | undefined {
    return this.#shown.get(instanceKey(frameIndex, animalId));
  }

  value(target: Omit<Target, "video_id">): KeypointValue {
    return this.instance(target.frame_index, target.animal_id)?.keypoints[target.keypoint] ?? UNLABELLED;
  }

  /** `rev` that the server had when it last told us. */
  rev(frameIndex: number, animalId: number): number {
    return this.#base.get(instanceKey(frameIndex, animalId))?.rev ?? 0;
  }

  /** For each frame on which somebody decided something: on how many keypoints of those animals, of how many. */
  progressByFrame(): Map<number, { decided: number; total: number }> {
    const progress = new Map<number, { decided: number; total: number }>();
    for (const { frame_index, keypoints } of this.#shown.values()) {
      const decided = keypoints.filter(({ visibility }) => visibility !== "unlabelled").length;
      if (decided === 0) continue;
      const frame = progress.get(frame_index) ?? { decided: 0, total: 0 };
      frame.decided += decided;
      frame.total += this.keypointCount;
      progress.set(frame_index, frame);
    }
    return progress;
  }

  /** The nearest earlier frame on which this animal has placed keypoints. */
  previousPose(frameIndex: number, animalId: number): Instance | undefined {
    let best: Instance | undefined;
    for (const instance of this.#shown.values()) {
      if (instance.animal_id !== animalId || instance.frame_index >= frameIndex) continue;
      if (best !== undefined && best.frame_index > instance.frame_index) continue;
      if (instance.keypoints.some(isPlaced)) best = instance;
    }
    return best;
  }

  #refresh(key: string): void {
    const base = this.#base.get(key);
    const changes = this.#waiting.filter((o) => instanceKey(o.frame_index, o.animal_id) === key);
    const first = changes[0];
    if (first === undefined) {
      if (base === undefined) this.#shown.delete(key);
      else this.#shown.set(key, base);
      return;
    }
    const keypoints = Array.from({ length: this.keypointCount }, (_, k) => base?.keypoints[k] ?? UNLABELLED);
    for (const { keypoint, change } of changes) if (keypoint < keypoints.length) keypoints[keypoint] = change;
    const { frame_index, animal_id } = first;
    this.#shown.set(key, { frame_index, animal_id, rev: base?.rev ?? 0, keypoints });
  }
}
