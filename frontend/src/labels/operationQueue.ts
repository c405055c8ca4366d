/**
 * Operations on their way to the server. Each is kept until the server has acknowledged it.
 *
 * - Written to the database before anything else; sent in batches, in order, one request at a time.
 * - Changes of a keypoint that were not sent yet are merged: the newest value counts.
 * - Two operations on one keypoint are never under way together: the later one waits, and then stands on
 *   the `rev` that the earlier one got. So one's own chain is no conflict, and another person's change is.
 * - No answer: tried again with growing pauses. Signed out or not allowed: kept, and tried again.
 */

import { Emitter } from "../player/emitter";
import type { LabelDatabase } from "./database";
import { type LabelTransport, type OperationResult, TransportError } from "./transport";
import { type Instance, type LabelConflict, type Operation, sameTarget, targetKey } from "./types";

export type QueueState = "saved" | "saving" | "offline" | "signed_out" | "forbidden" | "conflict";

export interface QueueEvents {
  state: { readonly state: QueueState; readonly waiting: number };
  /** The server has it; `instance` is how it stands there. */
  acknowledged: { readonly operation: Operation; readonly instance: Instance | null };
  conflict: LabelConflict;
  refused: { readonly operation: Operation; readonly reason: string };
}

const BATCH = 100;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

export class OperationQueue {
  readonly #events = new Emitter<QueueEvents>();
  readonly #database: LabelDatabase;
  readonly #transport: LabelTransport;
  #waiting: Operation[] = [];
  readonly #conflicts = new Map<string, LabelConflict>();
  #sending = false;
  #fault: "offline" | "signed_out" | "forbidden" | null = null;
  #pauses = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #batchLimit = BATCH;
  #closed = false;

  constructor(database: LabelDatabase, transport: LabelTransport) {
    this.#database = database;
    this.#transport = transport;
  }

  readonly on: Emitter<QueueEvents>["on"] = (name, listener) => this.#events.on(name, listener);

  /** Take up what an earlier visit left behind, of every video. Returns it. */
  async restore(): Promise<readonly Operation[]> {
    // Another tab may have sent them already: they go as they are and are never merged.
    const found = (await this.#database.operations()).map((operation) => ({ ...operation, attempted: true }));
    this.#waiting = [...found, ...this.#waiting];
    this.#say();
    this.#schedule(0);
    return found;
  }

  get waiting(): readonly Operation[] {
    return this.#waiting;
  }

  get conflicts(): readonly LabelConflict[] {
    return [...this.#conflicts.values()];
  }

  get state(): QueueState {
    if (this.#conflicts.size > 0) return "conflict";
    if (this.#waiting.length === 0) return "saved";
    return this.#fault ?? "saving";
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

  /** Settle a conflict: the other's value stays, or mine goes on top of it. */
  async resolve(uuid: string, choice: "mine" | "theirs", fresh: () => string): Promise<LabelConflict | null> {
    const conflict = this.#conflicts.get(uuid);
    if (conflict === undefined) return null;
    this.#conflicts.delete(uuid);
    const { operation, rev } = conflict;
    const again = { ...operation, uuid: fresh(), base_rev: rev, attempted: false };
    if (choice === "mine") this.#replace(operation, again);
    else this.#remove(operation);
    const rebased = this.#rebase(operation, rev);
    this.#say();
    this.#schedule(0);
    await this.#database.write({
      deleteOperations: [uuid],
      putOperations: choice === "mine" ? [again, ...rebased] : rebased,
    });
    return conflict;
  }

  /** Try now: the network came back, or somebody signed in. */
  retry(): void {
    this.#schedule(0);
  }

  /** The page is going away: send what can be sent without waiting for the answer. */
  lastWords(): void {
    const batch = this.#batch();
    const first = batch[0];
    if (first === undefined) return;
    void this.#transport.send(first.video_id, batch, true).catch(() => {
      // They are in the database; the next visit sends them.
    });
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
      if (this.#fault === "signed_out" && !(await this.#transport.renew())) {
        throw new TransportError("signed_out", "Still signed out.");
      }
      for (let batch = this.#batch(); batch.length > 0 && !this.#closed; batch = this.#batch()) {
        await this.#sendBatch(batch);
      }
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#sending = false;
      this.#say();
    }
  }

  /** The next operations to send: of one video, one a keypoint, none behind a conflict. */
  #batch(): Operation[] {
    const targets = new Set(this.conflicts.map(({ operation }) => targetKey(operation)));
    const batch: Operation[] = [];
    for (const operation of this.#waiting) {
      const target = targetKey(operation);
      if (operation.video_id !== (batch[0] ?? operation).video_id || targets.has(target)) continue;
      targets.add(target);
      batch.push(operation);
      if (batch.length === this.#batchLimit) break;
    }
    return batch;
  }

  async #sendBatch(batch: Operation[]): Promise<void> {
    const fixed = batch.map((operation) => ({ ...operation, attempted: true }));
    for (const [i, operation] of batch.entries()) this.#replace(operation, fixed[i] as Operation);
    await this.#database.write({ putOperations: fixed });
    const first = fixed[0] as Operation;
    try {
      const results = await this.#transport.send(first.video_id, fixed, false);
      this.#fault = null;
      this.#pauses = 0;
      let settled = 0;
      for (const result of results) settled += Number(await this.#settle(result));
      // An answer that settles nothing would be asked for again at once, for ever.
      if (settled === 0) throw new TransportError("offline", "The server answered for no operation.");
      this.#batchLimit = BATCH;
    } catch (error) {
      if (!(error instanceof TransportError) || error.fault !== "refused") throw error;
      if (fixed.length > 1) {
        this.#batchLimit = 1; // one of them is bad: find it, and let the others through
      } else {
        await this.#settle({ uuid: first.uuid, status: "refused", reason: error.message });
      }
    }
    this.#say();
  }

  async #settle(result: OperationResult): Promise<boolean> {
    const operation = this.#waiting.find((other) => other.uuid === result.uuid);
    if (operation === undefined || result.status === "skipped") return false;
    if (result.status === "conflict") {
      const conflict = { operation, theirs: result.theirs, rev: result.rev };
      this.#conflicts.set(operation.uuid, conflict);
      this.#events.emit("conflict", conflict);
      return true;
    }
    this.#remove(operation);
    let rebased: Operation[] = [];
    if (result.status === "refused") {
      this.#events.emit("refused", { operation, reason: result.reason });
    } else {
      rebased = this.#rebase(operation, result.rev);
      this.#events.emit("acknowledged", { operation, instance: result.instance });
    }
    await this.#database.write({ deleteOperations: [operation.uuid], putOperations: rebased });
    return true;
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
    const fault = error instanceof TransportError ? error.fault : "offline";
    if (!(error instanceof TransportError)) console.error("sending labels failed", error);
    this.#fault = fault === "refused" ? "offline" : fault;
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#pauses++);
    this.#schedule(pause * (0.75 + Math.random() / 2));
  }

  #replace(before: Operation, after: Operation): void {
    const at = this.#waiting.findIndex((other) => other.uuid === before.uuid);
    if (at >= 0) this.#waiting[at] = after;
  }

  #remove(operation: Operation): void {
    this.#waiting = this.#waiting.filter((other) => other.uuid !== operation.uuid);
  }

  #say(): void {
    this.#events.emit("state", { state: this.state, waiting: this.#waiting.length });
  }
}
