import type { Recording, UsedCalibration } from "../../api/types";
import { counted } from "../parts/format";

const SYNC = {
  aligned: "start together",
  offsets: "start at their own ticks",
  table: "follow a sync table",
} as const;

/** "Monday · 4 views · 1 800 ticks · start at their own ticks" */
export function summaryOf({ videos, ticks, sync_source, session }: Recording): string {
  const parts = [counted(videos.length, "view")];
  if (session) parts.unshift(session);
  if (videos.some(({ state }) => state === "ready")) parts.push(counted(ticks, "tick"));
  parts.push(`views ${SYNC[sync_source]}`);
  return parts.join(" · ");
}

/**
 * Views of different lengths are no fault; that one ends earlier is worth a word. Of a sync table nothing is
 * said: it may end a view where it likes. Views that are not on the clock are told of elsewhere.
 */
export function endsOf({ sync_source, ticks, videos }: Recording): string | null {
  if (sync_source === "table") return null;
  const early = videos.flatMap(({ view, state, offset_ticks, frame_count }) => {
    if (state !== "ready" || offset_ticks === null || offset_ticks + frame_count >= ticks) return [];
    return [`${view} ends after ${counted(offset_ticks + frame_count, "tick")}`];
  });
  return early.length > 0 ? `Of ${counted(ticks, "tick")}, ${early.join(", ")}.` : null;
}

export interface Fit {
  readonly tone: "" | "ok" | "warn" | "bad";
  readonly words: string;
  /** What does not fit, one line each, by name. */
  readonly problems: readonly string[];
}

/** How a calibration fits a recording, in a few words and in full. */
export function fitOf(used: UsedCalibration | null): Fit {
  if (!used) return { tone: "", words: "no calibration", problems: [] };
  const problems = used.views.flatMap(({ problem }) => (problem ? [problem] : []));
  if (used.without_view.length > 0) {
    const names = used.without_view.join(", ");
    problems.push(`The recording has no view for ${names}; ${used.name} has more cameras than it.`);
  }
  for (const [a, b] of used.same_cameras) {
    problems.push(
      `Cameras ${a} and ${b} stand in one place and look one way: at least one of them is wrong.`,
    );
  }
  const good = used.views.filter(({ fit }) => fit === "usable" || fit === "unchecked").length;
  const of = `${good} of ${used.views.length}`;
  if (good < used.views.length) {
    return { tone: good < 2 ? "bad" : "warn", words: `${of} views calibrated`, problems };
  }
  if (problems.length > 0) return { tone: "warn", words: "calibrated, with a doubt", problems };
  const known = used.views.every(({ fit }) => fit === "usable");
  return known
    ? { tone: "ok", words: "calibrated", problems }
    : { tone: "", words: "calibration set", problems };
}

/** What of a recording is not whole, view by view: what 3D will have to do without. */
export function doubtsOf(recording: Recording): string[] {
  const doubts = recording.videos.flatMap(({ view, state, sync_problem }) => {
    if (state === "failed") return [`View ${view} could not be read and is left out.`];
    if (state !== "ready") return [`View ${view} is still being read.`];
    return sync_problem ? [sync_problem] : [];
  });
  const ends = endsOf(recording);
  if (ends) doubts.push(ends);
  return [...doubts, ...fitOf(recording.calibration).problems];
}

/** The tick that a person wrote, or null where it is none. */
export function tickOf(text: string): number | null {
  return /^\s*[+-]?\d{1,8}\s*$/.test(text) ? Number(text) : null;
}
