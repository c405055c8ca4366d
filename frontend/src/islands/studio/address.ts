/** The address of what is on screen. */

import type { StudioState } from "./state";

/** Opens exactly what is on screen: the active view, and its frame or, of several views, the tick. */
export function addressOf({ views, active, tick, presented }: StudioState, address: URL): URL {
  const ids = new Set(views.map(({ video }) => String(video.id)));
  const steps = address.pathname.split("/");
  const at = steps.findIndex((step, i) => steps[i - 1] === "videos" && ids.has(step));
  if (at >= 0) steps[at] = String(active.value.video.id);
  address.pathname = steps.join("/");
  const byFrame = views.length === 1 && presented.value >= 0;
  address.searchParams.delete(byFrame ? "tick" : "frame");
  address.searchParams.set(byFrame ? "frame" : "tick", String(byFrame ? presented.value : tick.value));
  // A result in the address is one of the view that the address names.
  if (address.searchParams.has("result") && active.value.resultId.value !== null) {
    address.searchParams.set("result", String(active.value.resultId.value));
  }
  return address;
}
