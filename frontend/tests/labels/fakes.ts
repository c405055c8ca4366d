import { type LabelDatabase, openLabelDatabase } from "../../src/labels/database";
import { LabelSession, type Wish } from "../../src/labels/labelSession";
import { LabelStore } from "../../src/labels/labelStore";
import type { LabelTransport, OperationResult } from "../../src/labels/transport";
import {
  type Instance,
  type KeypointValue,
  type Operation,
  sameValue,
  UNLABELLED,
} from "../../src/labels/types";

export const KEYPOINTS = 4;
export const VIDEO = 7;
export const OTHER_VIDEO = 8;
export const FRAME = 12;
export const ANIMAL = 3;

interface Logged {
  readonly uuid: string;
  readonly keypoint: number;
  readonly rev: number;
  readonly base_rev: number;
}

/** A server that keeps the rules of the real one: per keypoint, idempotent, one's own chain within a request is no conflict, 409 stops the rest of it. */
export class FakeServer implements LabelTransport {
  readonly #instances = new Map<string, { rev: number; keypoints: KeypointValue[]; log: Logged[] }>();
  readonly requests: Operation[][] = [];
  fault: Error | null = null;
  /** What stands in the way of one video alone. */
  readonly faults = new Map<number, Error>();
  /** The answer is lost after the work was done. */
  loseAnswers = 0;
  signedIn = true;
  renewals = 0;

  send(videoId: number, operations: readonly Operation[]): Promise<OperationResult[]> {
    this.requests.push([...operations]);
    const fault = this.fault ?? this.faults.get(videoId);
    if (fault !== undefined) return Promise.reject(fault);
    let stopped = false;
    const own = new Set<string>();
    const results = operations.map((operation): OperationResult => {
      if (stopped) return { uuid: operation.uuid, status: "skipped" };
      const result = this.#apply(operation, own);
      stopped = result.status === "conflict";
      return result;
    });
    if (this.loseAnswers-- > 0) return Promise.reject(new Error("connection reset"));
    return Promise.resolve(results);
  }

  renew(): Promise<boolean> {
    this.renewals++;
    return Promise.resolve(this.signedIn);
  }

  /** Another person changes a keypoint. */
  other(frame: number, animal: number, keypoint: number, change: KeypointValue): void {
    const instance = this.#instance(frame, animal);
    instance.rev++;
    instance.keypoints[keypoint] = change;
    instance.log.push({ uuid: `other-${instance.rev}`, keypoint, rev: instance.rev, base_rev: 0 });
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

  #apply(operation: Operation, own: Set<string>): OperationResult {
    const { uuid, frame_index, animal_id, keypoint, base_rev, change } = operation;
    const instance = this.#instance(frame_index, animal_id);
    const shown = (): Instance => ({
      frame_index,
      animal_id,
      rev: instance.rev,
      keypoints: [...instance.keypoints],
    });
    const earlier = instance.log.find((line) => line.uuid === uuid);
    if (earlier !== undefined) {
      if (earlier.base_rev !== base_rev) return { uuid, status: "refused", reason: "another operation" };
      own.add(uuid);
      return { uuid, status: "duplicate", rev: earlier.rev, instance: shown() };
    }
    if (keypoint >= KEYPOINTS) return { uuid, status: "refused", reason: "no such keypoint" };
    const since = instance.log.filter((line) => line.keypoint === keypoint && line.rev > base_rev);
    const theirs = instance.keypoints[keypoint] ?? UNLABELLED;
    if (since.some((line) => !own.has(line.uuid)) && !sameValue(theirs, change)) {
      return { uuid, status: "conflict", rev: instance.rev, theirs, instance: shown() };
    }
    instance.rev++;
    instance.keypoints[keypoint] = change;
    instance.log.push({ uuid, keypoint, rev: instance.rev, base_rev });
    own.add(uuid);
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

export interface Visit {
  readonly user?: string;
  readonly video?: number;
  readonly database?: LabelDatabase;
}

/** A page that opens the studio on what browser and server hold. */
export async function visit(
  server: FakeServer,
  { user = "1", video = VIDEO, database }: Visit = {},
): Promise<LabelSession> {
  const store = new LabelStore(video, KEYPOINTS);
  const page = `/studio/${video}/`;
  const session = new LabelSession([store], database ?? (await openLabelDatabase(user)), server, () => page);
  await session.restore();
  session.take(video, server.instances());
  return session;
}

/** The page ends without a word. */
export function crash(session: LabelSession): void {
  session.close();
}

export function wish(keypoint: number, x: number, video_id = VIDEO): Wish {
  return { video_id, frame_index: FRAME, animal_id: ANIMAL, keypoint, value: at(x) };
}

export function shown(session: LabelSession, keypoint: number): number | null {
  return session.store(VIDEO).value({ frame_index: FRAME, animal_id: ANIMAL, keypoint }).x;
}

export function at(x: number, y = 0): KeypointValue {
  return { x, y, visibility: "visible" };
}

/** Let timers of 0 ms and IndexedDB run until nothing more happens. */
export async function quiet(): Promise<void> {
  for (let i = 0; i < 30; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}
