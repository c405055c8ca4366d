/** What lies over one frame: labels (human) and predictions (model), kept apart in every type. */

import type { Side } from "./palette";
import type { Point } from "./transform";

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

/** Where a keypoint can be in this view, by where it was placed in others. */
export interface Guide {
  readonly keypoint: number;
  readonly colour: string;
  /** From one other view: it lies somewhere along these. */
  readonly lines: readonly (readonly Point[])[];
  /** From two or more: it should be here. */
  readonly place: Point | null;
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
  /** Absent: none. */
  readonly guides?: readonly Guide[];
  /** The armed keypoint of the active animal. */
  readonly armed: number | null;
  readonly showNames: boolean;
}

export const EMPTY_SKELETON: SkeletonLook = { names: [], edges: [], sides: [] };
