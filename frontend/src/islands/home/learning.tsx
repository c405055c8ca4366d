import type { JSX } from "preact";
import type { Model } from "../../api/types";
import { Chart } from "../parts/chart";
import { pixels } from "../parts/format";
import { testOf } from "../parts/model";
import type { HomeProps } from "./index";

/** The best mean test error that each amount of labels gave: does more labelling still help? */
export function bestByAmount(models: readonly Model[]): readonly (readonly [number, number])[] {
  const best = new Map<number, number>();
  for (const model of models) {
    const error = testOf(model)?.mean_px;
    if (model.state !== "ready" || error === null || error === undefined) continue;
    const frames = model.snapshot.frame_count;
    best.set(frames, Math.min(error, best.get(frames) ?? Number.POSITIVE_INFINITY));
  }
  return [...best].sort(([a], [b]) => a - b);
}

export function LearningCurve({ props, data: { models } }: HomeProps): JSX.Element {
  const points = bestByAmount(models);
  return (
    <section class="card">
      <div class="card-head">
        <h2>Learning curve</h2>
        {points.length > 0 && (
          <span class="small num-text">best {pixels(Math.min(...points.map(([, y]) => y)))}</span>
        )}
      </div>
      {points.length < 2 ? (
        <p class="dim">
          {points.length === 0
            ? "The first trained model puts a point here: its error against the number of labelled frames."
            : "One model so far. Label more, train again, and the slope shows whether labelling still helps."}{" "}
          <a href={props.urls.models}>Models</a>
        </p>
      ) : (
        <Chart
          x={points.map(([frames]) => frames)}
          xName="labelled frames"
          yName="mean error, px"
          lines={[{ name: "mean error", colour: "--accent", y: points.map(([, error]) => error) }]}
          height={210}
          summary={`Mean error by labelled frames: ${points.map(([x, y]) => `${x}: ${y.toFixed(1)} px`).join(", ")}`}
        />
      )}
    </section>
  );
}
