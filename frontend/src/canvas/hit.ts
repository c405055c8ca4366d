import type { OverlayScene } from "./scene";
import { canvasFromImage, type Point, type ViewTransform } from "./transform";

export interface Hit {
  readonly animalId: number;
  readonly keypoint: number;
}

/**
 * The label nearest to a canvas point within `reach` CSS pixels; ties and near ties (2 px) go to the active
 * animal, so that overlapping animals can be worked on one at a time.
 */
export function hitLabel(scene: OverlayScene, view: ViewTransform, at: Point, reach: number): Hit | null {
  let best: Hit | null = null;
  let bestDistance = reach;
  for (const animal of scene.animals) {
    for (const mark of animal.labels) {
      const { x, y } = canvasFromImage(view, mark);
      const distance = Math.hypot(x - at.x, y - at.y) - (animal.active ? 2 : 0);
      if (distance <= bestDistance) {
        bestDistance = distance;
        best = { animalId: animal.animalId, keypoint: mark.keypoint };
      }
    }
  }
  return best;
}
