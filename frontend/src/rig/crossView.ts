/** What a place in some views says of another: the line on which it must lie, or the place itself. */

import type { Pixel, RigCamera } from "../scene/rigCamera";
import type { Vec3 } from "../scene/types";

/** A place in the picture of one camera. */
export interface Sight {
  readonly camera: RigCamera;
  readonly pixel: Pixel;
}

/** Points of a line before those outside the picture are left out, and how many are kept inside at least. */
const SAMPLES = 256;
/** Share of the way, from the camera to the infinitely far, that is left out at both ends. */
const LEFT_OUT = 1e-3;
/** Lines of sight that meet at less than this say nothing of how far away they do. */
const LEAST_ANGLE_RAD = (2 * Math.PI) / 180;

/**
 * Where the point that `from` sees at a pixel can be in another picture: pieces of a curve, since lenses bend
 * it. Empty where it is never in that picture, or the lens of `from` images nothing there.
 */
export function epipolarLine({ camera: from, pixel }: Sight, to: RigCamera): Pixel[][] {
  const ray = from.rayOf(pixel);
  if (ray === null) return [];
  const baseline = length(less(from.positionMm, to.positionMm));
  const unit = length(ray);
  const pieces: Pixel[][] = [];
  let piece: Pixel[] = [];
  for (let at = 0; at <= SAMPLES; at++) {
    // Even steps of this share are about even steps along the line of the other picture.
    const share = LEFT_OUT + (at / SAMPLES) * (1 - 2 * LEFT_OUT);
    const depth = (share / (1 - share)) * (baseline / unit);
    const seen = pictured(to, from.worldOf([ray[0] * depth, ray[1] * depth, depth]));
    if (seen !== null) piece.push(seen);
    else if (piece.length > 0) {
      pieces.push(piece);
      piece = [];
    }
  }
  if (piece.length > 0) pieces.push(piece);
  return pieces.filter(({ length }) => length > 1);
}

/**
 * The point that is nearest to all lines of sight (least squares); null where they do not meet at an angle
 * that says how far away, or behind a camera.
 */
export function meetingPoint(sights: readonly Sight[]): Vec3 | null {
  const lines: { origin: Vec3; direction: Vec3 }[] = [];
  for (const { camera, pixel } of sights) {
    const ray = camera.rayOf(pixel);
    if (ray === null) return null;
    const origin = camera.positionMm;
    const along = less(camera.worldOf(ray), origin);
    const size = length(along);
    lines.push({ origin, direction: [along[0] / size, along[1] / size, along[2] / size] });
  }
  if (!lines.some((a, at) => lines.slice(at + 1).some((b) => angle(a.direction, b.direction)))) return null;
  // Sum of (I - d d^T) x = sum of (I - d d^T) origin.
  const matrix = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  const right = [0, 0, 0];
  for (const { origin, direction } of lines) {
    for (let r = 0; r < 3; r++) {
      for (let c = 0; c < 3; c++) {
        const value = (r === c ? 1 : 0) - (direction[r] as number) * (direction[c] as number);
        matrix[3 * r + c] = (matrix[3 * r + c] as number) + value;
        right[r] = (right[r] as number) + value * (origin[c] as number);
      }
    }
  }
  const point = solved(matrix, right as unknown as Vec3);
  return sights.every(({ camera }) => camera.seen(point)[2] > 0) ? point : null;
}

/** Pixel of a world point; null behind the camera, outside its picture, or where its lens images nothing. */
export function pictured(camera: RigCamera, point: Vec3): Pixel | null {
  const pixel = camera.project(point, { lens: true });
  if (pixel === null) return null;
  const [u, v] = pixel;
  if (!(u >= -0.5 && v >= -0.5 && u <= camera.width - 0.5 && v <= camera.height - 0.5)) return null;
  // Far outside, the model of a lens folds back into the picture: the pixel then belongs to another ray.
  const ray = camera.rayOf(pixel);
  const [x, y, z] = camera.seen(point);
  return ray !== null && Math.hypot(ray[0] - x / z, ray[1] - y / z) < 1e-3 ? pixel : null;
}

function angle(a: Vec3, b: Vec3): boolean {
  const cross: Vec3 = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
  return length(cross) >= Math.sin(LEAST_ANGLE_RAD);
}

function less(a: Vec3, b: Vec3): Vec3 {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

function length([x, y, z]: Vec3): number {
  return Math.hypot(x, y, z);
}

/** Cramer's rule; the matrix of two lines at an angle is well-conditioned. */
function solved(m: readonly number[], right: Vec3): Vec3 {
  const whole = determinant(m);
  const without = (column: number): number =>
    determinant(m.map((value, at) => (at % 3 === column ? (right[Math.floor(at / 3)] as number) : value))) /
    whole;
  return [without(0), without(1), without(2)];
}

function determinant(m: readonly number[]): number {
  const [a, b, c, d, e, f, g, h, i] = m as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
}
