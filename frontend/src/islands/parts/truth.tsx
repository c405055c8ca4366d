import type { JSX } from "preact";
import type { Reconstruction } from "../../api/types";
import { count, percent } from "./format";

type TruthError = NonNullable<Reconstruction["truth_error"]>;

/** The 3D error of a rendered recording in one line, with what it leaves out. */
export function truthWords({ ticks, n, missing, median_mm, p95_mm }: TruthError): string {
  if (n === 0)
    return "Not measured against the truth: no tick without labels has a keypoint that two views see.";
  if (median_mm === null || p95_mm === null) return `None of ${count(n)} keypoints was placed.`;
  return `${median_mm.toFixed(2)} mm from the truth in the median, ${p95_mm.toFixed(1)} mm at 95 %; ${percent(missing / n, 1)} of ${count(n)} keypoints not placed. ${count(ticks)} ticks without labels.`;
}

/** Said of 3D poses beside the videos that they were made from. */
export const CLOCK_CHANGED =
  "The clock of this recording was set anew after these 3D poses were made. Reconstruct again to go by the new one.";

const COUNTED =
  "Keypoints that two or more of the views could see, at ticks of which no frame was labelled for the model.";

export function Truth({ error }: { readonly error: TruthError | null }): JSX.Element | null {
  if (error === null) return null;
  return (
    <span class="dim small" data-testid="truth-error" title={COUNTED}>
      {truthWords(error)}
    </span>
  );
}
