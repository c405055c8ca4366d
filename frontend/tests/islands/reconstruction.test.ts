import { afterEach, describe, expect, it, vi } from "vitest";
import type { Quality } from "../../src/api/types";
import { floorOf } from "../../src/islands/reconstruction/model";
import { Residuals } from "../../src/islands/reconstruction/residuals";
import { errorOf, scaleOf } from "../../src/islands/reconstruction/timelinePaint";
import type { SceneCamera } from "../../src/scene";

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
});

describe("reprojection errors of a tick", () => {
  afterEach(() => void vi.restoreAllMocks());

  it("come by window, once, and are read anew when a job has filled more", async () => {
    const asked: string[] = [];
    const residuals = new Residuals(
      async (start, stop) => {
        asked.push(`${start}-${stop}`);
        return Float32Array.from({ length: (stop - start) * 2 }, (_, i) => i);
      },
      600,
      2,
    );
    const came = vi.fn();
    expect(residuals.at(513, came)).toBeNull();
    expect(residuals.at(514, came)).toBeNull();
    await vi.waitFor(() => expect(came).toHaveBeenCalledOnce());
    expect([...(residuals.at(513, came) ?? [])]).toEqual([2, 3]);
    residuals.forget();
    expect(residuals.at(513, came)).toBeNull();
    expect(asked).toEqual(["512-600", "512-600"]);
  });

  it("are asked for again after a failure", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    let fails = true;
    const residuals = new Residuals(
      async () => {
        if (fails) throw new Error("away");
        return Float32Array.from([4]);
      },
      1,
      1,
    );
    residuals.at(0, () => {});
    await vi.waitFor(() => expect(console.warn).toHaveBeenCalled());
    fails = false;
    const came = vi.fn();
    residuals.at(0, came);
    await vi.waitFor(() => expect(came).toHaveBeenCalled());
    expect(residuals.at(0, came)?.[0]).toBe(4);
  });
});

describe("the quality timeline", () => {
  const bin = (...residual_px: (number | null)[]): Quality["bins"][number] => ({
    start: 0,
    stop: 1,
    known: 1,
    sigma_mm: null,
    residual_px,
  });

  it("shows the mean of the views that took part", () => {
    expect(errorOf(bin(1, null, 3))).toBe(2);
    expect(errorOf(bin(null, null))).toBeNull();
  });

  it("keeps a scale that noise does not fill, and one bad bin does not flatten", () => {
    expect(scaleOf([bin(0.1), bin(0.2)])).toBe(2);
    const many = Array.from({ length: 99 }, () => bin(4));
    expect(scaleOf([...many, bin(400)])).toBe(5);
  });
});
