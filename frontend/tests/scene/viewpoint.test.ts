import { describe, expect, it } from "vitest";
import type { Vec3 } from "../../src/scene/types";
import {
  approached,
  between,
  eyeOf,
  formatViewpoint,
  frameOf,
  type Orbit,
  orbitFrom,
  PRESETS,
  parseViewpoint,
  shifted,
  turned,
  type Viewpoint,
} from "../../src/scene/viewpoint";

const ORBIT: Orbit = { targetMm: [10, -20, 30], azimuthDeg: -62, elevationDeg: 34, distanceMm: 800 };

function dot(a: Vec3, b: Vec3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

describe("an orbit", () => {
  it("has a right-handed frame at every angle, straight from above too", () => {
    for (const elevationDeg of [-30, 0, 45, 90]) {
      for (const azimuthDeg of [-180, -90, 0, 33, 179]) {
        const { right, up, back } = frameOf({ ...ORBIT, azimuthDeg, elevationDeg });
        for (const axis of [right, up, back]) expect(Math.hypot(...axis)).toBeCloseTo(1, 12);
        for (const [a, b] of [
          [right, up],
          [up, back],
          [back, right],
        ] as const)
          expect(dot(a, b)).toBeCloseTo(0, 12);
        const cross = right[0] * up[1] - right[1] * up[0];
        expect(cross).toBeCloseTo(back[2], 12);
      }
    }
  });

  it("shows x to the right and y upwards from the top, x to the right and z upwards from the front", () => {
    const top = frameOf({ ...ORBIT, ...PRESETS.top });
    expect(top.right.map((value) => Math.round(value))).toEqual([1, 0, 0]);
    expect(top.up[1]).toBeCloseTo(1, 12);
    const front = frameOf({ ...ORBIT, ...PRESETS.front });
    expect(front.right[0]).toBeCloseTo(1, 12);
    expect(front.up[2]).toBeGreaterThan(0.9);
  });

  it("keeps its distance from the target, and does not tip over", () => {
    const eye = eyeOf(ORBIT);
    expect(Math.hypot(...eye.map((value, at) => value - (ORBIT.targetMm[at] as number)))).toBeCloseTo(800, 9);
    expect(turned(ORBIT, 0, 500).elevationDeg).toBe(90);
    expect(turned(ORBIT, 0, -500).elevationDeg).toBe(-30);
    expect(turned(ORBIT, 150 + 180, 0).azimuthDeg).toBeCloseTo(-92, 9);
  });

  it("moves the target against the pointer, in the plane of the picture", () => {
    const moved = shifted(ORBIT, 40, 0, 600);
    const step = moved.targetMm.map((value, at) => value - (ORBIT.targetMm[at] as number)) as unknown as Vec3;
    const { right, up, back } = frameOf(ORBIT);
    expect(dot(step, right)).toBeLessThan(0);
    expect(dot(step, up)).toBeCloseTo(0, 9);
    expect(dot(step, back)).toBeCloseTo(0, 9);
  });

  it("stays between its limits", () => {
    expect(approached(ORBIT, 1e6, [50, 4000]).distanceMm).toBe(50);
    expect(approached(ORBIT, 1e-6, [50, 4000]).distanceMm).toBe(4000);
  });

  it("turns the shorter way round", () => {
    const half = between({ ...ORBIT, azimuthDeg: 170 }, { ...ORBIT, azimuthDeg: -170 }, 0.5);
    expect(Math.abs(half.azimuthDeg)).toBeCloseTo(180, 9);
  });

  it("stands and looks where a camera stood, with its target on the floor", () => {
    const ahead: Vec3 = [0.6, 0, -0.8];
    const orbit = orbitFrom([-300, 50, 400], ahead, 700);
    expect(eyeOf(orbit)[0]).toBeCloseTo(-300, 9);
    expect(eyeOf(orbit)[1]).toBeCloseTo(50, 9);
    expect(eyeOf(orbit)[2]).toBeCloseTo(400, 9);
    expect(orbit.targetMm[2]).toBeCloseTo(0, 9);
    expect(dot(frameOf(orbit).back, ahead)).toBeCloseTo(-1, 12);
  });
});

describe("the text of a viewpoint", () => {
  it("comes back as the same viewpoint, to a tenth", () => {
    const views: Viewpoint[] = [
      { kind: "orbit", orbit: ORBIT, follow: null },
      { kind: "orbit", orbit: { ...ORBIT, distanceMm: 812.3 }, follow: "M_3 & co/ü" },
      { kind: "camera", name: "ring_1 left%" },
    ];
    for (const view of views) {
      const text = formatViewpoint(view);
      expect(parseViewpoint(text)).toEqual(view);
      expect(text.length).toBeLessThan(64);
      expect(new URLSearchParams({ view: text }).get("view")).toBe(text);
    }
  });

  it.each([
    "",
    "o",
    "o_1_2_3",
    "o_1_2_3_4_5_x",
    "o_1_2_3_4_5_",
    "o_1_2_3_4_95_600",
    "o_1_2_3_4_5_-6",
    "c",
    "c_",
    "c_%",
    "x_1",
  ])("is refused where it is none: %s", (text) => expect(parseViewpoint(text)).toBeNull());
});
