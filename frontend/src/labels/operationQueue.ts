/**
 * Operations on their way to the server. Each is kept until the server has acknowledged it.
 *
 * - Written to the database before anything else; sent in batches, in order, one request at a time.
 * - Changes of a keypoint that were not sent yet are merged: the newest value counts.
 * - A change of a keypoint of which an earlier one is under way waits, and then stands on the `rev` that the
 *   earlier one got. Where both may have been sent already they go in one request, in which the server knows
 *   them as one person's chain. So one's own chain is no conflict, and another person's change is.
 * - No answer, or signed out: tried again with growing pauses.
 * - Not allowed, or the video is gone: the changes of that video are held, those of others go on.
 */

import { Emitter } from "../player/emitter";
import type { LabelDatabase } from "./database";
import { Holds } from "./holds";
import { pauseMs } from "./pause";
import { type LabelTransport, type OperationResult, TransportError } from "./transport";
import { type Instance, type LabelConflict, type Operation, sameTarget, targetKey } from "./types";

export interface QueueEvents {
  /** Anything of what waits, and how, is different. */
  changed: Record<string, never>;
  /** The server has it; `instance` is how it stands there. */
  acknowledged: { readonly operation: Operation; readonly instance: Instance | null };
  refused: { readonly operation: Operation; readonly reason: string };
}

const BATCH = 100;

export class OperationQueue {
  readonly #events = new Emitter<QueueEvents>();
  readonly #database: LabelDatabase;
  readonly #transport: LabelTransport;
  readonly #holds = new Holds();
  readonly #conflicts = new Map<string, Omit<LabelConflict, "mine">>();
  #waiting: Operation[] = [];
  #sending = false;
  #fault: "offline" | "signed_out" | null = null;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #batchLimit = BATCH;
  #closed = false;

  /** `database` must not reject a write: what it cannot store is sent all the same. */
  constructor(database: LabelDatabase, transport: LabelTransport) {
    this.#database = database;
    this.#transport = transport;
  }

  readonly on: Emitter<QueueEvents>["on"] = (name, listener) => this.#events.on(name, listener);

  /** Take up what an earlier visit left behind, of every video. */
  async restore(): Promise<void> {
    const known = new Set(this.#waiting.map(({ uuid }) => uuid));
    const found = (await this.#database.operations()).filter(({ uuid }) => !known.has(uuid));
    // Another tab may have sent them already: they go as they are and are never merged.
    this.#waiting = [...found.map(asAttempted), ...this.#waiting];
    this.#say();
    this.#schedule(0);
  }

  get waiting(): readonly Operation[] {
    return this.#waiting;
  }

  get fault(): "offline" | "signed_out" | null {
    return this.#fault;
  }

  /** Videos of which the server takes nothing now, and why. */
  get held(): ReadonlyMap<number, string> {
    return this.#holds.reasons;
  }

  get conflicts(): readonly LabelConflict[] {
    return [...this.#conflicts.values()].map((conflict) => {
      const newest = this.#waiting.findLast((other) => sameTarget(other, conflict.operation));
      return { ...conflict, mine: (newest ?? conflict.operation).change };
    });
  }

  /** Keep and send. Resolves when the operations are written down in this browser. */
  async add(added: readonly Operation[]): Promise<void> {
    const dropped: string[] = [];
    for (const operation of added) {
      const earlier = this.#waiting.findLast((other) => sameTarget(other, operation));
      if (earlier === undefined || earlier.attempted) {
        this.#waiting.push(operation);
      } else {
        this.#replace(earlier, { ...operation, base_rev: earlier.base_rev, seq: earlier.seq });
        dropped.push(earlier.uuid);
      }
    }
    const kept = added.map(({ uuid }) => this.#waiting.find((other) => other.uuid === uuid));
    this.#say();
    this.#schedule(0);
    await this.#database.write({
      putOperations: kept.filter((operation) => operation !== undefined),
      deleteOperations: dropped,
    });
  }

  /** Settle a conflict: the other's value stays, or my newest goes on top of it, as one operation. */
  async resolve(uuid: string, choice: "mine" | "theirs", fresh: () => string): Promise<LabelConflict | null> {
    const conflict = this.conflicts.find(({ operation }) => operation.uuid === uuid);
    if (conflict === undefined) return null;
    const { operation, rev: base_rev } = conflict;
    const chain = this.#waiting.filter((other) => sameTarget(other, operation));
    const newest = chain.at(-1) ?? operation;
    const again = { ...newest, uuid: fresh(), seq: operation.seq, base_rev, attempted: false };
    const after = choice === "mine" ? [again] : [];
    if (choice === "mine") this.#replace(operation, again);
    await this.#forget(chain, after);
    return conflict;
  }

  /** Give up every change of a video that waits here. For a person's explicit wish alone. */
  async discard(videoId: number): Promise<void> {
    await this.#forget(this.#waiting.filter((operation) => operation.video_id === videoId));
  }

  /** Try now: the network came back, somebody signed in, or a role changed. */
  retry(): void {
    this.#holds.retry();
    this.#schedule(0);
  }

  /** The page is going away: send what can be sent, a batch of every video, without waiting for the answers. */
  lastWords(): void {
    for (const videoId of new Set(this.#waiting.map(({ video_id }) => video_id))) {
      const batch = this.#markAttempted(this.#batch(videoId));
      if (batch.length === 0) continue;
      void this.#transport.send(videoId, batch, true).catch(() => {
        // They are in the database; the next visit sends them.
      });
    }
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #schedule(delayMs: number): void {
    if (this.#closed) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#flush();
    }, delayMs);
  }

  async #flush(): Promise<void> {
    if (this.#sending || this.#closed) return;
    this.#sending = true;
    try {
      await this.#renew();
      for (let batch = this.#batch(); batch.length > 0 && !this.#closed; batch = this.#batch()) {
        await this.#sendBatch(batch);
      }
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#sending = false;
      const next = this.#holds.nextMs;
      if (next !== null && this.#timer === null) this.#schedule(Math.max(0, next - Date.now()));
      this.#say();
    }
  }

  /** A sign-in elsewhere changes what this page must send along, and may be why it was turned away. */
  async #renew(): Promise<void> {
    const signedOut = this.#fault === "signed_out";
    if (!signedOut && !this.#holds.isDue(Date.now())) return;
    const fit = await this.#transport.renew();
    if (signedOut && !fit) throw new TransportError("signed_out", "Still signed out.");
  }

  /**
   * The next operations to send: of one video (this one, else the first whose turn it is), none behind a
   * conflict, of each keypoint what may go now.
   */
  #batch(videoId?: number): Operation[] {
    const now = Date.now();
    const closed = new Set(this.conflicts.map(({ operation }) => targetKey(operation)));
    const begun = new Set<string>();
    const batch: Operation[] = [];
    for (const operation of this.#waiting) {
      const { video_id } = operation;
      const target = targetKey(operation);
      if (video_id !== (videoId ?? (batch[0] ?? operation).video_id) || this.#holds.blocks(video_id, now))
        continue;
      if (closed.has(target)) continue;
      // What may have been sent before goes with the earlier change of its keypoint, else it waits for it.
      const goes = begun.has(target)
        ? operation.attempted && this.#batchLimit > 1
        : batch.length < this.#batchLimit;
      if (goes) {
        begun.add(target);
        batch.push(operation);
      } else {
        closed.add(target);
      }
    }
    return batch;
  }

  async #sendBatch(batch: readonly Operation[]): Promise<void> {
    const fixed = this.#markAttempted(batch);
    await this.#database.write({ putOperations: fixed });
    if (this.#closed) return;
    const first = fixed[0] as Operation;
    try {
      const results = await this.#transport.send(first.video_id, fixed, false);
      this.#holds.release(first.video_id);
      // An answer that settles nothing would be asked for again at once, for ever.
      if (!(await this.#settle(results)))
        throw new TransportError("offline", "The server answered for no operation.");
      this.#batchLimit = BATCH;
    } catch (error) {
      await this.#turnedAway(fixed, error);
    }
    this.#fault = null;
    this.#failures = 0;
    this.#say();
  }

  /** None of the batch was looked at. Throws on where the server could not be asked at all. */
  async #turnedAway(batch: readonly Operation[], error: unknown): Promise<void> {
    if (!(error instanceof TransportError)) throw error;
    const first = batch[0] as Operation;
    if (error.fault === "forbidden") {
      this.#holds.hold(first.video_id, error.message, Date.now());
    } else if (error.fault !== "refused") {
      throw error;
    } else if (batch.length > 1) {
      this.#batchLimit = 1; // one of them is bad: find it, and let the others through
    } else {
      await this.#settle([{ uuid: first.uuid, status: "refused", reason: error.message }]);
    }
  }

  /** Take an answer up and write down what it leaves; false where it says nothing of what waits. */
  async #settle(results: readonly OperationResult[]): Promise<boolean> {
    const deleteOperations: string[] = [];
    const putOperations: Operation[] = [];
    let settled = false;
    for (const result of results) {
      const operation = this.#waiting.find((other) => other.uuid === result.uuid);
      if (operation === undefined || result.status === "skipped") continue;
      settled = true;
      if (result.status === "conflict") {
        const { theirs, rev, instance } = result;
        this.#conflicts.set(operation.uuid, { operation, theirs, rev, instance });
        continue;
      }
      this.#remove([operation]);
      deleteOperations.push(operation.uuid);
      if (result.status === "refused") {
        this.#events.emit("refused", { operation, reason: result.reason });
      } else {
        putOperations.push(...this.#rebase(operation, result.rev));
        this.#events.emit("acknowledged", { operation, instance: result.instance });
      }
    }
    await this.#database.write({ deleteOperations, putOperations });
    return settled;
  }

  /** Later changes of the same keypoint now stand on `rev`; returns them as they are to be written down. */
  #rebase(target: Operation, rev: number): Operation[] {
    const rebased = this.#waiting
      .filter((other) => sameTarget(other, target) && !other.attempted)
      .map((other) => ({ ...other, base_rev: rev }));
    for (const operation of rebased) this.#replace(operation, operation);
    return rebased;
  }

  #failed(error: unknown): void {
    if (!(error instanceof TransportError)) console.error("sending labels failed", error);
    this.#fault = error instanceof TransportError && error.fault === "signed_out" ? "signed_out" : "offline";
    this.#schedule(pauseMs(++this.#failures));
  }

  /** From now on they may have reached the server, so nothing of them may change. */
  #markAttempted(operations: readonly Operation[]): Operation[] {
    const fixed = operations.map(asAttempted);
    for (const operation of fixed) this.#replace(operation, operation);
    return fixed;
  }

  /** Give operations up, here and in the database, with the conflicts that they met. */
  async #forget(operations: readonly Operation[], putOperations: readonly Operation[] = []): Promise<void> {
    const deleteOperations = operations.map(({ uuid }) => uuid);
    for (const uuid of deleteOperations) this.#conflicts.delete(uuid);
    this.#remove(operations);
    const left = new Set(this.#waiting.map(({ video_id }) => video_id));
    for (const { video_id } of operations) if (!left.has(video_id)) this.#holds.release(video_id);
    this.#say();
    this.#schedule(0);
    await this.#database.write({ deleteOperations, putOperations });
  }

  #replace(before: Operation, after: Operation): void {
    const at = this.#waiting.findIndex((other) => other.uuid === before.uuid);
    if (at >= 0) this.#waiting[at] = after;
  }

  #remove(operations: readonly Operation[]): void {
    const gone = new Set(operations.map(({ uuid }) => uuid));
    this.#waiting = this.#waiting.filter(({ uuid }) => !gone.has(uuid));
  }

  #say(): void {
    this.#events.emit("changed", {});
  }
}

function asAttempted(operation: Operation): Operation {
  return { ...operation, attempted: true };
}
