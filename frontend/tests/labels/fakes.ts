import type { LabelTransport, OperationResult } from "../../src/labels/transport";
import { type Instance, type KeypointValue, type Operation, UNLABELLED } from "../../src/labels/types";

export const KEYPOINTS = 4;
export const VIDEO = 7;

interface Logged {
  readonly uuid: string;
  readonly keypoint: number;
  readonly rev: number;
}

/** A server that keeps the rules of the real one: per keypoint, idempotent, 409 stops the rest of a batch. */
export class FakeServer implements LabelTransport {
  readonly #instances = new Map<string, { rev: number; keypoints: KeypointValue[]; log: Logged[] }>();
  readonly requests: Operation[][] = [];
  fault: Error | null = null;
  /** The answer is lost after the work was done. */
  loseAnswers = 0;
  signedIn = true;

  send(_videoId: number, operations: readonly Operation[]): Promise<OperationResult[]> {
    this.requests.push([...operations]);
    if (this.fault !== null) return Promise.reject(this.fault);
    let stopped = false;
    const results = operations.map((operation): OperationResult => {
      if (stopped) return { uuid: operation.uuid, status: "skipped" };
      const result = this.#apply(operation);
      stopped = result.status === "conflict";
      return result;
    });
    if (this.loseAnswers-- > 0) return Promise.reject(new Error("connection reset"));
    return Promise.resolve(results);
  }

  renew(): Promise<boolean> {
    return Promise.resolve(this.signedIn);
  }

  /** Another person changes a keypoint. */
  other(frame: number, animal: number, keypoint: number, change: KeypointValue): void {
    const instance = this.#instance(frame, animal);
    instance.rev++;
    instance.keypoints[keypoint] = change;
    instance.log.push({ uuid: `other-${instance.rev}`, keypoint, rev: instance.rev });
  }

  value(frame: number, animal: number, keypoint: number): KeypointValue {
    return this.#instance(frame, animal).keypoints[keypoint] ?? UNLABELLED;
  }

  rev(frame: number, animal: number): number {
    return this.#instance(frame, animal).rev;
  }

  instances(): Instance[] {
    return [...this.#instances].map(([key, { rev, keypoints }]) => {
      const [frame_index, animal_id] = key.split("/").map(Number) as [number, number];
      return { frame_index, animal_id, rev, keypoints: [...keypoints] };
    });
  }

  #apply(operation: Operation): OperationResult {
    const { uuid, frame_index, animal_id, keypoint, base_rev, change } = operation;
    const instance = this.#instance(frame_index, animal_id);
    const shown = (): Instance => ({
      frame_index,
      animal_id,
      rev: instance.rev,
      keypoints: [...instance.keypoints],
    });
    const earlier = instance.log.find((line) => line.uuid === uuid);
    if (earlier !== undefined) return { uuid, status: "duplicate", rev: earlier.rev, instance: shown() };
    if (keypoint >= KEYPOINTS) return { uuid, status: "refused", reason: "no such keypoint" };
    if (instance.log.some((line) => line.keypoint === keypoint && line.rev > base_rev)) {
      return {
        uuid,
        status: "conflict",
        rev: instance.rev,
        theirs: instance.keypoints[keypoint] ?? UNLABELLED,
      };
    }
    instance.rev++;
    instance.keypoints[keypoint] = change;
    instance.log.push({ uuid, keypoint, rev: instance.rev });
    return { uuid, status: "applied", rev: instance.rev, instance: shown() };
  }

  #instance(frame: number, animal: number): { rev: number; keypoints: KeypointValue[]; log: Logged[] } {
    const key = `${frame}/${animal}`;
    const found = this.#instances.get(key);
    if (found !== undefined) return found;
    const fresh = { rev: 0, keypoints: Array.from({ length: KEYPOINTS }, () => UNLABELLED), log: [] };
    this.#instances.set(key, fresh);
    return fresh;
  }
}

export function at(x: number, y = 0): KeypointValue {
  return { x, y, visibility: "visible" };
}

/** Let timers of 0 ms and IndexedDB run until nothing more happens. */
export async function quiet(): Promise<void> {
  for (let i = 0; i < 30; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}
