import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { JobLog } from "./jobLog";
import type { JobEventMsg, JobState, SubscribeMessage, WireTypes } from "./messages.gen";
import { PoseFollows, type PoseNews } from "./poseFollows";
import { ApiProblem } from "./problem";

/** `live`: the socket is open. `polling`: it is not, and the page asks at intervals. */
export type Connection = "connecting" | "live" | "polling" | "signed_out" | "denied";

/** The part of the HTTP API that stands in for the socket. */
export interface JobReads {
  jobs(): Promise<readonly JobState[]>;
  /** The log after number `since`; a long one comes in parts. */
  events(jobId: string, since: number): Promise<readonly JobEventMsg[]>;
}

export interface JobFeedOptions {
  readonly url: string;
  readonly reads: JobReads;
  readonly openSocket?: (url: string) => WebSocket;
}

/** Milliseconds before the n-th new attempt; the first ones quick, then ever calmer. */
const BACKOFF_MS = [500, 1000, 2000, 5000, 10_000, 30_000] as const;
/** So many failed attempts in a row, and the page starts to poll. */
const ATTEMPTS_BEFORE_POLLING = 2;
export const POLL_MS = 2500;
/** What the server takes in one subscription. */
const MAX_SINCE = 500;
const CLOSE_SIGNED_OUT = 4401;
const CLOSE_DENIED = new Set([4403, 4404]);

/**
 * The jobs of one project, kept true by one socket.
 *
 * Events are numbered by job. A missing number makes the feed subscribe again with what it has
 * (`since`); a lost socket is opened anew; where none opens, the page polls and says so. Nothing is
 * ever saved through the socket, so losing it loses nothing.
 */
export class JobFeed {
  readonly #jobs: Signal<ReadonlyMap<string, JobState>> = signal(new Map());
  readonly #connection: Signal<Connection> = signal("connecting");
  readonly #loaded: Signal<boolean> = signal(false);
  readonly #logs = new Map<string, JobLog>();
  readonly #followed = new Map<string, Signal<readonly JobEventMsg[]>>();
  readonly #historyTimers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #options: Required<JobFeedOptions>;
  readonly #poses = new PoseFollows((message) => this.#send(message));
  #socket: WebSocket | null = null;
  #failures = 0;
  #awaitingSnapshot = false;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #pollTimer: ReturnType<typeof setTimeout> | undefined;
  #polling = false;
  #closed = false;

  constructor(options: JobFeedOptions) {
    this.#options = { openSocket: (url) => new WebSocket(url), ...options };
    this.#open();
  }

  /** By id, newest first. */
  get jobs(): ReadonlySignal<ReadonlyMap<string, JobState>> {
    return this.#jobs;
  }

  get connection(): ReadonlySignal<Connection> {
    return this.#connection;
  }

  /** True once the first answer, over either way, is here. */
  get loaded(): ReadonlySignal<boolean> {
    return this.#loaded;
  }

  /** The whole log of one job: its history now, then each event as it comes. */
  follow(jobId: string): ReadonlySignal<readonly JobEventMsg[]> {
    const known = this.#followed.get(jobId);
    if (known) return known;
    const events = signal<readonly JobEventMsg[]>(this.#logs.get(jobId)?.events ?? []);
    this.#followed.set(jobId, events);
    void this.#readHistory(jobId, 0);
    return events;
  }

  /**
   * The 3D poses of a reconstruction from tick `since` on, as they are made; the returned function ends it. While
   * the socket is away nothing comes: look at the jobs then, and read windows over HTTP. `onLost` hears why the
   * server follows it no longer.
   */
  followPoses(
    reconstructionId: number,
    since: number,
    listener: (news: PoseNews) => void,
    onLost?: (words: string) => void,
  ): () => void {
    return this.#poses.follow(reconstructionId, since, listener, onLost);
  }

  /** Takes over what an HTTP call just answered, so that a page need not wait for the socket. */
  put(job: JobState): void {
    const known = this.#jobs.value.get(job.id);
    if (known && known.seq > job.seq) return;
    this.#setJobs([job]);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retryTimer);
    for (const timer of this.#historyTimers.values()) clearTimeout(timer);
    this.#stopPolling();
    this.#socket?.close();
    this.#socket = null;
  }

  #open(): void {
    if (this.#closed) return;
    const socket = this.#options.openSocket(this.#options.url);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.onopen = () => {
      this.#subscribe();
      this.#poses.resume();
    };
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (typeof data === "string") this.#receive(data);
      else this.#poses.bytes(data);
    };
    socket.onclose = (event: CloseEvent) => {
      if (this.#socket === socket) this.#lost(event.code);
    };
  }

  #subscribe(): void {
    this.#awaitingSnapshot = true;
    const since: Record<string, number> = {};
    for (const jobId of this.#wanted()) {
      const log = this.#logs.get(jobId);
      if (log) since[jobId] = log.last;
    }
    const message: SubscribeMessage = { type: "subscribe", since };
    this.#send(message);
  }

  #send(message: WireTypes["client"]): void {
    // Before it is open nothing is lost: whatever is wanted is asked for when it opens.
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** Jobs whose log somebody looks at, and those that still change. */
  #wanted(): string[] {
    const active = [...this.#jobs.value.values()].filter(({ finished_at }) => finished_at === null);
    return [...new Set([...this.#followed.keys(), ...active.map(({ id }) => id)])].slice(0, MAX_SINCE);
  }

  #receive(text: string): void {
    const message = JSON.parse(text) as WireTypes["server"];
    if (message.type === "error") {
      console.warn("realtime:", message.code, message.detail);
      if (message.reconstruction_id != null) this.#poses.lost(message.reconstruction_id, message.detail);
      return;
    }
    if (message.type === "poses") {
      this.#poses.message(message);
      return;
    }
    if (message.type === "snapshot") {
      this.#setJobs(message.jobs); // before the feed counts as loaded: these were there, and are no news
      this.#live();
      this.#awaitingSnapshot = false;
      for (const job of message.jobs) {
        const complete = this.#add(
          job,
          message.events.filter((event) => event.job_id === job.id),
        );
        if (!complete) void this.#readHistory(job.id, this.#logs.get(job.id)?.last ?? 0);
      }
      return;
    }
    this.#setJobs([message.job]);
    const complete = this.#add(message.job, message.events);
    if (!complete && !this.#awaitingSnapshot) this.#subscribe();
  }

  #live(): void {
    this.#failures = 0;
    this.#stopPolling();
    this.#connection.value = "live";
    this.#loaded.value = true;
  }

  /** Merges events; false where the log now lacks some that the job says exist. */
  #add(job: JobState, events: readonly JobEventMsg[]): boolean {
    let log = this.#logs.get(job.id);
    if (!log) {
      const first = events.reduce((least, event) => Math.min(least, event.seq), job.seq + 1);
      log = new JobLog(first - 1);
      this.#logs.set(job.id, log);
    }
    const complete = log.addLive(events) && log.last >= job.seq;
    this.#publish(job.id, log);
    return complete;
  }

  #publish(jobId: string, log: JobLog): void {
    const followed = this.#followed.get(jobId);
    if (followed && followed.value !== log.events) followed.value = log.events;
  }

  #setJobs(jobs: readonly JobState[]): void {
    const next = new Map(this.#jobs.value);
    for (const job of jobs) {
      const known = next.get(job.id);
      if (!known || known.seq <= job.seq) next.set(job.id, job);
    }
    const newestFirst = [...next.values()].sort((a, b) => b.created_at.localeCompare(a.created_at));
    this.#jobs.value = new Map(newestFirst.map((job) => [job.id, job]));
  }

  /** Reads part after part up to the newest line; tries again after a pause where the server did not answer. */
  async #readHistory(jobId: string, since: number, failures = 0): Promise<void> {
    clearTimeout(this.#historyTimers.get(jobId));
    let last = since;
    try {
      for (let more = true; more; ) {
        const events = await this.#options.reads.events(jobId, last);
        if (this.#closed) return;
        const log = this.#logs.get(jobId) ?? new JobLog(since);
        this.#logs.set(jobId, log);
        log.addHistory(events);
        this.#publish(jobId, log);
        last = events.reduce((most, event) => Math.max(most, event.seq), last);
        more = events.length > 0 && last < (this.#jobs.value.get(jobId)?.seq ?? Number.POSITIVE_INFINITY);
      }
    } catch (error) {
      console.warn(`the log of job ${jobId} could not be read`, error);
      if (this.#closed || (error instanceof ApiProblem && !error.transient)) return;
      const wait = BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)];
      this.#historyTimers.set(
        jobId,
        setTimeout(() => void this.#readHistory(jobId, last, failures + 1), wait),
      );
    }
  }

  #lost(code: number): void {
    this.#socket = null;
    this.#awaitingSnapshot = false;
    if (this.#closed) return;
    if (code === CLOSE_SIGNED_OUT || CLOSE_DENIED.has(code)) {
      this.#stopPolling();
      this.#connection.value = code === CLOSE_SIGNED_OUT ? "signed_out" : "denied";
      this.#loaded.value = true;
      return;
    }
    const wait = BACKOFF_MS[Math.min(this.#failures, BACKOFF_MS.length - 1)];
    this.#failures += 1;
    this.#retryTimer = setTimeout(() => this.#open(), wait);
    if (this.#failures < ATTEMPTS_BEFORE_POLLING) {
      this.#connection.value = "connecting";
    } else if (!this.#polling) {
      this.#polling = true;
      this.#connection.value = "polling";
      void this.#poll();
    }
  }

  #stopPolling(): void {
    this.#polling = false;
    clearTimeout(this.#pollTimer);
  }

  async #poll(): Promise<void> {
    try {
      this.#setJobs(await this.#options.reads.jobs());
      this.#loaded.value = true;
      for (const jobId of this.#followed.keys()) {
        const log = this.#logs.get(jobId);
        const job = this.#jobs.value.get(jobId);
        if (!log || !job || job.seq > log.last) await this.#readHistory(jobId, log?.last ?? 0);
      }
    } catch (error) {
      console.warn("jobs could not be read; asking again", error);
    }
    if (!this.#polling) return;
    this.#pollTimer = setTimeout(() => void this.#poll(), POLL_MS);
  }
}
