import { describe, expect, it } from "vitest";
import { hitLabel } from "../../src/canvas/hit";
import { EMPTY_SKELETON, type LabelMark, type OverlayScene } from "../../src/canvas/scene";

const view = { scale: 2, offsetX: 0, offsetY: 0 };
const mark = (keypoint: number, x: number): LabelMark => ({ keypoint, x, y: 10, visibility: "visible" });

function scene(first: LabelMark[], second: LabelMark[]): OverlayScene {
  const animal = { colour: "#000000", predictions: [] };
  return {
    index: 0,
    skeleton: EMPTY_SKELETON,
    armed: null,
    showNames: false,
    animals: [
      { ...animal, animalId: 1, active: false, labels: first },
      { ...animal, animalId: 2, active: true, labels: second },
    ],
  };
}

describe("hitLabel", () => {
  it("takes the nearest keypoint within reach, on the canvas and not in the image", () => {
    const found = hitLabel(scene([mark(0, 10), mark(1, 13)], []), view, { x: 26, y: 21 }, 10);
    expect(found).toEqual({ animalId: 1, keypoint: 1 });
    expect(hitLabel(scene([mark(0, 10)], []), view, { x: 60, y: 21 }, 10)).toBeNull();
  });

  it("prefers the active animal where two lie on each other", () => {
    expect(hitLabel(scene([mark(0, 10)], [mark(3, 10.4)]), view, { x: 21, y: 21 }, 10)).toEqual({
      animalId: 2,
      keypoint: 3,
    });
  });
});
