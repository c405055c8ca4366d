/** Where operations wait until the server has them, and what undo remembers: IndexedDB, one database a user. */

import type { HistoryEntry, Operation } from "./types";

export interface LabelDatabase {
  /** False where the browser forbids storage: work then lives in this page alone. */
  readonly durable: boolean;
  operations(): Promise<Operation[]>;
  history(videoId: number): Promise<HistoryEntry[]>;
  /** Write and delete in one transaction. */
  write(changes: DatabaseChanges): Promise<void>;
  close(): void;
}

export interface DatabaseChanges {
  readonly putOperations?: readonly Operation[];
  readonly deleteOperations?: readonly string[];
  readonly putHistory?: readonly HistoryEntry[];
  readonly deleteHistory?: readonly number[];
}

const VERSION = 1;
const OPERATIONS = "operations";
const HISTORY = "history";

/** Operations of one person must never be sent as another's, so each has a database. */
export async function openLabelDatabase(userId: number | string): Promise<LabelDatabase> {
  try {
    return new IndexedLabelDatabase(await open(`sbea-labels-${userId}`));
  } catch (error) {
    console.warn("IndexedDB is not available; unsent labels live in this page alone.", error);
    return new MemoryLabelDatabase();
  }
}

function open(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(OPERATIONS, { keyPath: "uuid" });
      request.result.createObjectStore(HISTORY, { keyPath: "seq" }).createIndex("video_id", "video_id");
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("Another tab holds an older database open."));
  });
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

class IndexedLabelDatabase implements LabelDatabase {
  readonly durable = true;
  readonly #database: IDBDatabase;

  constructor(database: IDBDatabase) {
    this.#database = database;
    database.onversionchange = () => database.close();
  }

  async operations(): Promise<Operation[]> {
    const store = this.#database.transaction(OPERATIONS).objectStore(OPERATIONS);
    const found: Operation[] = await result(store.getAll());
    return found.sort((a, b) => a.seq - b.seq);
  }

  history(videoId: number): Promise<HistoryEntry[]> {
    const index = this.#database.transaction(HISTORY).objectStore(HISTORY).index("video_id");
    return result(index.getAll(videoId) as IDBRequest<HistoryEntry[]>);
  }

  write(changes: DatabaseChanges): Promise<void> {
    return new Promise((resolve, reject) => {
      const transaction = this.#database.transaction([OPERATIONS, HISTORY], "readwrite");
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
      const operations = transaction.objectStore(OPERATIONS);
      const history = transaction.objectStore(HISTORY);
      for (const uuid of changes.deleteOperations ?? []) operations.delete(uuid);
      for (const operation of changes.putOperations ?? []) operations.put(operation);
      for (const seq of changes.deleteHistory ?? []) history.delete(seq);
      for (const entry of changes.putHistory ?? []) history.put(entry);
    });
  }

  close(): void {
    this.#database.close();
  }
}

/** Used where storage is forbidden, and said so on the save chip. */
export class MemoryLabelDatabase implements LabelDatabase {
  readonly durable = false;
  readonly #operations = new Map<string, Operation>();
  readonly #history = new Map<number, HistoryEntry>();

  operations(): Promise<Operation[]> {
    return Promise.resolve([...this.#operations.values()].sort((a, b) => a.seq - b.seq));
  }

  history(videoId: number): Promise<HistoryEntry[]> {
    const found = [...this.#history.values()].filter((entry) => entry.video_id === videoId);
    return Promise.resolve(found.sort((a, b) => a.seq - b.seq));
  }

  write(changes: DatabaseChanges): Promise<void> {
    for (const uuid of changes.deleteOperations ?? []) this.#operations.delete(uuid);
    for (const operation of changes.putOperations ?? []) this.#operations.set(operation.uuid, operation);
    for (const seq of changes.deleteHistory ?? []) this.#history.delete(seq);
    for (const entry of changes.putHistory ?? []) this.#history.set(entry.seq, entry);
    return Promise.resolve();
  }

  close(): void {}
}
