import { Matrix4 } from "three";
import { describe, expect, it } from "vitest";
import { Eye } from "../../src/scene/eye";
import { type PickQuery, pickJoint } from "../../src/scene/picking";
import type { Vec3 } from "../../src/scene/types";

const SIZE = { width: 800, height: 600 };
const ORBIT = { targetMm: [0, 0, 0] as Vec3, azimuthDeg: -90, elevationDeg: 0, distanceMm: 500 };

/** Looks along +y from 500 mm before the origin: x to the right, z up. */
function query(
  points: readonly (readonly [number, number, number])[],
  more: Partial<PickQuery> = {},
): PickQuery {
  const eye = new Eye({ nearMm: 5, farMm: 5000 });
  eye.orbit(ORBIT, SIZE);
  return {
    data: Float32Array.from(points.flatMap((point) => [...point, 1])),
    offset: 0,
    individuals: 1,
    keypoints: points.length,
    clipFromWorld: eye.clipFromWorld(new Matrix4()).elements,
    size: SIZE,
    at: { x: 400, y: 300 },
    jointRadiusMm: 3,
    pxPerMmAtOne: ((eye.projectionMatrix.elements[5] as number) * SIZE.height) / 2,
    missPx: 8,
    ...more,
  };
}

describe("pickJoint", () => {
  it("takes the joint that is nearer to the eye of two behind each other", () => {
    expect(
      pickJoint(
        query([
          [0, 60, 0],
          [0, -60, 0],
        ]),
      ),
    ).toMatchObject({ individual: 0, keypoint: 1 });
    expect(
      pickJoint(
        query([
          [0, -60, 0],
          [0, 60, 0],
        ]),
      ),
    ).toMatchObject({ keypoint: 0 });
  });

  it("takes the joint that is hit before a nearer one that is missed", () => {
    expect(
      pickJoint(
        query([
          [3.4, -100, 0],
          [0, 100, 0],
        ]),
      ),
    ).toMatchObject({ keypoint: 1 });
  });

  it("takes none beyond the allowance, and none that is unknown or behind the eye", () => {
    expect(pickJoint(query([[40, 0, 0]]))).toBeNull();
    expect(
      pickJoint(
        query([
          [0, Number.NaN, 0],
          [0, -900, 0],
        ]),
      ),
    ).toBeNull();
  });

  it("reads from the offset, and tells individual and keypoint apart", () => {
    const asked = query(
      [
        [200, 0, 0],
        [200, 0, 50],
        [200, 0, 100],
        [0, 0, 0],
      ],
      { individuals: 2, keypoints: 2 },
    );
    expect(pickJoint(asked)).toMatchObject({ individual: 1, keypoint: 1, x: 400, y: 300 });
    expect(pickJoint({ ...asked, offset: 8, individuals: 1 })).toMatchObject({ individual: 0, keypoint: 1 });
  });
});
