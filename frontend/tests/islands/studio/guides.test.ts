import { describe, expect, it } from "vitest";
import { guidesOver, type SeenBy } from "../../../src/islands/studio/guides";
import { RigCamera } from "../../../src/scene/rigCamera";
import type { Vec3 } from "../../../src/scene/types";

const ANIMAL = { id: 1, name: "a", slot: 0, colour: "#123456" };
const POINT: Vec3 = [30, -20, 500];

/** Side by side, 200 mm apart, looking along z. */
const CAMERAS = [-200, 0, 200].map(
  (x, at) =>
    new RigCamera({
      name: `cam${at}`,
      width: 640,
      height: 480,
      K: [
        [800, 0, 320],
        [0, 800, 240],
        [0, 0, 1],
      ],
      R: [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
      t: [-x, 0, 0],
    }),
);

/** The views of the three cameras, of which some have a label of keypoint 2. */
function views(...labelled: number[]): SeenBy[] {
  return CAMERAS.map((camera, at) => {
    const [x, y] = camera.project(POINT, { lens: true }) as [number, number];
    const labels = labelled.includes(at) ? [{ keypoint: 2, x, y, visibility: "visible" as const }] : [];
    return { view: camera.name, camera, labels };
  });
}

describe("guides over a view", () => {
  it("are a line from one other view, for the armed keypoint alone", () => {
    const [guide, ...more] = guidesOver("cam1", views(0), ANIMAL, 2);
    expect(more).toEqual([]);
    expect(guide).toMatchObject({ keypoint: 2, colour: "#123456", place: null });
    const [line, ...pieces] = guide?.lines ?? [];
    expect(pieces).toEqual([]);
    const [, y] = (CAMERAS[0] as RigCamera).project(POINT, { lens: true }) as [number, number];
    // Cameras side by side: the line is level.
    expect(line?.every((point) => Math.abs(point.y - y) < 1e-6)).toBe(true);
    expect(guidesOver("cam1", views(0), ANIMAL, 1)).toEqual([]);
    expect(guidesOver("cam1", views(0), ANIMAL, null)).toEqual([]);
  });

  it("are a place from two other views, whatever is armed", () => {
    const [guide] = guidesOver("cam1", views(0, 2), ANIMAL, null);
    const [x, y] = (CAMERAS[1] as RigCamera).project(POINT, { lens: true }) as [number, number];
    expect(guide?.lines).toEqual([]);
    expect(guide?.place?.x).toBeCloseTo(x, 6);
    expect(guide?.place?.y).toBeCloseTo(y, 6);
  });

  it("are none where the view has its label, or no camera", () => {
    expect(guidesOver("cam1", views(0, 1), ANIMAL, 2)).toEqual([]);
    expect(guidesOver("other", views(0, 2), ANIMAL, 2)).toEqual([]);
    expect(guidesOver("cam1", views(), ANIMAL, 2)).toEqual([]);
  });
});
