// Generated from messages.schema.json by `npm run generate`. Do not edit.

/**
 * Everything that crosses the socket, for the generator.
 */
export interface WireTypes {
  client: SubscribeMessage;
  server: SnapshotMessage | JobMessage | ErrorMessage;
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
 * The answer to a subscription: all active and recent jobs, and the log since what was asked.
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
 * `data` by kind: state `{state, worker?, error?, cancel_requested?, by?, retried_by?}`; progress as
 * `JobProgress`; log `{message}`; metrics `{stage, done, total, metrics}`.
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
  progress: JobProgress;
  result: {
    [k: string]: unknown;
  } | null;
  seq: number;
  started_at: string | null;
  state: "queued" | "running" | "done" | "failed" | "cancelled";
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
 * What the client sent cannot be used; the connection stays open.
 *
 * This interface was referenced by `WireTypes`'s JSON-Schema
 * via the `definition` "ErrorMessage".
 */
export interface ErrorMessage {
  code: string;
  detail: string;
  type: "error";
}
