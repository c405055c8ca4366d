import type { DatabaseChanges } from "./database";
import type { Edit, Gesture, HistoryEntry } from "./types";

const MOST_ENTRIES = 500;
const MERGE_WITHIN_MS = 1500;

/** What undo and redo walk along. Pure bookkeeping: each step says what to write down. */
export class EditHistory {
  #entries: HistoryEntry[];

  constructor(entries: readonly HistoryEntry[]) {
    this.#entries = [...entries].sort((a, b) => a.seq - b.seq);
  }

  /** The gesture that an undo would take back; undefined where there is none. */
  get toUndo(): HistoryEntry | undefined {
    return this.#entries.findLast((entry) => !entry.undone);
  }

  /** The gesture that a redo would do again; undefined where there is none. */
  get toRedo(): HistoryEntry | undefined {
    return this.#entries.find((entry) => entry.undone);
  }

  /** Remember one gesture, which is of one video; whatever was undone before it can no longer be redone. */
  record(edits: readonly Edit[], seq: number, nowMs: number, gesture: Gesture = {}): DatabaseChanges {
    const { mergeKey = "", accepted = false } = gesture;
    const undone = this.#entries.filter((entry) => entry.undone);
    this.#entries = this.#entries.filter((entry) => !entry.undone);
    const last = this.#entries.at(-1);
    const deleteHistory = undone.map((entry) => entry.seq);
    if (last !== undefined && mergeKey !== "" && last.merge_key === mergeKey) {
      if (nowMs - last.at_ms <= MERGE_WITHIN_MS) {
        const merged = { ...last, edits: joined(last.edits, edits), at_ms: nowMs };
        this.#entries[this.#entries.length - 1] = merged;
        return { putHistory: [merged], deleteHistory };
      }
    }
    const video_id = edits[0]?.video_id ?? 0;
    const entry = { seq, video_id, edits, undone: false, merge_key: mergeKey, accepted, at_ms: nowMs };
    this.#entries.push(entry);
    const surplus = this.#entries.splice(0, Math.max(0, this.#entries.length - MOST_ENTRIES));
    return { putHistory: [entry], deleteHistory: [...deleteHistory, ...surplus.map(({ seq }) => seq)] };
  }

  /** The newest gesture that stands, marked undone; null where there is none. */
  undo(): { entry: HistoryEntry; changes: DatabaseChanges } | null {
    return this.#mark(this.toUndo, true);
  }

  /** The oldest undone gesture, marked as standing again. */
  redo(): { entry: HistoryEntry; changes: DatabaseChanges } | null {
    return this.#mark(this.toRedo, false);
  }

  #mark(
    found: HistoryEntry | undefined,
    undone: boolean,
  ): { entry: HistoryEntry; changes: DatabaseChanges } | null {
    if (found === undefined) return null;
    // A gesture that was undone and redone is closed for merging.
    const entry = { ...found, undone, merge_key: "" };
    this.#entries[this.#entries.indexOf(found)] = entry;
    return { entry, changes: { putHistory: [entry] } };
  }
}

/** Two edits of one target after each other are one: from the first value to the last. */
function joined(earlier: readonly Edit[], later: readonly Edit[]): Edit[] {
  return later.map((edit, i) => ({ ...edit, before: earlier[i]?.before ?? edit.before }));
}
