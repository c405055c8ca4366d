/** Which keypoint a click places next, and what `v` makes of one. Pure. */

import { ABSENT, isPlaced, type KeypointValue, UNLABELLED } from "./types";

/** The first keypoint after `from` (cyclic) on which nobody has decided; null where all are decided. */
export function nextToPlace(keypoints: readonly KeypointValue[], from: number): number | null {
  for (let step = 1; step <= keypoints.length; step++) {
    const candidate = (from + step + keypoints.length) % keypoints.length;
    if (keypoints[candidate]?.visibility === "unlabelled") return candidate;
  }
  return null;
}

/** Tab and Shift+Tab: every keypoint in turn, decided or not. */
export function cycled(armed: number | null, step: 1 | -1, count: number): number | null {
  if (count === 0) return null;
  if (armed === null) return step > 0 ? 0 : count - 1;
  return (armed + step + count) % count;
}

/**
 * `v`: visible, guessed, absent, and round again. A keypoint without a position can only be absent or
 * undecided; one that was placed before comes back where it was.
 */
export function nextVisibility(
  value: KeypointValue,
  lastPlace: { x: number; y: number } | null,
): KeypointValue {
  if (isPlaced(value)) {
    return value.visibility === "visible" ? { ...value, visibility: "guessed" } : ABSENT;
  }
  if (value.visibility !== "absent") return ABSENT;
  return lastPlace === null ? UNLABELLED : { ...lastPlace, visibility: "visible" };
}
