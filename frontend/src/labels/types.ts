/** Labels as the studio holds them; field names are those of the API. */

export type Visibility = "unlabelled" | "visible" | "guessed" | "absent";

/** What an operation makes of a keypoint. x and y are image pixels; null where there is no position. */
export interface KeypointValue {
  readonly x: number | null;
  readonly y: number | null;
  readonly visibility: Visibility;
}

/** One animal in one frame: the value of every keypoint of the skeleton, in skeleton order. */
export interface Instance {
  readonly frame_index: number;
  readonly animal_id: number;
  readonly rev: number;
  readonly keypoints: readonly KeypointValue[];
}

/** Names one keypoint of one instance of one video. */
export interface Target {
  readonly video_id: number;
  readonly frame_index: number;
  readonly animal_id: number;
  readonly keypoint: number;
}

/** One change of one keypoint as it waits in this browser. */
export interface Operation extends Target {
  readonly uuid: string;
  /** Order of making, growing. */
  readonly seq: number;
  /** `rev` of the instance that its author saw. Fixed from the first attempt to send on. */
  readonly base_rev: number;
  readonly change: KeypointValue;
  /** The value of a prediction, taken over as it is. */
  readonly accepted?: boolean;
  /** It may have reached the server, so it must be sent again as it is. */
  readonly attempted: boolean;
  /** Address of the studio in which it was made: the way back to it from another. */
  readonly page?: string;
}

/** An operation that met somebody else's change of the same keypoint. */
export interface LabelConflict {
  readonly operation: Operation;
  /** My newest value; changes made after `operation` wait behind it. */
  readonly mine: KeypointValue;
  readonly theirs: KeypointValue;
  readonly rev: number;
  /** The instance with their value in it. */
  readonly instance: Instance | null;
}

/** One change with what it replaced: the unit of undo. */
export interface Edit extends Target {
  readonly before: KeypointValue;
  readonly after: KeypointValue;
}

/** What is to be known of a gesture beside its changes. */
export interface Gesture {
  /** Successive gestures with the same key are one for undo. */
  readonly mergeKey?: string;
  /** It takes over predictions as they are. */
  readonly accepted?: boolean;
}

/** What one gesture changed; undone and redone as one. */
export interface HistoryEntry {
  readonly seq: number;
  readonly video_id: number;
  readonly edits: readonly Edit[];
  readonly undone: boolean;
  /** Successive entries with the same key are one for undo (nudging); empty for none. */
  readonly merge_key: string;
  /** It took over predictions, and does so again when it is redone. */
  readonly accepted?: boolean;
  readonly at_ms: number;
}

/** How a label came to be; the server knows. */
export type Origin = "human" | "imported" | "demo" | "accepted";

export const UNLABELLED: KeypointValue = { x: null, y: null, visibility: "unlabelled" };
export const ABSENT: KeypointValue = { x: null, y: null, visibility: "absent" };

export function isPlaced(value: KeypointValue): value is KeypointValue & { x: number; y: number } {
  return value.x !== null && value.y !== null;
}

export function sameValue(a: KeypointValue, b: KeypointValue): boolean {
  return a.x === b.x && a.y === b.y && a.visibility === b.visibility;
}

export function sameTarget(a: Target, b: Target): boolean {
  return targetKey(a) === targetKey(b);
}

export function targetKey({ video_id, frame_index, animal_id, keypoint }: Target): string {
  return `${video_id}/${frame_index}/${animal_id}/${keypoint}`;
}

export function instanceKey(frameIndex: number, animalId: number): string {
  return `${frameIndex}/${animalId}`;
}
