import { describe, expect, it } from "vitest";
import { floorOf, floorUnder, holds } from "../../../src/islands/reconstruction/floor";
import type { SceneCamera } from "../../../src/scene";

const NAN = Number.NaN;

/** Looks along its own z from a place in the world. */
const cameraAt = (x: number, y: number): SceneCamera => ({
  name: `${x} ${y}`,
  width: 64,
  height: 48,
  K: [
    [50, 0, 32],
    [0, 50, 24],
    [0, 0, 1],
  ],
  R: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  t: [-x, -y, -500],
});

describe("the floor", () => {
  it("lies under everything that is known, on round numbers, and never under what is not", () => {
    const poses = Float32Array.from([NAN, NAN, NAN, NAN, 10, -30, 5, 1, 190, 80, 5, 1]);
    expect(floorOf(poses, [])).toEqual({ minMm: [-50, -100], maxMm: [250, 150] });
  });

  it("lies in the middle of the cameras while nothing is known", () => {
    const { minMm, maxMm } = floorOf(Float32Array.from([NAN, NAN, NAN, NAN]), [
      cameraAt(1000, 0),
      cameraAt(0, 1000),
      cameraAt(1000, 2000),
      cameraAt(2000, 1000),
    ]);
    expect((minMm[0] + maxMm[0]) / 2).toBeCloseTo(1000);
    expect((minMm[1] + maxMm[1]) / 2).toBeCloseTo(1000);
    expect(maxMm[0] - minMm[0]).toBeGreaterThan(400);
  });

  it("lies under bounds, and holds what stays within it", () => {
    const bounds = { min: [-10, 0, 0], max: [190, 290, 40] };
    const floor = floorUnder(bounds);
    expect(floor).toEqual({ minMm: [-100, -100], maxMm: [250, 350] });
    expect(floorUnder(null)).toBeNull();
    expect(holds(floor as NonNullable<typeof floor>, { min: [-90, 0, 0], max: [250, 290, 0] })).toBe(true);
    expect(holds(floor as NonNullable<typeof floor>, { min: [-90, 0, 0], max: [250, 360, 0] })).toBe(false);
  });
});
