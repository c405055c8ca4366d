/** Suggested frames as work: what is to do, what is done, and where the next one is. */

import type { Suggestion } from "./model";

/** How far the labels of a frame are: of `total` keypoints somebody has decided on `decided`. */
export interface FrameProgress {
  readonly decided: number;
  readonly total: number;
}

export type Standing = "todo" | "begun" | "done";

/** A frame is done when nothing is open on the animals that somebody has labelled in it. */
export function standingOf(progress: FrameProgress | undefined): Standing {
  if (progress === undefined || progress.decided === 0) return "todo";
  return progress.decided < progress.total ? "begun" : "done";
}

export interface WorkList {
  /** Of the newest batch: how many are done, and how many there were. */
  readonly done: number;
  readonly total: number;
  /** Of the newest batch what is not done, in time order. */
  readonly open: readonly Suggestion[];
  /** Of earlier batches what is not done, in time order. */
  readonly earlier: readonly Suggestion[];
}

export function workList(
  suggestions: readonly Suggestion[],
  progress: ReadonlyMap<number, FrameProgress>,
): WorkList {
  let newest: Suggestion | undefined;
  for (const one of suggestions) if (newest === undefined || one.at > newest.at) newest = one;
  const batch = suggestions.filter((one) => one.batch === newest?.batch);
  const isOpen = ({ frameIndex }: Suggestion): boolean => standingOf(progress.get(frameIndex)) !== "done";
  const open = batch.filter(isOpen).sort(byFrame);
  const earlier = suggestions.filter((one) => one.batch !== newest?.batch && isOpen(one)).sort(byFrame);
  return { done: batch.length - open.length, total: batch.length, open, earlier };
}

const byFrame = (a: Suggestion, b: Suggestion): number => a.frameIndex - b.frameIndex;

/** A frame to label where a tick shows it, in the view with this number. */
export interface Stop {
  readonly tick: number;
  readonly view: number;
}

/** The first stop behind a place; behind the last one the first of all, if that is another place. */
export function stopAfter(stops: readonly Stop[], place: Stop): Stop | undefined {
  const sorted = [...stops].sort((a, b) => a.tick - b.tick || a.view - b.view);
  const behind = sorted.find(
    ({ tick, view }) => tick > place.tick || (tick === place.tick && view > place.view),
  );
  return behind ?? sorted.find(({ tick, view }) => tick !== place.tick || view !== place.view);
}
