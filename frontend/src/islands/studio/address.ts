/** The address of what is on screen. */

import type { StudioState } from "./state";

/** Opens exactly what is on screen: the active view, and its frame or, of several views, the tick. */
export function addressOf({ views, active, tick, presented }: StudioState, address: URL): URL {
  const steps = address.pathname.split("/");
  // Also in place of a video that cannot be shown: frames of another one mean nothing beside its number.
  const at = steps.findIndex((step, i) => steps[i - 1] === "videos" && /^\d+$/.test(step));
  const before = steps[at];
  if (at >= 0) steps[at] = String(active.value.video.id);
  address.pathname = steps.join("/");
  const byFrame = views.length === 1 && presented.value >= 0;
  address.searchParams.delete(byFrame ? "tick" : "frame");
  address.searchParams.set(byFrame ? "frame" : "tick", String(byFrame ? presented.value : tick.value));
  // A result in the address is one of the view that the address names.
  const result = active.value.resultId.value;
  if (address.searchParams.has("result") && result !== null) {
    address.searchParams.set("result", String(result));
  } else if (before !== steps[at]) {
    address.searchParams.delete("result");
  }
  return address;
}
