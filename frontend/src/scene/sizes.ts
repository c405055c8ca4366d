/** Lengths of the scene that follow from its floor and its cameras, millimetres. */

import type { RigCamera } from "./rigCamera";
import type { FloorBounds, Vec3 } from "./types";
import { FIELD_DEG, type Orbit, PRESETS, radians } from "./viewpoint";

export interface SceneSizes {
  readonly nearMm: number;
  readonly farMm: number;
  readonly jointRadiusMm: number;
  /** How far before its camera an image stands. */
  readonly frustumMm: number;
  /** How far before its camera the image stands to look through it: behind everything. */
  readonly backdropMm: number;
  readonly distancesMm: readonly [nearest: number, farthest: number];
  readonly home: Orbit;
  readonly rig: Orbit;
}

export function sizesOf(
  { minMm, maxMm }: FloorBounds,
  cameras: readonly RigCamera[],
  jointRadiusMm?: number,
): SceneSizes {
  const diagonal = Math.hypot(maxMm[0] - minMm[0], maxMm[1] - minMm[1]);
  const middle: Vec3 = [(minMm[0] + maxMm[0]) / 2, (minMm[1] + maxMm[1]) / 2, 0];
  const reaches = cameras.map(({ positionMm }) =>
    Math.hypot(...positionMm.map((value, axis) => value - (middle[axis] as number))),
  );
  const extent = Math.max(diagonal, ...reaches);
  const farMm = 10 * extent;
  const fitting = (radiusMm: number): number => radiusMm / Math.sin(radians(FIELD_DEG / 2));
  // Half-way up to the highest camera: floor and cameras then share the picture.
  const top = Math.max(0, ...cameras.map(({ positionMm }) => positionMm[2]));
  const spread = Math.max(
    diagonal / 2,
    ...cameras.map(({ positionMm: [x, y, z] }) => Math.hypot(x - middle[0], y - middle[1], z - top / 2)),
  );
  return {
    nearMm: Math.max(1, diagonal / 100),
    farMm,
    jointRadiusMm: jointRadiusMm ?? diagonal / 230,
    // Small before its rig: a frustum points at the animals, it does not stand among them.
    frustumMm: 0.14 * Math.min(diagonal * 1.5, ...reaches),
    backdropMm: 0.9 * farMm,
    distancesMm: [diagonal / 12, 0.4 * farMm],
    home: {
      targetMm: [middle[0], middle[1], 0.03 * diagonal],
      distanceMm: fitting(0.49 * diagonal),
      ...PRESETS.home,
    },
    rig: { targetMm: [middle[0], middle[1], top / 2], distanceMm: fitting(0.95 * spread), ...PRESETS.rig },
  };
}
