/** What models say of suggested frames alone, by frame; read synchronously when a frame is drawn. */

import type { PredictionMark } from "../../canvas/scene";
import type { ModelFrames } from "./model";

interface Told {
  readonly modelName: string;
  /** [individual] of marks. */
  readonly marks: readonly (readonly PredictionMark[])[];
}

export class SuggestedGhosts {
  readonly #byFrame = new Map<number, Told>();

  constructor(models: readonly ModelFrames[], skeleton: readonly string[]) {
    for (const { modelName, keypoints, frames } of models) {
      const keypointOf = keypoints.map((name) => skeleton.indexOf(name));
      for (const { frameIndex, points } of frames) {
        const marks = points.map((animal) =>
          animal.flatMap((point, k): PredictionMark[] => {
            const keypoint = keypointOf[k] ?? -1;
            if (point === null || keypoint < 0) return [];
            const [x, y, confidence] = point;
            return [{ keypoint, x, y, confidence }];
          }),
        );
        this.#byFrame.set(frameIndex, { modelName, marks });
      }
    }
  }

  get size(): number {
    return this.#byFrame.size;
  }

  /** Which model speaks of a frame; null where none does. */
  modelName(frame: number): string | null {
    return this.#byFrame.get(frame)?.modelName ?? null;
  }

  marks(frame: number, individual: number): readonly PredictionMark[] {
    return this.#byFrame.get(frame)?.marks[individual] ?? [];
  }
}
