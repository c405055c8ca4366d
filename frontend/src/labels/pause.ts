const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

/** How long to wait after so many failures in a row; uneven, so that many pages do not ask as one. */
export function pauseMs(failures: number): number {
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
  return pause * (0.75 + Math.random() / 2);
}
