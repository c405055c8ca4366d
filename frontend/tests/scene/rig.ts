/** A small world for tests of the scene: a rig, a skeleton of 30 keypoints, and animals that walk. */

import type { SkeletonLook } from "../../src/canvas/scene";
import { skeletonLook } from "../../src/islands/studio/gateway";
import type { FloorBounds, SceneCamera, Vec3 } from "../../src/scene/types";

export const FLOOR: FloorBounds = { minMm: [-250, -200], maxMm: [250, 200] };
export const TICKS_A_SECOND = 60;

/** Body axes in millimetres: x ahead, y to the left, z up; a keypoint is named once for both sides. */
const MIDDLE: Readonly<Record<string, Vec3>> = {
  nose: [52, 0, 16],
  neck: [26, 0, 24],
  "back 1": [12, 0, 28],
  "back 2": [-4, 0, 30],
  "back 3": [-20, 0, 27],
  "tail 0": [-36, 0, 18],
  "tail 1": [-54, 0, 10],
  "tail 2": [-72, 0, 6],
  "tail 3": [-90, 0, 4],
  "tail 4": [-106, 0, 4],
};
const PAIRED: Readonly<Record<string, Vec3>> = {
  ear: [32, 9, 30],
  eye: [42, 6, 22],
  shoulder: [18, 10, 20],
  elbow: [14, 14, 12],
  wrist: [22, 13, 6],
  "fore paw": [28, 13, 2],
  hip: [-24, 11, 20],
  knee: [-16, 16, 13],
  ankle: [-26, 15, 6],
  "hind paw": [-18, 15, 2],
};
const CHAINS: readonly (readonly string[])[] = [
  ["nose", "neck", "back 1", "back 2", "back 3", "tail 0", "tail 1", "tail 2", "tail 3", "tail 4"],
  ...["left", "right"].flatMap((side) => [
    ["nose", `${side} eye`, `${side} ear`, "neck"],
    ["neck", `${side} shoulder`, `${side} elbow`, `${side} wrist`, `${side} fore paw`],
    ["back 3", `${side} hip`, `${side} knee`, `${side} ankle`, `${side} hind paw`],
  ]),
];

const AT = new Map<string, Vec3>([
  ...Object.entries(MIDDLE),
  ...Object.entries(PAIRED).flatMap(([name, [x, y, z]]): [string, Vec3][] => [
    [`left ${name}`, [x, y, z]],
    [`right ${name}`, [x, -y, z]],
  ]),
]);

export const KEYPOINTS = [...AT.keys()];

export const SKELETON: SkeletonLook = skeletonLook({
  keypoints: KEYPOINTS,
  edges: CHAINS.flatMap((chain) => chain.slice(1).map((name, at) => [chain[at] as string, name])),
  symmetric: Object.keys(PAIRED).map((name) => [`left ${name}`, `right ${name}`]),
});

/** Float32 (stop - start, animals, 30, 4): walking, with a tail less certain towards its tip. */
export function walk(animals: number, start: number, stop: number): Float32Array {
  const data = new Float32Array((stop - start) * animals * KEYPOINTS.length * 4);
  let at = 0;
  for (let tick = start; tick < stop; tick++) {
    for (let animal = 0; animal < animals; animal++) {
      const place = pathOf(animal, tick);
      const next = pathOf(animal, tick + 1);
      const heading = Math.atan2(next[1] - place[1], next[0] - place[0]);
      for (const [index, [, body]] of [...AT].entries()) {
        const swing = 6 * Math.sin(tick / 5 + index * 1.3) * (body[2] < 10 ? 1 : 0.15);
        const sway = body[0] < -40 ? 14 * Math.sin(tick / 14 + body[0] / 30) : 0;
        const [x, y] = [body[0] + swing, body[1] + sway];
        data[at++] = place[0] + x * Math.cos(heading) - y * Math.sin(heading);
        data[at++] = place[1] + x * Math.sin(heading) + y * Math.cos(heading);
        data[at++] = body[2];
        data[at++] = body[0] < -60 ? 0.06 * -body[0] : 0.6;
      }
    }
  }
  return data;
}

function pathOf(animal: number, tick: number): readonly [number, number] {
  const time = tick / 70 + animal * 2.1;
  return [165 * Math.sin(time * 0.9 + animal), 120 * Math.sin(time * 1.3 + 0.7 * animal)];
}

/** A camera at `eye` that looks at `target`, its principal point off the middle. */
export function lookAt(name: string, eye: Vec3, target: Vec3, lens: readonly number[] = []): SceneCamera {
  const ahead = unit(minus(target, eye));
  const right = unit(cross(ahead, Math.abs(ahead[2]) > 0.99 ? [0, 1, 0] : [0, 0, 1]));
  const down = cross(ahead, right);
  const R = [right, down, ahead];
  const t = R.map((row) => -(row[0] * eye[0] + row[1] * eye[1] + row[2] * eye[2]));
  const K = [
    [1180, 0, 655.5],
    [0, 1175, 488.25],
    [0, 0, 1],
  ];
  const bent = lens.length > 0 ? { distortion: lens } : {};
  return { name, width: 1280, height: 1024, K, R, t, ...bent };
}

/** One on the ceiling, three on a ring, all with a lens. */
export const CAMERAS: readonly SceneCamera[] = [
  lookAt("ceiling", [40, -60, 820], [0, 0, 0], [-0.21, 0.08, 0.001, -0.0008, 0]),
  ...[0, 1, 2].map((at) => {
    const angle = (at * 120 - 60) * (Math.PI / 180);
    const eye: Vec3 = [620 * Math.cos(angle), 620 * Math.sin(angle), 430];
    return lookAt(`ring ${at + 1}`, eye, [0, 0, 20], [-0.18, 0.05, 0, 0.0006, 0]);
  }),
];

function minus(a: Vec3, b: Vec3): Vec3 {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

function cross(a: Vec3, b: Vec3): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function unit(a: Vec3): Vec3 {
  const length = Math.hypot(...a);
  return [a[0] / length, a[1] / length, a[2] / length];
}
