import type { JSX } from "preact";
import type { Learning } from "../../api/types";
import { counted, pixels } from "./format";
import { familyWords, holdoutWords } from "./model";
import { type Mark, Plot, pathOf, type Scale } from "./plot";
import { roundTicks } from "./ticks";

/** A change of less than this share of the error is called little. */
const LITTLE = 0.03;

interface LearningCurveProps {
  readonly learning: Learning;
  /** The model of the page, drawn larger. */
  readonly modelId?: number;
}

/** Held-out error by amount of labels, the law through it, and in words what more labels should bring. */
export function LearningCurve({ learning, modelId }: LearningCurveProps): JSX.Element {
  const { models, left_out, preset, holdout, reason } = learning;
  return (
    <section class="card stack tight">
      <div class="card-head">
        <h2>Would more labels help?</h2>
        {models.length > 0 && (
          <span class="dim small">
            {familyWords(learning)}, preset {preset}, {holdoutWords(holdout)}.
            {left_out > 0 && ` ${counted(left_out, "model")} trained otherwise left out.`}
          </span>
        )}
      </div>
      {forecastWords(learning).map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      {reason && <p class="dim">{reason}</p>}
      {models.length > 1 && <Drawing learning={learning} modelId={modelId} />}
    </section>
  );
}

function Drawing({
  learning: { models, line },
  modelId,
}: {
  readonly learning: Learning;
  readonly modelId: number | undefined;
}): JSX.Element {
  const marks: Mark[] = models.map(({ model_id, name, labels, error_px }) => ({
    x: labels,
    y: error_px,
    strong: model_id === modelId,
    words: `${name}: ${pixels(error_px)} with ${counted(labels, "labelled frame")}.`,
  }));
  const widest = Math.max(...models.map(({ labels }) => labels), ...line.map(({ labels }) => labels));
  const highest = Math.max(...models.map(({ error_px }) => error_px), ...line.map(({ high_px }) => high_px));
  const least = Math.min(...models.map(({ labels }) => labels));
  const from = line.length > 0 ? 0 : Math.max(0, least - 0.1 * (widest - least) - 1);
  const to = line.length > 0 ? widest : widest + 0.1 * (widest - least) + 1;
  return (
    <Plot
      x={{ from, to, ticks: roundTicks(from, to, 5), name: "labelled frames", words: String }}
      y={{
        from: 0,
        to: highest * 1.05,
        ticks: roundTicks(0, highest * 1.05, 4),
        name: "mean error, px",
        words: String,
      }}
      marks={marks}
      words={
        line.length > 0
          ? "Points are models; the line is a power law through them; in the band lie nine of ten models."
          : "Points are models."
      }
      summary={`Mean held-out error by labelled frames. ${marks.map(({ words }) => words).join(" ")}`}
      behind={(scale) => <Law line={line} scale={scale} />}
    />
  );
}

function Law({
  line,
  scale,
}: {
  readonly line: Learning["line"];
  readonly scale: Scale;
}): JSX.Element | null {
  if (line.length === 0) return null;
  const upper = line.map(({ labels, high_px }) => [labels, high_px] as const);
  const lower = line.map(({ labels, low_px }) => [labels, low_px] as const).reverse();
  return (
    <>
      <path class="band" d={`${pathOf([...upper, ...lower], scale)}Z`} />
      <path
        class="law"
        d={pathOf(
          line.map(({ labels, error_px }) => [labels, error_px] as const),
          scale,
        )}
      />
    </>
  );
}

/** One sentence for each amount that is foretold; nothing where nothing can be. */
export function forecastWords({ now, ahead }: Pick<Learning, "now" | "ahead">): string[] {
  if (!now) return [];
  return ahead.map(({ more, forecast }) => {
    const range = `nine times in ten the next model lies between ${forecast.low_px.toFixed(1)} and ${pixels(forecast.high_px)}`;
    const gain = (now.error_px - forecast.error_px) / now.error_px;
    return gain < LITTLE
      ? `${more} more frames should change little: about ${pixels(forecast.error_px)}; ${range}.`
      : `${more} more frames should bring about ${now.error_px.toFixed(1)} to ${pixels(forecast.error_px)}; ${range}.`;
  });
}
