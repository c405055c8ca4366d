import type { FollowMessage, PosesMessage, ReceivedMessage, UnfollowMessage } from "./messages.gen";

/** What has come of a reconstruction that is followed. */
export interface PoseNews {
  /** Ticks `start <= tick < stop`; empty where only the end is said. */
  readonly start: number;
  readonly stop: number;
  /** float32 (tick, individual, keypoint, 4): x, y, z and sigma in mm. */
  readonly values: Float32Array<ArrayBuffer>;
  readonly individuals: number;
  /** Those before `start` that did not come, as where this page was too slow, can be read over HTTP. */
  readonly ticksDone: number;
  readonly state: PosesMessage["state"];
}

/** x, y, z and sigma. */
const VALUES = 4;

interface Follow {
  readonly listener: (news: PoseNews) => void;
  readonly onLost: (words: string) => void;
  /** First tick that has not come. */
  next: number;
  /** It is complete. One that failed is not: its job may be tried again. */
  complete: boolean;
}

type Send = (message: FollowMessage | ReceivedMessage | UnfollowMessage) => void;

/**
 * The reconstructions that a page follows over its socket.
 *
 * The server sends a window only after the last one was taken, so the page says `received` when it has dealt with
 * one. After a lost connection each is followed anew from the first tick that is missing.
 */
export class PoseFollows {
  readonly #send: Send;
  readonly #follows = new Map<number, Follow>();
  /** The message whose bytes come next. */
  #head: PosesMessage | null = null;

  constructor(send: Send) {
    this.#send = send;
  }

  /**
   * Follow from tick `since` on; the returned function ends it. `onLost` hears why the server follows no longer,
   * as where the reconstruction was deleted.
   */
  follow(
    reconstructionId: number,
    since: number,
    listener: (news: PoseNews) => void,
    onLost: (words: string) => void = () => {},
  ): () => void {
    const follow: Follow = { listener, onLost, next: since, complete: false };
    this.#follows.set(reconstructionId, follow);
    this.#send({ type: "follow", reconstruction_id: reconstructionId, since });
    return () => {
      if (this.#follows.get(reconstructionId) !== follow) return;
      this.#follows.delete(reconstructionId);
      this.#send({ type: "unfollow", reconstruction_id: reconstructionId });
    };
  }

  /** The socket is open, perhaps again. */
  resume(): void {
    this.#head = null;
    for (const [id, { next, complete }] of this.#follows) {
      if (!complete) this.#send({ type: "follow", reconstruction_id: id, since: next });
    }
  }

  /** The server has said that it no longer follows this one. */
  lost(reconstructionId: number, words: string): void {
    const follow = this.#follows.get(reconstructionId);
    if (follow === undefined) return;
    this.#follows.delete(reconstructionId);
    if (this.#head?.reconstruction_id === reconstructionId) this.#head = null;
    follow.onLost(words);
  }

  message(head: PosesMessage): void {
    if (head.stop > head.start) this.#head = head;
    else this.#deliver(head, new ArrayBuffer(0));
  }

  bytes(body: ArrayBuffer): void {
    const head = this.#head;
    this.#head = null;
    if (head === null) return; // of a window that was asked for before the connection was lost
    const expected = (head.stop - head.start) * head.individuals * head.keypoints * VALUES * 4;
    if (body.byteLength !== expected) {
      console.warn(`realtime: ${body.byteLength} bytes of poses where ${expected} were announced`);
      // What cannot be read counts as left out: it is read over HTTP, and the following goes on.
      this.#deliver({ ...head, start: head.stop }, new ArrayBuffer(0));
      return;
    }
    this.#deliver(head, body);
  }

  #deliver(head: PosesMessage, body: ArrayBuffer): void {
    const follow = this.#follows.get(head.reconstruction_id);
    if (follow === undefined) return;
    follow.next = head.stop;
    follow.complete = head.state === "ready" && head.stop >= head.ticks_done;
    follow.listener({
      start: head.start,
      stop: head.stop,
      values: new Float32Array(body),
      individuals: head.individuals,
      ticksDone: head.ticks_done,
      state: head.state,
    });
    this.#send({ type: "received", reconstruction_id: head.reconstruction_id, seq: head.seq });
  }
}
