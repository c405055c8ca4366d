/** One at a time: runs `work` when nobody else who shares the line reads ahead; gives up waiting on `signal`. */
export type SharedLine = (work: () => Promise<void>, signal: AbortSignal) => Promise<void>;

/** The name of the lock that everything on this site that reads ahead takes, in its pages and their workers. */
const READING_AHEAD = "sbea.player.readingAhead";

/** In turns with whatever else reads ahead. */
export const sharedLine: SharedLine = async (work, signal) => {
  // A page without HTTPS has no locks, and no worker that reads videos ahead either.
  const locks: LockManager | undefined = navigator.locks;
  await (locks === undefined ? work() : locks.request(READING_AHEAD, { signal }, work));
};

/** Somebody who pays by the byte told the browser so; only some browsers pass it on. */
export function savesData(): boolean {
  return (navigator as { connection?: { saveData?: boolean } }).connection?.saveData === true;
}
