import { describe, expect, it } from "vitest";
import { Gaze } from "../../src/scene/gaze";
import type { Vec3 } from "../../src/scene/types";
import type { Orbit, Viewpoint } from "../../src/scene/viewpoint";

const HOME: Orbit = { targetMm: [0, 0, 0], azimuthDeg: 0, elevationDeg: 30, distanceMm: 600 };
const ELSEWHERE: Viewpoint = { kind: "orbit", orbit: { ...HOME, azimuthDeg: 90 }, follow: null };

function gazeOf({ calm = false, at = [100, 0, 0] as Vec3 | null } = {}) {
  const animal: { at: Vec3 | null } = { at };
  const gaze = new Gaze({
    home: HOME,
    distancesMm: [50, 5000],
    whereIs: (name) => (name === "ash" ? animal.at : null),
    reducedMotion: () => calm,
  });
  return { gaze, animal };
}

function azimuth(gaze: Gaze): number {
  const { current } = gaze;
  return current.kind === "orbit" ? current.orbit.azimuthDeg : Number.NaN;
}

describe("Gaze", () => {
  it("travels, arrives exactly, and then asks for no more pictures", () => {
    const { gaze } = gazeOf();
    gaze.go(ELSEWHERE, 1000, { smooth: true });
    expect(gaze.viewpoint).toEqual(ELSEWHERE);
    expect(gaze.step(1100)).toBe(true);
    expect(azimuth(gaze)).toBeGreaterThan(5);
    expect(azimuth(gaze)).toBeLessThan(85);
    expect(gaze.step(1420)).toBe(false);
    expect(gaze.current).toEqual(ELSEWHERE);
  });

  it("is there at once where motion is unwelcome", () => {
    const { gaze } = gazeOf({ calm: true });
    gaze.go(ELSEWHERE, 1000, { smooth: true });
    expect(gaze.current).toEqual(ELSEWHERE);
    expect(gaze.step(1001)).toBe(false);
  });

  it("comes to rest on the animal that it follows, jumping where motion is unwelcome", () => {
    for (const calm of [false, true]) {
      const { gaze } = gazeOf({ calm });
      gaze.go({ kind: "orbit", orbit: HOME, follow: "ash" }, 0, { smooth: false });
      let pictures = 1;
      for (let now = 16; gaze.step(now); now += 16) pictures++;
      expect(gaze.current).toMatchObject({ orbit: { targetMm: [100, 0, 0] }, follow: "ash" });
      if (calm) expect(pictures).toBe(1);
      else expect(pictures).toBeGreaterThan(20);
    }
  });

  it("waits where it is while the animal is unknown", () => {
    const { gaze, animal } = gazeOf({ at: null });
    gaze.go({ kind: "orbit", orbit: HOME, follow: "ash" }, 0, { smooth: false });
    expect(gaze.step(16)).toBe(false);
    expect(gaze.current).toMatchObject({ orbit: HOME });
    animal.at = [5, 5, 5];
    expect(gaze.step(32)).toBe(true);
  });

  it("goes on following when it is turned, and stops when the picture is moved", () => {
    const { gaze } = gazeOf();
    gaze.go({ kind: "orbit", orbit: HOME, follow: "ash" }, 0, { smooth: false });
    gaze.turn(10, 0, HOME);
    expect(gaze.viewpoint).toMatchObject({ follow: "ash" });
    gaze.pan(10, 0, 600, HOME);
    expect(gaze.viewpoint).toMatchObject({ follow: null });
  });
});
