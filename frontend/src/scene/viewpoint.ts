/** Where the scene is looked at from: an orbit around a target, or the place of a camera. */

import type { Vec3 } from "./types";

/** Vertical field of view of an orbit, degrees: long enough that animals are not bent by perspective. */
export const FIELD_DEG = 32;
const STEEPEST_DEG = 90;
const LOWEST_DEG = -30;

/** Azimuth 0 looks from +x, 90 from +y; elevation 90 looks straight down with +x to the right at -90. */
export interface Orbit {
  readonly targetMm: Vec3;
  readonly azimuthDeg: number;
  readonly elevationDeg: number;
  readonly distanceMm: number;
}

export type Viewpoint =
  | { readonly kind: "orbit"; readonly orbit: Orbit; readonly follow: string | null }
  | { readonly kind: "camera"; readonly name: string };

/** `rig` is `home` from so far that all cameras are seen. */
export type Preset = "home" | "rig" | "top" | "front" | "side";

export const PRESETS: Readonly<Record<Preset, Pick<Orbit, "azimuthDeg" | "elevationDeg">>> = {
  home: { azimuthDeg: -62, elevationDeg: 34 },
  rig: { azimuthDeg: -62, elevationDeg: 26 },
  top: { azimuthDeg: -90, elevationDeg: 90 },
  front: { azimuthDeg: -90, elevationDeg: 10 },
  side: { azimuthDeg: 0, elevationDeg: 10 },
};

/** Unit vectors of the picture in the world: to its right, up, and back towards the eye. */
export interface Frame {
  readonly right: Vec3;
  readonly up: Vec3;
  readonly back: Vec3;
}

/** Defined straight from above as well, where a look-at with an up vector is not. */
export function frameOf({ azimuthDeg, elevationDeg }: Orbit): Frame {
  const [a, e] = [radians(azimuthDeg), radians(elevationDeg)];
  return {
    right: [-Math.sin(a), Math.cos(a), 0],
    up: [-Math.sin(e) * Math.cos(a), -Math.sin(e) * Math.sin(a), Math.cos(e)],
    back: [Math.cos(e) * Math.cos(a), Math.cos(e) * Math.sin(a), Math.sin(e)],
  };
}

export function eyeOf(orbit: Orbit): Vec3 {
  return moved(orbit.targetMm, [[orbit.distanceMm, frameOf(orbit).back]]);
}

export function turned(orbit: Orbit, azimuthDeg: number, elevationDeg: number): Orbit {
  const elevation = Math.min(STEEPEST_DEG, Math.max(LOWEST_DEG, orbit.elevationDeg + elevationDeg));
  return { ...orbit, azimuthDeg: wrapped(orbit.azimuthDeg + azimuthDeg), elevationDeg: elevation };
}

/** The picture moves by CSS pixels, as if the target were held by the pointer. */
export function shifted(orbit: Orbit, dx: number, dy: number, shorterSidePx: number): Orbit {
  const mmPerPx = (2 * orbit.distanceMm * Math.tan(radians(FIELD_DEG / 2))) / Math.max(1, shorterSidePx);
  const { right, up } = frameOf(orbit);
  const targetMm = moved(orbit.targetMm, [
    [-dx * mmPerPx, right],
    [dy * mmPerPx, up],
  ]);
  return { ...orbit, targetMm };
}

export function approached(orbit: Orbit, factor: number, limits: readonly [number, number]): Orbit {
  const distanceMm = Math.min(limits[1], Math.max(limits[0], orbit.distanceMm / factor));
  return { ...orbit, distanceMm };
}

/** Between two orbits, `share` in 0..1, the shorter way round. */
export function between(from: Orbit, to: Orbit, share: number): Orbit {
  const mix = (a: number, b: number): number => a + (b - a) * share;
  const targetMm = from.targetMm.map((value, at) => mix(value, to.targetMm[at] as number));
  return {
    targetMm: targetMm as unknown as Vec3,
    azimuthDeg: wrapped(from.azimuthDeg + wrapped(to.azimuthDeg - from.azimuthDeg) * share),
    elevationDeg: mix(from.elevationDeg, to.elevationDeg),
    // By ratio: half of the way from far to near looks half as near.
    distanceMm: from.distanceMm * (to.distanceMm / from.distanceMm) ** share,
  };
}

/** The orbit whose eye stands at `eyeMm` and looks along `ahead` (unit), its target on the floor or as near. */
export function orbitFrom(eyeMm: Vec3, ahead: Vec3, usualMm: number): Orbit {
  const toFloor = ahead[2] < -0.05 ? -eyeMm[2] / ahead[2] : usualMm;
  const distanceMm = toFloor > 0 ? Math.min(toFloor, 2 * usualMm) : usualMm;
  return {
    targetMm: moved(eyeMm, [[distanceMm, ahead]]),
    azimuthDeg: wrapped(degrees(Math.atan2(-ahead[1], -ahead[0]))),
    elevationDeg: degrees(Math.asin(Math.min(1, Math.max(-1, -ahead[2])))),
    distanceMm,
  };
}

const ORBIT_NUMBERS = 6;

/** Short text for an address: `o` and six numbers, with the animal that is followed; or `c` and a camera. */
export function formatViewpoint(viewpoint: Viewpoint): string {
  if (viewpoint.kind === "camera") return `c_${encodeURIComponent(viewpoint.name)}`;
  const { targetMm, azimuthDeg, elevationDeg, distanceMm } = viewpoint.orbit;
  const numbers = [...targetMm, azimuthDeg, elevationDeg, distanceMm].map((value) => short(value));
  const follow = viewpoint.follow === null ? [] : [encodeURIComponent(viewpoint.follow)];
  return ["o", ...numbers, ...follow].join("_");
}

/** Null where the text is none of `formatViewpoint`. */
export function parseViewpoint(text: string): Viewpoint | null {
  const [kind, ...parts] = text.split("_");
  if (kind === "c" && parts.length > 0) {
    const name = decoded(parts.join("_"));
    return name === null || name === "" ? null : { kind: "camera", name };
  }
  const numbers = parts.slice(0, ORBIT_NUMBERS).map((part) => (part === "" ? Number.NaN : Number(part)));
  if (kind !== "o" || numbers.length < ORBIT_NUMBERS || !numbers.every(Number.isFinite)) return null;
  const [x, y, z, azimuthDeg, elevationDeg, distanceMm] = numbers as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const follow = parts.length > ORBIT_NUMBERS ? decoded(parts.slice(ORBIT_NUMBERS).join("_")) : null;
  if (!(distanceMm > 0) || Math.abs(elevationDeg) > STEEPEST_DEG) return null;
  const orbit = { targetMm: [x, y, z] as const, azimuthDeg: wrapped(azimuthDeg), elevationDeg, distanceMm };
  return { kind: "orbit", orbit, follow };
}

function short(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function moved(from: Vec3, steps: readonly (readonly [number, Vec3])[]): Vec3 {
  let [x, y, z] = from;
  for (const [length, [dx, dy, dz]] of steps) {
    x += length * dx;
    y += length * dy;
    z += length * dz;
  }
  return [x, y, z];
}

export function radians(angleDeg: number): number {
  return (angleDeg * Math.PI) / 180;
}

function degrees(angle: number): number {
  return (angle * 180) / Math.PI;
}

/** In -180..180. */
function wrapped(angleDeg: number): number {
  return angleDeg - 360 * Math.floor((angleDeg + 180) / 360);
}
