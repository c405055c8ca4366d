/** What labels of a keypoint in the other views of a tick say of where it is in this one. */

import type { Guide, LabelMark } from "../../canvas/scene";
import { epipolarLine, meetingPoint, pictured, type Sight } from "../../rig/crossView";
import type { RigCamera } from "../../scene/rigCamera";
import type { Animal } from "./model";

/** Labels of an animal in one view at the tick on screen, and the camera of that view. */
export interface SeenBy {
  readonly view: string;
  readonly camera: RigCamera;
  readonly labels: readonly LabelMark[];
}

/**
 * Guides over one view, of keypoints that have no place in it: those said to be absent keep theirs. A keypoint with
 * a label in two or more other views has a place here. One with a label in a single view has a line, drawn for
 * `armed` alone: more than one would only be in the way.
 *
 * Guessed labels count as visible ones do. Empty where the view has no camera.
 */
export function guidesOver(
  view: string,
  views: readonly SeenBy[],
  animal: Animal,
  armed: number | null,
): readonly Guide[] {
  const here = views.find((one) => one.view === view);
  if (here === undefined) return [];
  const labelled = new Set(here.labels.map(({ keypoint }) => keypoint));
  const guides: Guide[] = [];
  for (const [keypoint, sights] of sightsOf(views.filter((one) => one !== here))) {
    if (labelled.has(keypoint)) continue;
    const [only] = sights;
    if (sights.length === 1 && only !== undefined) {
      if (keypoint === armed) guides.push(lineOf(keypoint, animal.colour, only, here.camera));
      continue;
    }
    const point = meetingPoint(sights);
    const pixel = point && pictured(here.camera, point);
    if (pixel !== null) {
      const [x, y] = pixel;
      guides.push({ keypoint, colour: animal.colour, lines: [], place: { x, y } });
    }
  }
  return guides;
}

function lineOf(keypoint: number, colour: string, sight: Sight, camera: RigCamera): Guide {
  const lines = epipolarLine(sight, camera).map((piece) => piece.map(([x, y]) => ({ x, y })));
  return { keypoint, colour, lines, place: null };
}

function sightsOf(views: readonly SeenBy[]): Map<number, Sight[]> {
  const sights = new Map<number, Sight[]>();
  for (const { camera, labels } of views) {
    for (const { keypoint, x, y } of labels) {
      const known = sights.get(keypoint) ?? [];
      known.push({ camera, pixel: [x, y] });
      sights.set(keypoint, known);
    }
  }
  return sights;
}
