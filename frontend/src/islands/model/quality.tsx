import type { JSX } from "preact";
import type { Model } from "../../api/types";
import { count, percent, pixels } from "../parts/format";
import { holdoutWords, isHeldOut, testOf } from "../parts/model";

/** The figures, whole and by keypoint, and what they were measured on. */
export function Quality({ model }: { readonly model: Model }): JSX.Element {
  const test = testOf(model);
  if (!test) {
    return (
      <section class="card">
        <h2>How good</h2>
        <p class="dim">
          There is no figure: no labelled frame was left to measure on. Train with a holdout to get one.
        </p>
      </section>
    );
  }
  const figures: [string, string][] = [
    ["mean error", pixels(test.mean_px)],
    ["median", pixels(test.median_px)],
    ["within 5 px", percent(test.pck5)],
    ["within 10 px", percent(test.pck10)],
    ["points compared", count(test.n)],
  ];
  return (
    <section class="card stack tight">
      <div class="card-head">
        <h2>How good</h2>
        <span class="dim small">
          {isHeldOut(model)
            ? `On frames that it never saw: ${holdoutWords(model.holdout)}.`
            : "On the validation part of the training frames: hopeful, because nothing was held out."}
        </span>
      </div>
      <div class="figures">
        {figures.map(([name, value]) => (
          <div key={name}>
            <b>{value}</b>
            <span>{name}</span>
          </div>
        ))}
      </div>
      <KeypointTable model={model} />
    </section>
  );
}

function KeypointTable({ model }: { readonly model: Model }): JSX.Element {
  const rows = Object.entries(testOf(model)?.by_keypoint ?? {});
  const worst = Math.max(...rows.map(([, { mean_px }]) => mean_px ?? 0), 1e-6);
  return (
    <div class="scroll-x">
      <table>
        <thead>
          <tr>
            <th>keypoint</th>
            <th class="num">points</th>
            <th class="num">mean</th>
            <th class="num">median</th>
            <th class="num">within 5 px</th>
            <th class="meter-cell">mean error</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, figure]) => (
            <tr key={name}>
              <td>{name}</td>
              <td class="num">{count(figure.n)}</td>
              <td class="num">{pixels(figure.mean_px)}</td>
              <td class="num">{pixels(figure.median_px)}</td>
              <td class="num">{percent(figure.pck5)}</td>
              <td class="meter-cell">
                <span class="meter" aria-hidden="true">
                  <i style={{ width: `${(100 * (figure.mean_px ?? 0)) / worst}%` }} />
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
