import type { JSX } from "preact";
import type { Recording } from "../../api/types";
import { doubtsOf } from "./words";

/** What of a recording is not whole, where something is to be made of all its views. */
export function Doubts({ recording }: { readonly recording: Recording }): JSX.Element | null {
  const doubts = doubtsOf(recording);
  if (doubts.length === 0) return null;
  return (
    <ul class="note warn small">
      {doubts.map((words) => (
        <li key={words}>{words}</li>
      ))}
    </ul>
  );
}
