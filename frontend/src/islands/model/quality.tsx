import type { JSX } from "preact";
import { count, percent, pixels } from "../parts/format";
import { type Agreement, agreementOf, holdoutWords, isHeldOut, testOf } from "../parts/model";
import type { ModelPage } from "./index";
import { frameUrl } from "./worst";

/** The figures, whole and by keypoint, and what they were measured on. */
export function Quality(page: ModelPage): JSX.Element {
  const { model } = page.data;
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
      <KeypointTable {...page} />
    </section>
  );
}

function KeypointTable({ props, data }: ModelPage): JSX.Element {
  const { model } = data;
  const rows = Object.entries(testOf(model)?.by_keypoint ?? {});
  const worst = Math.max(...rows.map(([, { mean_px }]) => mean_px ?? 0), 1e-6);
  const people = agreementOf(model);
  const farthest = model.worst_by_keypoint;
  const known = Object.values(farthest).some((places) => places.length > 0);
  return (
    <>
      <div class="scroll-x">
        <table>
          <thead>
            <tr>
              <th>keypoint</th>
              <th class="num">points</th>
              <th class="num">mean</th>
              <th class="num">median</th>
              {people && <th class="num">two people</th>}
              <th class="num">within 5 px</th>
              {known && <th class="num">farthest off</th>}
              <th class="meter-cell">mean error</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, figure]) => {
              const place = farthest[name]?.[0];
              return (
                <tr key={name}>
                  <td>{name}</td>
                  <td class="num">{count(figure.n)}</td>
                  <td class="num">{pixels(figure.mean_px)}</td>
                  <td class="num">{pixels(figure.median_px)}</td>
                  {people && <td class="num">{pixels(people.by_keypoint[name]?.mean_px)}</td>}
                  <td class="num">{percent(figure.pck5)}</td>
                  {known && (
                    <td class="num">
                      {place ? (
                        <a
                          href={frameUrl(props, data, place.video_id, place.frame_index)}
                          title={`Frame ${place.frame_index}, ${place.individual}`}
                        >
                          {pixels(place.distance_px)}
                        </a>
                      ) : (
                        "–"
                      )}
                    </td>
                  )}
                  <td class="meter-cell">
                    <span class="meter" aria-hidden="true">
                      <i style={{ width: `${(100 * (figure.mean_px ?? 0)) / worst}%` }} />
                    </span>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <p class="dim small">{agreementWords(people)}</p>
    </>
  );
}

/** What the model's error is to be held against. */
export function agreementWords(people: Agreement | null): string {
  return people
    ? `Two people who label the same frame are ${pixels(people.mean_px)} apart on average: a model cannot be ` +
        "told to be better than that."
    : "How far two people are apart who label the same frame is not measured in this project. A model cannot " +
        "be told to be better than that, so keep it in mind with small errors.";
}
