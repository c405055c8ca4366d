/** Ways to choose frames for labelling, in words for people. */

import type { JobState } from "../../api/messages.gen";

export type Method = "model" | "mixed" | "kmeans" | "motion" | "uniform";

interface MethodWords {
  readonly method: Method;
  readonly name: string;
  readonly hint: string;
}

export const METHODS: readonly MethodWords[] = [
  {
    method: "model",
    name: "What the model is unsure of",
    hint: "And what is unlike anything labelled. The frames come with its predictions, to correct.",
  },
  { method: "mixed", name: "Some of each", hint: "Different looks, much movement, and evenly spread ones." },
  { method: "kmeans", name: "Different looks", hint: "One frame for every kind of picture." },
  { method: "motion", name: "Much movement", hint: "Where most changes from one frame to the next." },
  { method: "uniform", name: "Spread evenly", hint: "The same distance from one to the next." },
];

/** What asking for frames is about: the newest search in one of these videos. */
export function newestSearch(jobs: Iterable<JobState>, videoIds: readonly number[]): JobState | undefined {
  const ours = [...jobs].filter(
    ({ kind, params }) => kind === "video.suggest" && videoIds.some((id) => id === params.video_id),
  );
  return ours.sort((a, b) => Date.parse(b.created_at) - Date.parse(a.created_at))[0];
}

/** Frames that a search has found, in time order. */
export function framesFound({ state, result }: Pick<JobState, "state" | "result">): readonly number[] {
  const frames = state === "done" ? result?.frames : null;
  return Array.isArray(frames) ? frames.filter((frame): frame is number => typeof frame === "number") : [];
}
