/** A calibrated camera in numbers: where a point falls, and what a pixel looks along. OpenCV axes. */

import { type SceneCamera, SceneError, type Vec3 } from "./types";

export type Pixel = readonly [u: number, v: number];

/** Newton steps of `rayOf`; four suffice for lenses of a rig, the rest is for wide ones. */
const STEPS = 24;
/** `rayOf` must come back to its pixel within this, in pixels. */
const ROUND_TRIP_PX = 0.01;

export class RigCamera {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** Row-major, pixels. */
  readonly K: readonly number[];
  /** Row-major, camera from world. */
  readonly R: readonly number[];
  readonly t: readonly number[];
  readonly distortion: readonly number[];

  constructor(camera: SceneCamera) {
    const { name, width, height } = camera;
    this.name = name;
    this.width = width;
    this.height = height;
    this.K = flat(camera.K, 9, `K of camera '${name}'`);
    this.R = flat(camera.R, 9, `R of camera '${name}'`);
    this.t = flat([camera.t], 3, `t of camera '${name}'`);
    this.distortion = flat([camera.distortion ?? [0, 0, 0, 0, 0]], 5, `distortion of camera '${name}'`);
    if (!(width >= 1 && height >= 1)) {
      throw new SceneError("bad_scene", `Camera '${name}' has an image of ${width} x ${height} pixels.`);
    }
    if (!((this.K[0] as number) > 0 && (this.K[4] as number) > 0)) {
      throw new SceneError("bad_scene", `Camera '${name}' needs focal lengths above 0, got ${this.K}.`);
    }
  }

  /** Centre of projection, world millimetres: -R^T t. */
  get positionMm(): Vec3 {
    return this.worldOf([0, 0, 0]);
  }

  /** World position of a point in camera axes: R^T (x - t). */
  worldOf(point: Vec3): Vec3 {
    const [r0, r1, r2, r3, r4, r5, r6, r7, r8] = this.R as Nine;
    const [x, y, z] = point.map((value, at) => value - (this.t[at] as number)) as unknown as Vec3;
    return [r0 * x + r3 * y + r6 * z, r1 * x + r4 * y + r7 * z, r2 * x + r5 * y + r8 * z];
  }

  /** Position of a world point in camera axes. */
  seen([x, y, z]: Vec3): Vec3 {
    const [r0, r1, r2, r3, r4, r5, r6, r7, r8] = this.R as Nine;
    const [t0, t1, t2] = this.t as unknown as Vec3;
    return [r0 * x + r1 * y + r2 * z + t0, r3 * x + r4 * y + r5 * z + t1, r6 * x + r7 * y + r8 * z + t2];
  }

  /** Pixel of a world point, without (`lens` false) or with the lens distortion; null behind the camera. */
  project(point: Vec3, { lens }: { readonly lens: boolean }): Pixel | null {
    const [x, y, z] = this.seen(point);
    if (z <= 0) return null;
    const [a, b] = lens ? this.#bent(x / z, y / z) : [x / z, y / z];
    return this.#pixelOf(a, b);
  }

  /**
   * Direction (x, y, 1) in camera axes that the lens images on a pixel; null where the model has none,
   * as it can be in the corners of a wide lens.
   */
  rayOf([u, v]: Pixel): Vec3 | null {
    const [k0, k1, k2, , k4, k5] = this.K as Nine;
    const goalY = (v - k5) / k4;
    const goalX = (u - k2 - k1 * goalY) / k0;
    let x = goalX;
    let y = goalY;
    for (let step = 0; step < STEPS; step++) {
      const [bx, by] = this.#bent(x, y);
      const [xx, xy, yx, yy] = this.#slope(x, y);
      const determinant = xx * yy - xy * yx;
      // The slope turns over where the model folds back: no ray beyond it is the lens's.
      if (!(determinant > 1e-9)) return null;
      x -= (yy * (bx - goalX) - xy * (by - goalY)) / determinant;
      y -= (xx * (by - goalY) - yx * (bx - goalX)) / determinant;
    }
    const [backU, backV] = this.#pixelOf(...this.#bent(x, y));
    return Math.hypot(backU - u, backV - v) <= ROUND_TRIP_PX ? [x, y, 1] : null;
  }

  /** As `rayOf`, for the pinhole without its lens: there is one for every pixel. */
  pinholeRayOf([u, v]: Pixel): Vec3 {
    const [k0, k1, k2, , k4, k5] = this.K as Nine;
    const y = (v - k5) / k4;
    return [(u - k2 - k1 * y) / k0, y, 1];
  }

  #pixelOf(x: number, y: number): Pixel {
    const [k0, k1, k2, , k4, k5] = this.K as Nine;
    return [k0 * x + k1 * y + k2, k4 * y + k5];
  }

  /** Brown-Conrady, as OpenCV: radial k1 k2 k3, tangential p1 p2. */
  #bent(x: number, y: number): [number, number] {
    const [k1, k2, p1, p2, k3] = this.distortion as Five;
    const r2 = x * x + y * y;
    const radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3));
    return [
      x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
      y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y,
    ];
  }

  /** Jacobian of `#bent`: d bx/dx, d bx/dy, d by/dx, d by/dy. */
  #slope(x: number, y: number): [number, number, number, number] {
    const [k1, k2, p1, p2, k3] = this.distortion as Five;
    const r2 = x * x + y * y;
    const radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3));
    const growth = 2 * (k1 + r2 * (2 * k2 + 3 * r2 * k3));
    const across = x * y * growth + 2 * p1 * x + 2 * p2 * y;
    return [
      radial + x * x * growth + 2 * p1 * y + 6 * p2 * x,
      across,
      across,
      radial + y * y * growth + 6 * p1 * y + 2 * p2 * x,
    ];
  }
}

type Five = [number, number, number, number, number];
type Nine = [number, number, number, number, number, number, number, number, number];

function flat(rows: readonly (readonly number[])[], length: number, what: string): number[] {
  const values = rows.flat();
  if (values.length !== length || !values.every(Number.isFinite)) {
    throw new SceneError("bad_scene", `${what} needs ${length} finite numbers, got [${values.join(", ")}].`);
  }
  return values;
}

/** Throws `SceneError` where two have one name. */
export function camerasOf(cameras: readonly SceneCamera[]): RigCamera[] {
  const names = cameras.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new SceneError("bad_scene", `Two cameras have the name '${twice}'.`);
  return cameras.map((camera) => new RigCamera(camera));
}
