import { Emitter } from "../player/emitter";
import type { LabelDatabase } from "./database";
import { EditHistory } from "./editHistory";
import type { LabelStore } from "./labelStore";
import { LenientDatabase } from "./lenientDatabase";
import { OperationQueue } from "./operationQueue";
import { type SaveState, saveStateOf } from "./saveState";
import type { LabelTransport } from "./transport";
import {
  type Edit,
  type Gesture,
  type Instance,
  type KeypointValue,
  type LabelConflict,
  type Operation,
  sameValue,
  type Target,
} from "./types";
import { uuid4 } from "./uuid";

/** One keypoint and what it shall become. */
export interface Wish extends Target {
  readonly value: KeypointValue;
}

export interface LabelSessionEvents {
  /** What is shown of some frame changed. */
  labels: Record<string, never>;
  state: SaveState;
  conflicts: readonly LabelConflict[];
  acknowledged: { readonly operation: Operation };
  refused: { readonly operation: Operation; readonly reason: string };
}

/** The outcome of an undo or a redo. */
export interface Walked {
  readonly frameIndex: number;
  readonly target: Target;
  /** Keypoints left alone because somebody else changed them since. */
  readonly kept: number;
}

/**
 * Labelling the videos of one recording: every change is shown at once, written down, sent, and can be undone.
 *
 * One queue and one history for all of them: a person undoes what they did last, in whichever view that was.
 */
export class LabelSession {
  readonly queue: OperationQueue;
  readonly #stores: ReadonlyMap<number, LabelStore>;
  readonly #database: LabelDatabase;
  readonly #pageOf: (videoId: number) => string;
  readonly #events = new Emitter<LabelSessionEvents>();
  #history: EditHistory;
  #lastSeq = 0;
  #hadConflicts = false;

  /** `pageOf`: the address of a video's studio. */
  constructor(
    stores: readonly LabelStore[],
    database: LabelDatabase,
    transport: LabelTransport,
    pageOf: (videoId: number) => string = () => "",
  ) {
    this.#stores = new Map(stores.map((store) => [store.videoId, store]));
    this.#database = new LenientDatabase(database, () => this.#tell());
    this.#pageOf = pageOf;
    this.#history = new EditHistory([]);
    this.queue = new OperationQueue(this.#database, transport);
    this.queue.on("changed", () => this.#tell());
    this.queue.on("acknowledged", ({ operation, instance }) => {
      if (instance !== null) this.#stores.get(operation.video_id)?.take([instance]);
      this.#shown();
      this.#events.emit("acknowledged", { operation });
    });
    this.queue.on("refused", (refusal) => {
      this.#shown();
      this.#events.emit("refused", refusal);
    });
  }

  readonly on: Emitter<LabelSessionEvents>["on"] = (name, listener) => this.#events.on(name, listener);

  /** Labels of one of the videos. */
  store(videoId: number): LabelStore {
    const store = this.#stores.get(videoId);
    if (store === undefined) throw new RangeError(`Video ${videoId} is not of this recording.`);
    return store;
  }

  /** How saving stands, seen from these videos. */
  get save(): SaveState {
    return saveStateOf(this.queue, this.#stores, this.#database.durable);
  }

  /** Conflicts of these videos. */
  get conflicts(): readonly LabelConflict[] {
    return this.queue.conflicts.filter(({ operation }) => this.#stores.has(operation.video_id));
  }

  /** The video in which an undo would change labels; null where there is nothing to undo. */
  get videoToUndo(): number | null {
    return this.#history.toUndo?.video_id ?? null;
  }

  /** The video in which a redo would change labels; null where there is nothing to redo. */
  get videoToRedo(): number | null {
    return this.#history.toRedo?.video_id ?? null;
  }

  /** Take up the unsent work and the undo history of earlier visits. */
  async restore(): Promise<void> {
    await this.queue.restore();
    this.#shown();
    const remembered = await Promise.all([...this.#stores.keys()].map((id) => this.#database.history(id)));
    this.#history = new EditHistory(remembered.flat());
    this.#shown();
  }

  /** What the server says of a video now. */
  take(videoId: number, instances: readonly Instance[]): void {
    this.store(videoId).take(instances);
    this.#shown();
  }

  /** One gesture. Wishes that change nothing are dropped. Resolves when it is written down here. */
  async apply(wishes: readonly Wish[], gesture: Gesture = {}): Promise<void> {
    const edits = this.#edits(wishes);
    if (edits.length === 0) return;
    const operations = edits.map((edit) => this.#operation(edit, edit.after, gesture.accepted));
    const changes = this.#history.record(edits, this.#seq(), Date.now(), gesture);
    await Promise.all([this.#add(operations), this.#database.write(changes)]);
  }

  /** Call only while the labels of `videoToUndo` are known: what was changed since is told by them alone. */
  undo(): Walked | null {
    return this.#walk(this.#history.undo(), (edit) => [edit.after, edit.before], false);
  }

  /** Call only while the labels of `videoToRedo` are known. */
  redo(): Walked | null {
    const step = this.#history.redo();
    return this.#walk(step, (edit) => [edit.before, edit.after], step?.entry.accepted);
  }

  async resolve(uuid: string, choice: "mine" | "theirs"): Promise<void> {
    const conflict = await this.queue.resolve(uuid, choice, uuid4);
    if (conflict === null) return;
    const { instance, operation } = conflict;
    if (instance !== null) this.#stores.get(operation.video_id)?.take([instance]);
    this.#shown();
  }

  /** Give up what waits of a video that the server does not take. */
  async discard(videoId: number): Promise<void> {
    await this.queue.discard(videoId);
    this.#shown();
  }

  close(): void {
    this.queue.close();
    this.#database.close();
  }

  #walk(
    step: ReturnType<EditHistory["undo"]>,
    fromTo: (edit: Edit) => readonly [from: KeypointValue, to: KeypointValue],
    accepted: boolean | undefined,
  ): Walked | null {
    const first = step?.entry.edits[0];
    if (step === null || first === undefined) return null;
    const operations: Operation[] = [];
    for (const edit of step.entry.edits) {
      const [from, to] = fromTo(edit);
      // What another person has changed since is theirs; undo is for one's own work.
      if (sameValue(this.store(edit.video_id).value(edit), from))
        operations.push(this.#operation(edit, to, accepted));
    }
    void this.#add(operations);
    void this.#database.write(step.changes);
    return {
      frameIndex: first.frame_index,
      target: first,
      kept: step.entry.edits.length - operations.length,
    };
  }

  #edits(wishes: readonly Wish[]): Edit[] {
    return wishes
      .map(({ value, ...target }) => ({
        ...target,
        before: bare(this.store(target.video_id).value(target)),
        after: bare(value),
      }))
      .filter((edit) => !sameValue(edit.before, edit.after));
  }

  #operation(target: Target, change: KeypointValue, accepted = false): Operation {
    const { video_id, frame_index, animal_id, keypoint } = target;
    const base_rev = this.store(video_id).rev(frame_index, animal_id);
    const seq = this.#seq();
    return {
      uuid: uuid4(),
      seq,
      video_id,
      frame_index,
      animal_id,
      keypoint,
      base_rev,
      change,
      accepted,
      attempted: false,
      page: this.#pageOf(video_id),
    };
  }

  #add(operations: readonly Operation[]): Promise<void> {
    const written = this.queue.add(operations);
    this.#shown();
    return written;
  }

  #shown(): void {
    for (const store of this.#stores.values()) store.setWaiting(this.queue.waiting);
    this.#events.emit("labels", {});
  }

  #tell(): void {
    this.#events.emit("state", this.save);
    const { conflicts } = this;
    if (conflicts.length > 0 || this.#hadConflicts) this.#events.emit("conflicts", conflicts);
    this.#hadConflicts = conflicts.length > 0;
  }

  /** Grows across visits and tabs: milliseconds, then a counter. */
  #seq(): number {
    this.#lastSeq = Math.max(this.#lastSeq + 1, Date.now() * 1000);
    return this.#lastSeq;
  }
}

/** The three fields that an operation may carry; the server's copy has more. */
function bare({ x, y, visibility }: KeypointValue): KeypointValue {
  return { x, y, visibility };
}
