/** Where the floor of the scene lies: below what is known of the poses, on round numbers. */

import { POSE_STRIDE } from "../../poses3d/poseWindows";
import type { FloorBounds, SceneCamera } from "../../scene";

/** From the least to the greatest x, y and z that poses reach; the few worst left out. */
export interface BoundsMm {
  readonly min: readonly number[];
  readonly max: readonly number[];
}

const STEP_MM = 50;
const MARGIN_MM = 60;

/** The floor below everything that is known of some poses; below the cameras' common middle where nothing is. */
export function floorOf(poses: Float32Array, cameras: readonly SceneCamera[]): FloorBounds {
  let [left, front, right, back] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let at = 0; at < poses.length; at += POSE_STRIDE) {
    const [x, y] = [poses[at] as number, poses[at + 1] as number];
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [front, back] = [Math.min(front, y), Math.max(back, y)];
  }
  if (left > right) [left, front, right, back] = middleOf(cameras);
  return floorAround(left, front, right, back);
}

/** The floor below poses that reach so far; null where nothing is known of that. */
export function floorUnder(bounds: BoundsMm | null): FloorBounds | null {
  if (bounds === null) return null;
  const [left, front] = bounds.min as [number, number];
  const [right, back] = bounds.max as [number, number];
  return floorAround(left, front, right, back);
}

/** True where poses that reach so far stand on this floor. */
export function holds({ minMm, maxMm }: FloorBounds, { min, max }: BoundsMm): boolean {
  return [0, 1].every((axis) => {
    const [low, high] = [minMm[axis] as number, maxMm[axis] as number];
    return (min[axis] as number) >= low && (max[axis] as number) <= high;
  });
}

function floorAround(left: number, front: number, right: number, back: number): FloorBounds {
  const low = (value: number): number => Math.floor((value - MARGIN_MM) / STEP_MM) * STEP_MM;
  const high = (value: number): number => Math.ceil((value + MARGIN_MM) / STEP_MM) * STEP_MM;
  return { minMm: [low(left), low(front)], maxMm: [high(right), high(back)] };
}

/** A square round the mean of the cameras' places, a third of their spread to each side. */
function middleOf(cameras: readonly SceneCamera[]): [number, number, number, number] {
  const places = cameras.map(placeOf);
  if (places.length === 0) return [-200, -200, 200, 200];
  const mean = [0, 1].map((axis) => places.reduce((sum, p) => sum + (p[axis] as number), 0) / places.length);
  const [x, y] = mean as [number, number];
  const reach = Math.max(200, ...places.map(([px, py]) => Math.hypot(px - x, py - y) / 3));
  return [x - reach, y - reach, x + reach, y + reach];
}

/** -R' t */
function placeOf({ R, t }: SceneCamera): [number, number, number] {
  const along = (axis: number): number =>
    -R.reduce((sum, row, at) => sum + (row[axis] as number) * (t[at] as number), 0);
  return [along(0), along(1), along(2)];
}
