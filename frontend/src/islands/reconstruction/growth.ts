/** A reconstruction as it is now: what its job makes comes by the socket, or by asking where no socket opens. */

import { effect, type Signal, signal } from "@preact/signals";
import type { JobFeed } from "../../api/jobFeed";
import type { PoseNews } from "../../api/poseFollows";
import { ApiProblem, wordsOf } from "../../api/problem";
import type { Reconstruction } from "../../api/types";
import { LatestRead } from "./latestRead";

/** Between two answers about a result that grows: what they say of it changes slowly. */
const PAUSE_MS = 2_000;
/** So many reads in a row that fail, and it is told. */
const MOST_FAILURES = 5;

export interface GrowthHooks {
  /** Poses that were sent. */
  readonly poses: (news: PoseNews) => void;
  /** So many ticks can be read; told where the socket is away. */
  readonly readable: (ticksDone: number) => void;
  /** Figures that were read of it are out of date. */
  readonly changed: () => void;
  /** It has other individuals than when the page was made. */
  readonly outgrown: () => void;
  readonly note: (tone: "info" | "bad", words: string) => void;
}

export class Growth {
  readonly reconstruction: Signal<Reconstruction>;
  readonly #feed: Pick<JobFeed, "jobs" | "connection" | "followPoses">;
  readonly #read: () => Promise<Reconstruction>;
  readonly #hooks: GrowthHooks;
  readonly #row: LatestRead;
  readonly #stops: (() => void)[] = [];
  /** Of the news so far: an answer that was asked for before the last of them is older than it. */
  #news = 0;
  /** The server sends no more, though the socket is open. */
  #isLost = false;
  /** Reads in a row that failed. */
  #failures = 0;
  #jobState: string | undefined;
  #stopped = false;

  constructor(
    feed: Pick<JobFeed, "jobs" | "connection" | "followPoses">,
    reconstruction: Reconstruction,
    read: () => Promise<Reconstruction>,
    hooks: GrowthHooks,
  ) {
    this.#feed = feed;
    this.#read = read;
    this.#hooks = hooks;
    this.reconstruction = signal(reconstruction);
    this.#row = new LatestRead(() => this.#reread(), PAUSE_MS);
    // What is ready stays as it is. What failed may be tried again, by anybody.
    if (reconstruction.state !== "ready") this.#follow();
  }

  stop(): void {
    this.#stopped = true;
    this.#row.stop();
    for (const stop of this.#stops) stop();
  }

  #follow(): void {
    const { id, ticks_done, job_id } = this.reconstruction.peek();
    this.#stops.push(
      this.#feed.followPoses(
        id,
        ticks_done,
        (news) => this.#take(news),
        (words) => {
          this.#isLost = true;
          this.#hooks.note("bad", `New 3D poses no longer come by themselves. ${words}`);
          this.#row.ask();
        },
      ),
      effect(() => {
        const job = job_id === null ? undefined : this.#feed.jobs.value.get(job_id);
        const polls = this.#feed.connection.value === "polling" || this.#isLost;
        if (job === undefined || !(polls || job.state !== this.#jobState)) return;
        this.#jobState = job.state;
        this.#row.ask();
      }),
    );
  }

  #take(news: PoseNews): void {
    if (this.#stopped) return;
    this.#news++;
    this.#hooks.poses(news);
    const before = this.reconstruction.peek();
    this.#set({ ...before, ticks_done: news.ticksDone, state: news.state });
    // Why it failed, and how far its poses reach, is not among the news.
    this.#row.ask();
  }

  async #reread(): Promise<void> {
    const asked = this.#news;
    let row: Reconstruction;
    try {
      row = await this.#read();
    } catch (error) {
      this.#notRead(error);
      return;
    }
    this.#failures = 0;
    if (this.#stopped) return;
    const { ticks_done, state, individuals } = this.reconstruction.peek();
    if (row.individuals.join("\n") !== individuals.join("\n")) {
      this.#hooks.outgrown();
      return;
    }
    const isNewest = asked === this.#news;
    const isSent = this.#feed.connection.peek() === "live" && !this.#isLost;
    if (isNewest && !isSent) this.#hooks.readable(row.ticks_done);
    this.#set(isNewest ? row : { ...row, ticks_done, state });
  }

  /** Nobody else asks again: the job may have said its last word. */
  #notRead(error: unknown): void {
    if (this.#stopped) return;
    const passes = !(error instanceof ApiProblem) || error.transient;
    if (passes && ++this.#failures < MOST_FAILURES) this.#row.ask();
    else
      this.#hooks.note(
        "bad",
        `What became of these 3D poses could not be read. ${wordsOf(error)} Reload the page.`,
      );
  }

  #set(now: Reconstruction): void {
    const { ticks_done, state } = this.reconstruction.peek();
    this.reconstruction.value = now;
    if (ticks_done !== now.ticks_done || state !== now.state) this.#hooks.changed();
  }
}
