import type { JSX } from "preact";
import type { Model } from "../../api/types";
import { count, percent } from "../parts/format";
import { type ConfidenceBin, type ConfidenceFigures, isHeldOut, testOf } from "../parts/model";
import { type Axis, type Mark, Plot, pathOf } from "../parts/plot";

/** What is nearer than this, in shares of one, is called right on average. */
const CLOSE = 0.03;

const share = (name: string): Axis => ({
  from: 0,
  to: 1,
  ticks: [0, 0.2, 0.4, 0.6, 0.8, 1],
  name,
  words: (value) => `${Math.round(value * 100)} %`,
});

/** Is it right as often as it says? Bins of confidence against the share that was right. */
export function Confidence({ model }: { readonly model: Model }): JSX.Element | null {
  const figures = testOf(model)?.confidence;
  if (!figures || figures.n === 0) return null;
  const bins = figures.bins ?? [];
  return (
    <section class="card stack tight">
      <div class="card-head">
        <h2>Can its confidence be trusted?</h2>
        <span class="dim small">
          {isHeldOut(model)
            ? `On ${count(figures.n)} labelled points of frames that it never saw.`
            : `On the ${count(figures.n)} validation points that it was adjusted on: hopeful.`}
        </span>
      </div>
      <p>{trustWords(figures)}</p>
      {bins.length > 0 ? (
        <div class="columns even">
          <Plot
            x={share("confidence")}
            y={share("share that was right")}
            marks={bins.map(markOf)}
            words="Each point is a tenth of the answers; its bar is the 95 % interval."
            summary={`Share of right answers by confidence. ${trustWords(figures)}`}
            height={280}
            behind={(scale) => (
              <path
                class="ideal"
                d={pathOf(
                  [
                    [0, 0],
                    [1, 1],
                  ],
                  scale,
                )}
              />
            )}
          />
          <BinTable bins={bins} />
        </div>
      ) : (
        <p class="dim">This model is from before the plot was made. Train anew to see it.</p>
      )}
    </section>
  );
}

function BinTable({ bins }: { readonly bins: readonly ConfidenceBin[] }): JSX.Element {
  return (
    <div class="scroll-x">
      <table class="narrow">
        <thead>
          <tr>
            <th>it said</th>
            <th class="num">on average</th>
            <th class="num">was right</th>
            <th class="num">points</th>
          </tr>
        </thead>
        <tbody>
          {bins.map((bin) => (
            <tr key={`${bin.low}:${bin.high}:${bin.mean}`}>
              <td>{rangeOf(bin)}</td>
              <td class="num">{percent(bin.mean)}</td>
              <td class="num">{percent(bin.right)}</td>
              <td class="num">{count(bin.n)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function markOf(bin: ConfidenceBin): Mark {
  return {
    x: bin.mean,
    y: bin.right,
    low: bin.right_low,
    high: bin.right_high,
    words:
      `It said ${rangeOf(bin)}: right ${percent(bin.right)} of the time ` +
      `(${percent(bin.right_low)} to ${percent(bin.right_high)}, ${count(bin.n)} points).`,
  };
}

function rangeOf({ low, high }: ConfidenceBin): string {
  const [from, to] = [Math.round(low * 100), Math.round(high * 100)];
  return from === to ? `${from} %` : `${from} to ${to} %`;
}

/** The calibration error as a sentence that says which way it errs. */
export function trustWords({ ece, mean, right, radius_px }: ConfidenceFigures): string {
  if (ece === null || mean === null || right === null) return "There is no figure.";
  const near = radius_px === undefined ? "near enough" : `within ${radius_px.toFixed(1)} px`;
  const tends =
    mean - right > CLOSE
      ? "it is too sure of itself"
      : right - mean > CLOSE
        ? "it is more careful than it need be"
        : "neither too sure nor too careful over all";
  return (
    `It said ${percent(mean)} on average and was right, that is ${near} of the label, ` +
    `${percent(right)} of the time: ${tends}. Its confidence is off by ` +
    `${(ece * 100).toFixed(0)} percentage points on average (expected calibration error).`
  );
}
