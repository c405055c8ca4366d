import { describe, expect, it } from "vitest";
import { epipolarLine, meetingPoint, pictured } from "../../src/rig/crossView";
import { RigCamera } from "../../src/scene/rigCamera";
import type { Vec3 } from "../../src/scene/types";

const LENS = [-0.21, 0.06, 0.0012, -0.0008, 0.004];
const NO_LENS = [0, 0, 0, 0, 0];

/** A camera at a place that looks at the origin; image y points down, as OpenCV has it. */
function camera(name: string, at: Vec3, distortion: readonly number[] = LENS): RigCamera {
  const unit = (v: Vec3): Vec3 => v.map((value) => value / Math.hypot(...v)) as unknown as Vec3;
  const cross = (a: Vec3, b: Vec3): Vec3 => [
    a[1] * b[2] - a[2] * b[1],
    a[2] * b[0] - a[0] * b[2],
    a[0] * b[1] - a[1] * b[0],
  ];
  const ahead = unit([-at[0], -at[1], -at[2]]);
  const right = unit(cross(ahead, [0, 0, 1]));
  const down = cross(ahead, right);
  const R = [right, down, ahead];
  const t = R.map((row) => -(row[0] * at[0] + row[1] * at[1] + row[2] * at[2]));
  const K = [
    [820, 0, 322],
    [0, 815, 238],
    [0, 0, 1],
  ];
  return new RigCamera({ name, width: 640, height: 480, K, distortion, R, t });
}

const RIG = [
  camera("a", [600, 0, 400]),
  camera("b", [0, 650, 420]),
  camera("c", [-580, 90, 500]),
  camera("d", [200, -630, 380]),
];
const POINTS: readonly Vec3[] = [
  [0, 0, 0],
  [120, -60, 20],
  [-90, 110, 45],
  [40, 30, 5],
];

function gap(
  [x, y]: readonly [number, number],
  pieces: readonly (readonly (readonly [number, number])[])[],
): number {
  let least = Number.POSITIVE_INFINITY;
  for (const piece of pieces) {
    for (let at = 1; at < piece.length; at++) {
      const [[ax, ay], [bx, by]] = [piece[at - 1], piece[at]] as [[number, number], [number, number]];
      const along = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2);
      const share = Math.min(1, Math.max(0, along));
      least = Math.min(least, Math.hypot(x - ax - share * (bx - ax), y - ay - share * (by - ay)));
    }
  }
  return least;
}

describe("a line", () => {
  it("runs through the point that it is about, in every other picture, bent by both lenses", () => {
    for (const from of RIG) {
      for (const to of RIG) {
        if (from === to) continue;
        for (const point of POINTS) {
          const pixel = from.project(point, { lens: true });
          const there = pictured(to, point);
          if (pixel === null || there === null) throw new Error("the rig sees all points");
          expect(gap(there, epipolarLine({ camera: from, pixel }, to))).toBeLessThan(0.1);
        }
      }
    }
  });

  it("stays in the picture", () => {
    const [from, to] = RIG as [RigCamera, RigCamera];
    for (const piece of epipolarLine({ camera: from, pixel: [20, 460] }, to)) {
      for (const [x, y] of piece) {
        expect(x >= -0.5 && x <= 639.5 && y >= -0.5 && y <= 479.5).toBe(true);
      }
    }
  });

  it("is not drawn where the other camera looks away from it", () => {
    const [from] = RIG as [RigCamera];
    const away = camera("away", [600, 10, 400], NO_LENS);
    // The same place, turned around: what `from` sees lies behind it.
    const back = new RigCamera({
      name: "back",
      width: 640,
      height: 480,
      K: [away.K.slice(0, 3), away.K.slice(3, 6), away.K.slice(6, 9)],
      R: [away.R.slice(0, 3).map((v) => -v), away.R.slice(3, 6), away.R.slice(6, 9).map((v) => -v)],
      t: [-(away.t[0] as number), away.t[1] as number, -(away.t[2] as number)],
    });
    expect(epipolarLine({ camera: from, pixel: [322, 238] }, back)).toEqual([]);
  });
});

describe("the meeting of lines of sight", () => {
  it("is the point, from two views and from four", () => {
    for (const point of POINTS) {
      const sights = RIG.map((one) => ({
        camera: one,
        pixel: one.project(point, { lens: true }) as [number, number],
      }));
      for (const some of [sights.slice(0, 2), sights]) {
        const found = meetingPoint(some) as Vec3;
        expect(Math.hypot(found[0] - point[0], found[1] - point[1], found[2] - point[2])).toBeLessThan(1e-2);
      }
    }
  });

  it("is none of lines that hardly cross, nor behind a camera", () => {
    const [a] = RIG as [RigCamera];
    const near = camera("near", [601, 3, 400]);
    const pixelOf = (one: RigCamera): [number, number] =>
      one.project([0, 0, 0], { lens: true }) as [number, number];
    expect(meetingPoint([a, near].map((one) => ({ camera: one, pixel: pixelOf(one) })))).toBeNull();
    // Two that look past one another: their lines meet behind both.
    const left = camera("left", [600, -40, 0], NO_LENS);
    const right = camera("right", [600, 40, 0], NO_LENS);
    const apart = [
      { camera: left, pixel: [20, 238] as const },
      { camera: right, pixel: [620, 238] as const },
    ];
    const crossing = [
      { camera: left, pixel: [620, 238] as const },
      { camera: right, pixel: [20, 238] as const },
    ];
    expect([meetingPoint(apart), meetingPoint(crossing)].filter((found) => found === null)).toHaveLength(1);
  });
});

describe("a pixel of a point", () => {
  it("is none where the model of the lens has folded back into the picture", () => {
    const folding = camera("wide", [600, 0, 400], [-0.5, 0, 0, 0, 0]);
    const far: Vec3 = [600, 900, 399];
    expect(pictured(folding, far)).toBeNull();
    expect(pictured(folding, [0, 0, 0])).not.toBeNull();
  });
});
