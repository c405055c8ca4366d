/** What the person is told about saving: of the videos on screen, and of work left in others. Pure. */

import { type LabelConflict, type Operation, targetKey } from "./types";

export type QueueState = "saved" | "saving" | "offline" | "signed_out" | "forbidden" | "conflict";

/** Work in one video. `page` is the address of its studio; empty where it is not known. */
export interface WorkOf {
  readonly videoId: number;
  readonly count: number;
  readonly page: string;
}

/** Changes that the server does not take, and why. */
export interface HeldWork extends WorkOf {
  readonly reason: string;
}

export interface SaveState {
  readonly state: QueueState;
  readonly waiting: number;
  /** Unsent work would outlive this page. */
  readonly durable: boolean;
  readonly held: readonly HeldWork[];
  /** Conflicts of other videos; they are settled in the studio of each. */
  readonly elsewhere: readonly WorkOf[];
}

export const ALL_SAVED: SaveState = {
  state: "saved",
  waiting: 0,
  durable: true,
  held: [],
  elsewhere: [],
};

/** What of the queue this needs. */
export interface QueueView {
  readonly waiting: readonly Operation[];
  readonly conflicts: readonly LabelConflict[];
  readonly held: ReadonlyMap<number, string>;
  readonly fault: "offline" | "signed_out" | null;
}

/** The videos of the recording on screen, by their ids. */
export type OwnVideos = Pick<ReadonlyMap<number, unknown>, "has">;

export function saveStateOf(queue: QueueView, own: OwnVideos, durable: boolean): SaveState {
  const others = queue.conflicts.map(({ operation }) => operation).filter((o) => !own.has(o.video_id));
  const held = workByVideo(queue.waiting.filter((operation) => queue.held.has(operation.video_id)));
  return {
    state: stateOf(queue, own),
    waiting: queue.waiting.length,
    durable,
    held: held.map((work) => ({ ...work, reason: queue.held.get(work.videoId) ?? "" })),
    elsewhere: workByVideo(others),
  };
}

/** A fault comes first: while nothing gets through, a conflict is not what stands in the way. */
function stateOf({ waiting, conflicts, held, fault }: QueueView, own: OwnVideos): QueueState {
  const undecided = new Set(conflicts.map(({ operation }) => targetKey(operation)));
  const sendable = waiting.some((o) => !held.has(o.video_id) && !undecided.has(targetKey(o)));
  if (sendable && fault !== null) return fault;
  if (waiting.some((o) => own.has(o.video_id) && held.has(o.video_id))) return "forbidden";
  if (conflicts.some(({ operation }) => own.has(operation.video_id))) return "conflict";
  return sendable ? "saving" : "saved";
}

function workByVideo(operations: readonly Operation[]): WorkOf[] {
  const works = new Map<number, WorkOf>();
  for (const { video_id: videoId, page = "" } of operations) {
    const work = works.get(videoId);
    works.set(videoId, { videoId, count: (work?.count ?? 0) + 1, page: page || (work?.page ?? "") });
  }
  return [...works.values()];
}
