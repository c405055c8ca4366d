// Generated from messages.schema.json by `npm run generate`. Do not edit.

/**
 * Everything that crosses the socket, for the generator.
 */
export interface WireTypes {
  client: SubscribeMessage | FollowMessage | ReceivedMessage | UnfollowMessage;
  server: SnapshotMessage | JobMessage | PosesMessage | ErrorMessage;
}
/**
 * Ask for a snapshot and for every change after it.
 *
 * `since` names the last number that the client has of each job; a job that is not named gets no log.
 *
 * This interface was referenced by `WireTypes`'s JSON-Schema
 * via the `definition` "SubscribeMessage".
 */
export interface SubscribeMessage {
  since?: {
    [k: string]: number;
  };
  type: "subscribe";
}
/**
 * Ask for the 3D poses of a reconstruction from tick `since` on, as they are made.
 *
 * This interface was referenced by `WireTypes`'s JSON-Schema
 * via the `definition` "FollowMessage".
 */
export interface FollowMessage {
  reconstruction_id: number;
  since?: number;
  type: "follow";
}
/**
 * The window `seq` is here; the next may come.
 *
 * This interface was referenced by `WireTypes`'s JSON-Schema
 * via the `definition` "ReceivedMessage".
 */
export interface ReceivedMessage {
  reconstruction_id: number;
  seq: number;
  type: "received";
}
/**
 * Send no more of a reconstruction.
 *
 * This interface was referenced by `WireTypes`'s JSON-Schema
 * via the `definition` "UnfollowMessage".
 */
export interface UnfollowMessage {
  reconstruction_id: number;
  type: "unfollow";
}
/**
 * The answer to a subscription: jobs that have not ended, recent ones that have, and the log since what
 * was asked.
 *
 * This interface was referenced by `WireTypes`'s JSON-Schema
 * via the `definition` "SnapshotMessage".
 */
export interface SnapshotMessage {
  events: JobEventMsg[];
  jobs: JobState[];
  type: "snapshot";
}
/**
 * One line of a job's log.
 *
 * `data` by kind: state `{state, worker?, error?, cancel_requested?, pause_requested?, by?, retried_by?,
 * resumed_by?}`; progress as `JobProgress`; log `{message}`; metrics `{stage, done, total, metrics,
 * examples?}`, examples being `[{video, index, labels_px, points_px}]`: what a network that is being trained
 * answers then on labelled frames that it has not learned from, (individual, keypoint) of [x, y], null where
 * there is none.
 *
 * This interface was referenced by `WireTypes`'s JSON-Schema
 * via the `definition` "JobEventMsg".
 */
export interface JobEventMsg {
  at: string;
  data: {
    [k: string]: unknown;
  };
  job_id: string;
  kind: "state" | "progress" | "log" | "metrics";
  seq: number;
}
/**
 * A job as it is now.
 *
 * This interface was referenced by `WireTypes`'s JSON-Schema
 * via the `definition` "JobState".
 */
export interface JobState {
  attempt: number;
  can_cancel: boolean;
  can_pause: boolean;
  can_resume: boolean;
  can_retry: boolean;
  created_at: string;
  error: JobErrorState | null;
  finished_at: string | null;
  id: string;
  kind: string;
  label: string;
  params: {
    [k: string]: unknown;
  };
  pausing: boolean;
  progress: JobProgress;
  result: {
    [k: string]: unknown;
  } | null;
  seq: number;
  started_at: string | null;
  state: "queued" | "running" | "paused" | "done" | "failed" | "cancelled";
}
/**
 * Why a job failed, for a person, with a stable code.
 *
 * This interface was referenced by `WireTypes`'s JSON-Schema
 * via the `definition` "JobErrorState".
 */
export interface JobErrorState {
  code: string;
  data?: {
    [k: string]: unknown;
  };
  message: string;
}
/**
 * How far a job is. `total` is 0 where unknown; `rate` is in units per second.
 *
 * This interface was referenced by `WireTypes`'s JSON-Schema
 * via the `definition` "JobProgress".
 */
export interface JobProgress {
  done: number;
  eta_s: number | null;
  metrics: {
    [k: string]: number;
  };
  rate: number | null;
  stage: string;
  total: number;
}
/**
 * A job changed; `events` follow on what was sent before.
 *
 * This interface was referenced by `WireTypes`'s JSON-Schema
 * via the `definition` "JobMessage".
 */
export interface JobMessage {
  events: JobEventMsg[];
  job: JobState;
  type: "job";
}
/**
 * A window of 3D poses, ticks start <= tick < stop; its bytes follow unless it is empty.
 *
 * The bytes are little-endian float32 (tick, individual, keypoint, 4): x, y, z and sigma in mm.
 * `skipped` names ticks that were left out because this client is too far behind; they can be read over
 * HTTP. When `state` is no longer running and `stop` has reached `ticks_done`, nothing more comes unless the
 * job is tried again.
 *
 * This interface was referenced by `WireTypes`'s JSON-Schema
 * via the `definition` "PosesMessage".
 */
export interface PosesMessage {
  individuals: number;
  keypoints: number;
  reconstruction_id: number;
  seq: number;
  skipped: TickRange | null;
  start: number;
  state: "running" | "ready" | "failed";
  stop: number;
  tick_count: number;
  ticks_done: number;
  type: "poses";
}
/**
 * Ticks start <= tick < stop.
 *
 * This interface was referenced by `WireTypes`'s JSON-Schema
 * via the `definition` "TickRange".
 */
export interface TickRange {
  start: number;
  stop: number;
}
/**
 * What the client sent cannot be used, or what it follows cannot be read; the connection stays open.
 *
 * `reconstruction_id` names what is no longer followed, if it is about that.
 *
 * This interface was referenced by `WireTypes`'s JSON-Schema
 * via the `definition` "ErrorMessage".
 */
export interface ErrorMessage {
  code: string;
  detail: string;
  reconstruction_id?: number | null;
  type: "error";
}
