import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { JobFeed } from "../../api/jobFeed";
import type { JobEventMsg } from "../../api/messages.gen";
import { Chart, type Line } from "../parts/chart";

/** Loss and validation error by iteration, as a job's `metrics` events tell them. */
export interface Curves {
  readonly iterations: readonly number[];
  readonly loss: readonly (number | null)[];
  readonly validation: readonly (number | null)[];
}

const figure = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) ? value : null;

/**
 * A resumed training reports some iterations a second time; what came last is what counts, so the
 * curve runs forward in iterations whatever the order of events.
 */
export function curvesOf(events: readonly JobEventMsg[]): Curves {
  const byIteration = new Map<number, { loss: number | null; validation: number | null }>();
  for (const { kind, data } of events) {
    if (kind !== "metrics" || data.stage !== "train" || typeof data.done !== "number") continue;
    const metrics = (data.metrics ?? {}) as Record<string, unknown>;
    const known = byIteration.get(data.done);
    byIteration.set(data.done, {
      loss: figure(metrics.loss) ?? known?.loss ?? null,
      validation: figure(metrics.val_mean_px) ?? known?.validation ?? null,
    });
  }
  const iterations = [...byIteration.keys()].sort((a, b) => a - b);
  const column = (name: "loss" | "validation") => iterations.map((at) => byIteration.get(at)?.[name] ?? null);
  return { iterations, loss: column("loss"), validation: column("validation") };
}

/** Live while the job runs, whole after a reload: the log is the source, not the page. */
export function TrainingCurves({
  feed,
  jobId,
  unchecked = false,
}: {
  readonly feed: JobFeed;
  readonly jobId: string;
  /** Known to have had no unseen frame to check on: it went on from a model that had learned them. */
  readonly unchecked?: boolean;
}): JSX.Element {
  const { iterations, loss, validation } = curvesOf(feed.follow(jobId).value);
  if (iterations.length === 0) {
    return <p class="dim">The curves begin with the first iterations.</p>;
  }
  const last = validation.findLast((value) => value !== null) ?? null;
  return (
    <div class="columns even">
      {unchecked ? (
        <p class="dim">
          No validation error: the model that it went on from had learned these frames, or too few are new.
        </p>
      ) : (
        <CurveBox
          title="Validation error"
          now={last === null ? "after the first check" : `now ${last.toFixed(1)} px`}
          x={iterations}
          yName="px"
          line={{ name: "validation", colour: "--accent", y: validation }}
        />
      )}
      <CurveBox
        title="Training loss"
        now={`now ${loss.findLast((value) => value !== null)?.toPrecision(3) ?? "–"}`}
        x={iterations}
        yName="loss, log scale"
        line={{ name: "loss", colour: "--dim", y: loss }}
        logarithmic
      />
    </div>
  );
}

interface CurveBoxProps {
  readonly title: string;
  readonly now: string;
  readonly x: readonly number[];
  readonly yName: string;
  readonly line: Line;
  readonly logarithmic?: boolean;
}

function CurveBox({ title, now, x, yName, line, logarithmic }: CurveBoxProps): JSX.Element {
  const hovered = useSignal<number | null>(null);
  const at = hovered.value;
  const value = at === null ? null : (line.y[at] ?? null);
  const readout = value === null ? now : `${value.toPrecision(3)} at iteration ${x[at ?? 0]}`;
  return (
    <div>
      <div class="card-head">
        <h3>{title}</h3>
        <span class="small num-text">{readout}</span>
      </div>
      <Chart
        x={x}
        xName="iteration"
        yName={yName}
        lines={[line]}
        logarithmic={logarithmic ?? false}
        onHover={(index) => {
          hovered.value = index;
        }}
        summary={`${title} by iteration, ${now}`}
      />
    </div>
  );
}
