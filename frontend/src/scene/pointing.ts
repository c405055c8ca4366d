/** The pointer over the scene: which joint of the drawn tick is below it, and word of every change of that. */

import { Matrix4 } from "three";
import type { Point } from "../canvas/transform";
import type { PoseSource } from "../poses3d/poseWindows";
import type { CanvasSize, Eye } from "./eye";
import type { Figures } from "./figures";
import { pickJoint } from "./picking";
import type { PickedJoint } from "./types";

const MOUSE_MISS_PX = 8;
export const TOUCH_MISS_PX = 18;

export interface PointingOptions {
  readonly figures: Figures;
  readonly poses: PoseSource;
  readonly eye: Eye;
  readonly jointRadiusMm: number;
  /** Brings the eye to where the scene is looked at from, and answers how large the canvas is. */
  readonly aim: () => CanvasSize;
  readonly onHover: (joint: PickedJoint | null) => void;
}

export class Pointing {
  readonly #options: PointingOptions;
  readonly #clip = new Matrix4();
  #pointer: Point | null = null;
  #hovered: string | null = null;

  constructor(options: PointingOptions) {
    this.#options = options;
  }

  /** Where the pointer is, CSS pixels on the canvas; null where it has left. */
  moved(at: Point | null): void {
    this.#pointer = at;
    this.#find();
  }

  /** Another picture was drawn: another joint may be below the pointer that rests. */
  drawn(): void {
    if (this.#pointer !== null) this.#find();
  }

  /** The joint at a place on the canvas; null where there is none. */
  pick(at: Point, missPx: number = MOUSE_MISS_PX): PickedJoint | null {
    const { figures, poses, jointRadiusMm } = this.#options;
    const { window, tick } = figures;
    if (window === null || tick === null) return null;
    const found = pickJoint({
      ...this.#lookout(),
      ...{ data: window.data, offset: figures.offsetOf(0, 0), at, missPx, jointRadiusMm },
      individuals: poses.shape.individuals,
      keypoints: poses.shape.keypoints,
    });
    if (found === null) return null;
    const { individual, keypoint, x, y } = found;
    const [px, py, pz, sigma] = window.data.subarray(figures.offsetOf(individual, keypoint)) as unknown as [
      number,
      number,
      number,
      number,
    ];
    return { individual, keypoint, tick, position_mm: [px, py, pz], sigma_mm: sigma, at_px: { x, y } };
  }

  #lookout() {
    const { aim, eye } = this.#options;
    const size = aim();
    return {
      size,
      clipFromWorld: eye.clipFromWorld(this.#clip).elements,
      pxPerMmAtOne: ((eye.projectionMatrix.elements[5] as number) * size.height) / 2,
    };
  }

  #find(): void {
    const joint = this.#pointer === null ? null : this.pick(this.#pointer);
    const name = joint === null ? null : `${joint.individual}/${joint.keypoint}/${joint.tick}`;
    if (name === this.#hovered) return;
    this.#hovered = name;
    this.#options.onHover(joint);
  }
}
