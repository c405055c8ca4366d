/** What lies over one frame: labels (human) and predictions (model), kept apart in every type. */

import type { Side } from "./palette";

export type Visibility = "unlabelled" | "visible" | "guessed" | "absent";

/** A keypoint that a person placed; image coordinates. */
export interface LabelMark {
  readonly keypoint: number;
  readonly x: number;
  readonly y: number;
  readonly visibility: "visible" | "guessed";
}

/** A keypoint that a model proposes. */
export interface PredictionMark {
  readonly keypoint: number;
  readonly x: number;
  readonly y: number;
  /** In 0..1. */
  readonly confidence: number;
}

export interface AnimalMarks {
  readonly animalId: number;
  readonly colour: string;
  readonly active: boolean;
  readonly labels: readonly LabelMark[];
  readonly predictions: readonly PredictionMark[];
}

export interface SkeletonLook {
  readonly names: readonly string[];
  /** Pairs of keypoint numbers. */
  readonly edges: readonly (readonly [number, number])[];
  readonly sides: readonly Side[];
}

/** Everything drawn over the frame `index`. */
export interface OverlayScene {
  readonly index: number;
  readonly skeleton: SkeletonLook;
  readonly animals: readonly AnimalMarks[];
  /** The armed keypoint of the active animal. */
  readonly armed: number | null;
  readonly showNames: boolean;
}

export const EMPTY_SKELETON: SkeletonLook = { names: [], edges: [], sides: [] };
