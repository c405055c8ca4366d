/** Which joint is below the pointer: by distance on the screen, and by depth among those that are hit. */

import { isKnown } from "./figures";

export interface PickQuery {
  /** Float32 (individual, keypoint, 4) of one tick, from `offset` on. */
  readonly data: Float32Array;
  readonly offset: number;
  readonly individuals: number;
  readonly keypoints: number;
  /** Column-major 4 x 4, clip space from world. */
  readonly clipFromWorld: ArrayLike<number>;
  readonly size: { readonly width: number; readonly height: number };
  /** CSS pixels on the canvas. */
  readonly at: { readonly x: number; readonly y: number };
  readonly jointRadiusMm: number;
  /** Half the canvas's height in pixels a millimetre at w = 1. */
  readonly pxPerMmAtOne: number;
  /** A pointer may miss by this many CSS pixels. */
  readonly missPx: number;
}

export interface Pick {
  readonly individual: number;
  readonly keypoint: number;
  readonly x: number;
  readonly y: number;
}

export function pickJoint(query: PickQuery): Pick | null {
  const { data, individuals, keypoints, clipFromWorld: m, size, at } = query;
  let best: Pick | null = null;
  let bestRank = Number.POSITIVE_INFINITY;
  for (let joint = 0; joint < individuals * keypoints; joint++) {
    const offset = query.offset + 4 * joint;
    if (!isKnown(data, offset)) continue;
    const [x, y, z] = [data[offset] as number, data[offset + 1] as number, data[offset + 2] as number];
    const w = at4(m, 3) * x + at4(m, 7) * y + at4(m, 11) * z + at4(m, 15);
    if (w <= 0) continue;
    const clipX = (at4(m, 0) * x + at4(m, 4) * y + at4(m, 8) * z + at4(m, 12)) / w;
    const clipY = (at4(m, 1) * x + at4(m, 5) * y + at4(m, 9) * z + at4(m, 13)) / w;
    const screen = { x: ((clipX + 1) / 2) * size.width, y: ((1 - clipY) / 2) * size.height };
    const miss = Math.hypot(screen.x - at.x, screen.y - at.y);
    const radius = (query.jointRadiusMm * query.pxPerMmAtOne) / w;
    if (miss > Math.max(radius, query.missPx)) continue;
    // Joints that the pointer is on come before those that it misses, the nearest to the eye first.
    const rank = miss <= radius ? w - 1e9 : miss;
    if (rank >= bestRank) continue;
    bestRank = rank;
    best = { individual: Math.floor(joint / keypoints), keypoint: joint % keypoints, ...screen };
  }
  return best;
}

function at4(matrix: ArrayLike<number>, index: number): number {
  return matrix[index] as number;
}
