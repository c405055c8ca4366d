/** What a scene is made of and what it tells. World: millimetres, z up, floor at z = 0. */

import type { SkeletonLook } from "../canvas/scene";
import type { PoseSource } from "../poses3d/poseWindows";
import type { Viewpoint } from "./viewpoint";

export type Vec3 = readonly [x: number, y: number, z: number];

/** One camera of a calibration, in its JSON form: X_c = R X + t, OpenCV axes, pixel (0, 0) a pixel's centre. */
export interface SceneCamera {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly K: readonly (readonly number[])[];
  /** k1 k2 p1 p2 k3; none where it is absent. */
  readonly distortion?: readonly number[];
  readonly R: readonly (readonly number[])[];
  readonly t: readonly number[];
}

export interface SceneIndividual {
  readonly name: string;
  /** `#rrggbb`; absent: the palette's colour of its slot. */
  readonly colour?: string | null;
}

export interface FloorBounds {
  readonly minMm: readonly [x: number, y: number];
  readonly maxMm: readonly [x: number, y: number];
}

export type SceneTheme = "light" | "dark";

export interface SceneOptions {
  /** Serves this scene alone: `dispose` gives its drawing context back for good. */
  readonly canvas: HTMLCanvasElement;
  readonly cameras: readonly SceneCamera[];
  readonly skeleton: SkeletonLook;
  readonly individuals: readonly SceneIndividual[];
  readonly floor: FloorBounds;
  readonly theme: SceneTheme;
  readonly poses: PoseSource;
  /** Radius of a joint; absent: what suits the floor. */
  readonly jointRadiusMm?: number;
}

/** What is drawn; all but what is set to false. */
export interface Layers {
  readonly bones: boolean;
  readonly trails: boolean;
  readonly sigma: boolean;
  readonly cameras: boolean;
  readonly images: boolean;
  readonly floor: boolean;
}

export const ALL_LAYERS: Layers = {
  bones: true,
  trails: true,
  sigma: true,
  cameras: true,
  images: true,
  floor: true,
};

export interface Trail {
  /** How far back, in ticks; 0 for none. */
  readonly ticks: number;
  /** The keypoint that leaves it; null for the mean of those known. */
  readonly keypoint: number | null;
}

/** One joint as it is on the screen. */
export interface PickedJoint {
  readonly individual: number;
  readonly keypoint: number;
  readonly tick: number;
  readonly position_mm: Vec3;
  /** NaN where it is unknown. */
  readonly sigma_mm: number;
  /** On the canvas, CSS pixels. */
  readonly at_px: { readonly x: number; readonly y: number };
}

export interface SceneEvents {
  /** The poses of this tick are on the screen. */
  shown: { readonly tick: number };
  /** The joint below the pointer, or none. */
  hover: PickedJoint | null;
  /** A press on a joint, or on nothing. */
  pick: PickedJoint | null;
  viewpoint: Viewpoint;
  /** Drawing stopped because the browser took the graphics context, or goes on again. */
  context: "lost" | "restored";
}

export type SceneErrorCode = "bad_scene" | "no_webgl" | "no_video" | "capture_failed" | "busy";

/** The scene cannot do what was asked; the message says what would help. */
export class SceneError extends Error {
  readonly code: SceneErrorCode;

  constructor(code: SceneErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SceneError";
    this.code = code;
  }
}
