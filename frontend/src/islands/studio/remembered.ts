/** How a person last looked at a recording: which views were hidden, which was large. Kept in this browser. */

import { effect } from "@preact/signals";
import type { StudioState } from "./state";

const key = (recordingId: number): string => `sbea.views.${recordingId}`;

/** Take up what was remembered, and remember from now on. Returns the way to stop. */
export function rememberViews(state: StudioState, storage: Storage): () => void {
  if (state.views.length === 1) return () => {};
  const names = new Set(state.views.map(({ name }) => name));
  const { hidden, large } = read(state.recording.id, storage);
  state.hide(new Set(hidden));
  state.large.value = large !== null && names.has(large) ? large : null;
  return effect(() => {
    const stored = { hidden: [...state.hidden], large: state.large.value };
    try {
      storage.setItem(key(state.recording.id), JSON.stringify(stored));
    } catch {
      // A full or forbidden storage costs the arrangement at the next visit, nothing else.
    }
  });
}

function read(recordingId: number, storage: Storage): { hidden: string[]; large: string | null } {
  try {
    const stored = JSON.parse(storage.getItem(key(recordingId)) ?? "{}") as Record<string, unknown> | null;
    const hidden = Array.isArray(stored?.hidden) ? stored.hidden : [];
    const large = stored?.large;
    return {
      hidden: hidden.filter((name): name is string => typeof name === "string"),
      large: typeof large === "string" ? large : null,
    };
  } catch {
    return { hidden: [], large: null }; // damaged or forbidden storage: all views, all alike
  }
}
