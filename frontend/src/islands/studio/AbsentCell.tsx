import type { AbsentView } from "./model";

/** Stands where a view of the recording would be, and says why it is not there. */
export function AbsentCell({ absent, place }: { absent: AbsentView; place: Record<string, string> }) {
  return (
    <div class="st-cell absent" style={place} data-view-name={absent.view}>
      <span class="st-tag st-tag-left">{absent.view}</span>
      <p>{absent.words}</p>
    </div>
  );
}
