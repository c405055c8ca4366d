/** Short plain words for what happened to a keypoint. */

import { isPlaced, type KeypointValue, type Origin } from "../../labels/types";

const PLACED: Record<Origin, string> = {
  human: "placed",
  imported: "imported",
  demo: "taken from the demo labels",
  accepted: "accepted from the model",
};

export function changeWords(
  name: string,
  before: KeypointValue,
  after: KeypointValue & { readonly origin: Origin },
): string {
  if (after.visibility === "unlabelled") return `${name} removed`;
  if (after.visibility === "absent") return `${name} marked absent`;
  if (!isPlaced(before) || !isPlaced(after)) return `${name} ${PLACED[after.origin]}`;
  const moved = Math.hypot(after.x - before.x, after.y - before.y);
  if (moved >= 0.05) return `${name} moved ${moved.toFixed(1)} px`;
  return before.visibility === after.visibility ? `${name} confirmed` : `${name} now ${after.visibility}`;
}

/** "just now", "2 min ago"; for the history of a frame. */
export function agoWords(at: Date, now: Date): string {
  const minutes = Math.floor((now.getTime() - at.getTime()) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 60 * 24) return `${Math.floor(minutes / 60)} h ago`;
  return at.toLocaleDateString();
}

export function valueWords(value: KeypointValue): string {
  return isPlaced(value)
    ? `${value.visibility} at ${value.x.toFixed(1)}, ${value.y.toFixed(1)}`
    : value.visibility;
}

/** The reason without the figure behind it: "the model is unsure of snout (0.21)" is long for a narrow list. */
export function plainReason(reason: string): string {
  return reason.replace(/ \([^()]*\)$/, "");
}

/** Thousands apart by a thin space, as in "1 284". */
export function countWords(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** 75.5 s -> "1:15.5"; whole seconds without the tenth. */
export function timeWords(seconds: number, tenths = false): string {
  const minutes = Math.floor(seconds / 60);
  const rest = seconds - minutes * 60;
  const shown = tenths ? (Math.floor(rest * 10) / 10).toFixed(1) : String(Math.floor(rest));
  return `${minutes}:${shown.padStart(tenths ? 4 : 2, "0")}`;
}
