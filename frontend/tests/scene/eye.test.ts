import { Matrix4, Vector4 } from "three";
import { describe, expect, it } from "vitest";
import { Eye, imageIn } from "../../src/scene/eye";
import { borderMm, planeVertices } from "../../src/scene/frusta";
import { RigCamera } from "../../src/scene/rigCamera";
import type { SceneCamera, Vec3 } from "../../src/scene/types";
import { eyeOf, frameOf } from "../../src/scene/viewpoint";
import { CAMERAS, lookAt } from "./rig";

const REACH = { nearMm: 5, farMm: 8000 };

/** Where three.js puts a world point on a canvas, CSS pixels. */
function onCanvas(eye: Eye, point: Vec3, size: { width: number; height: number }): [number, number] {
  const clip = new Vector4(...point, 1).applyMatrix4(eye.clipFromWorld(new Matrix4()));
  return [((clip.x / clip.w + 1) / 2) * size.width, ((1 - clip.y / clip.w) / 2) * size.height];
}

/** A second way to the pixel: K (R X + t), written out. */
function pinhole({ K, R, t }: SceneCamera, point: Vec3): [number, number] {
  const seen = R.map((row, at) =>
    row.reduce((sum, r, axis) => sum + r * (point[axis] as number), t[at] as number),
  );
  const [u, v, w] = K.map((row) => row.reduce((sum, k, axis) => sum + k * (seen[axis] as number), 0));
  return [(u as number) / (w as number), (v as number) / (w as number)];
}

function scatter(count: number): Vec3[] {
  let state = 7;
  const draw = (): number => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  return Array.from({ length: count }, () => [draw() * 500 - 250, draw() * 400 - 200, draw() * 120] as const);
}

describe("looking through a camera", () => {
  const skewed = {
    ...lookAt("skewed", [300, 500, 380], [0, 20, 0]),
    K: [
      [900, 3, 500],
      [0, 950, 610],
      [0, 0, 1],
    ],
  };
  it.each([...CAMERAS, skewed])("puts points where K, R and t put them: $name", (camera) => {
    const rig = new RigCamera(camera);
    const eye = new Eye(REACH);
    for (const size of [
      { width: 900, height: 500 },
      { width: 375, height: 812 },
    ]) {
      eye.through(rig, size);
      const { scale, left, top } = imageIn(rig, size);
      for (const point of scatter(50)) {
        const [u, v] = pinhole(camera, point);
        const [x, y] = onCanvas(eye, point, size);
        // Pixel (0, 0) is the middle of the first pixel, whose corner is the image's corner.
        expect(Math.abs((x - left) / scale - 0.5 - u)).toBeLessThan(0.001);
        expect(Math.abs((y - top) / scale - 0.5 - v)).toBeLessThan(0.001);
      }
    }
  });
});

describe("an orbiting eye", () => {
  it("has the target in the middle, right to the right and up above", () => {
    const size = { width: 640, height: 360 };
    const orbit = { targetMm: [40, -30, 15] as Vec3, azimuthDeg: 25, elevationDeg: 40, distanceMm: 700 };
    const eye = new Eye(REACH);
    eye.orbit(orbit, size);
    const at = (axis: Vec3): [number, number] =>
      onCanvas(
        eye,
        orbit.targetMm.map((value, i) => value + 20 * (axis[i] as number)) as unknown as Vec3,
        size,
      );
    const { right, up } = frameOf(orbit);
    expect(onCanvas(eye, orbit.targetMm, size)[0]).toBeCloseTo(320, 6);
    expect(onCanvas(eye, orbit.targetMm, size)[1]).toBeCloseTo(180, 6);
    expect(at(right)[0]).toBeGreaterThan(325);
    expect(at(right)[1]).toBeCloseTo(180, 6);
    expect(at(up)[1]).toBeLessThan(175);
    // Square pixels: as far to the right as upwards.
    expect(at(right)[0] - 320).toBeCloseTo(180 - at(up)[1], 6);
    expect(eye.matrix.elements[14]).toBeCloseTo(eyeOf(orbit)[2], 9);
  });
});

describe("a camera's image plane", () => {
  it.each(CAMERAS)("stands where the lens images each of its pixels: $name", (camera) => {
    const rig = new RigCamera(camera);
    for (const { pixel, ray } of planeVertices(rig)) {
      expect(ray).not.toBeNull();
      const world = rig.worldOf((ray as Vec3).map((value) => 90 * value) as unknown as Vec3);
      const [u, v] = rig.project(world, { lens: true }) as [number, number];
      expect(Math.hypot(u - pixel[0], v - pixel[1])).toBeLessThan(0.02);
    }
  });

  it("has its corners where K, R and t project to the image's corners", () => {
    const camera = lookAt("plain", [500, -200, 300], [0, 0, 0]);
    const border = borderMm(new RigCamera(camera), 100);
    expect(border).toHaveLength(70);
    const corners = [0, 20, 35, 55].map((at) => pinhole(camera, border[at] as Vec3));
    const expected = [
      [-0.5, -0.5],
      [1279.5, -0.5],
      [1279.5, 1023.5],
      [-0.5, 1023.5],
    ];
    corners.forEach((corner, at) => {
      expect(corner[0]).toBeCloseTo(expected[at]?.[0] as number, 6);
      expect(corner[1]).toBeCloseTo(expected[at]?.[1] as number, 6);
    });
  });

  it("leaves out what a folding lens model cannot image", () => {
    const wide = { ...lookAt("wide", [0, -500, 300], [0, 0, 0], [-0.9, 0.1, 0, 0, 0]) };
    const narrow = {
      ...wide,
      K: [
        [420, 0, 640],
        [0, 420, 512],
        [0, 0, 1],
      ],
    };
    const vertices = planeVertices(new RigCamera(narrow));
    expect(vertices[0]?.ray).toBeNull();
    expect(vertices[Math.floor(vertices.length / 2)]?.ray).not.toBeNull();
  });
});

describe("a camera that is none", () => {
  it.each([
    [
      {
        K: [
          [1, 0],
          [0, 1],
        ],
      },
      /K of camera 'ceiling' needs 9/,
    ],
    [{ t: [0, Number.NaN, 0] }, /t of camera 'ceiling' needs 3 finite/],
    [{ width: 0 }, /0 x 1024/],
    [{ distortion: [0.1] }, /distortion of camera 'ceiling' needs 5/],
  ])("is refused by name", (wrong, words) => {
    expect(() => new RigCamera({ ...(CAMERAS[0] as SceneCamera), ...wrong })).toThrow(words);
  });
});
