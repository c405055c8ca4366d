import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Api } from "../api/client";
import { bodyOf } from "../api/client";
import type { Doubts, Result } from "../api/types";
import { useAction } from "./parts/action";
import { count, counted, percent } from "./parts/format";
import { type ProjectUrls, studioUrl } from "./parts/project";

const LISTED = 5;

interface DoubtfulProps {
  readonly api: Api;
  readonly urls: ProjectUrls;
  readonly result: Pick<Result, "id" | "video_id" | "frame_count">;
}

/** Where predictions are doubtful along the video, and why; looked for when somebody asks. */
export function WhereDoubtful({ api, urls, result }: DoubtfulProps): JSX.Element {
  const doubts = useSignal<Doubts | null>(null);
  const action = useAction();
  const look = () =>
    action.run(async () => {
      const params = { path: { result_id: result.id } };
      doubts.value = await bodyOf(api.GET("/api/v1/results/{result_id}/doubts", { params }));
    });
  const address = (frame: number): string => studioUrl(urls, result.video_id, { frame, result: result.id });
  if (doubts.value === null) {
    const failure = action.error.value;
    return failure === null ? (
      <p class="small">
        <button type="button" class="link" disabled={action.busy.value} onClick={look}>
          {action.busy.value ? "Looking …" : "Where is it doubtful?"}
        </button>
      </p>
    ) : (
      <p class="note bad" role="alert">
        Where it is doubtful could not be read. {failure}{" "}
        <button type="button" class="link" onClick={look}>
          Try again
        </button>
      </p>
    );
  }
  return <Found doubts={doubts.value} frames={result.frame_count} address={address} />;
}

interface FoundProps {
  readonly doubts: Doubts;
  readonly frames: number;
  readonly address: (frame: number) => string;
}

function Found({ doubts: { total, doubtful_frames, frames_done, stretches }, frames, address }: FoundProps) {
  if (total === 0) return <p class="dim small">The model is sure all along, and nothing jumps.</p>;
  const worst = [...stretches].sort((a, b) => b.severity - a.severity).slice(0, LISTED);
  const share = percent(doubtful_frames / Math.max(1, frames_done), 1);
  return (
    <div class="stack hair" data-testid="doubtful">
      <div class="doubt-strip">
        {stretches.map((one) => (
          // Said again below for the worst; a key press for each of hundreds would lead nowhere.
          <a
            key={one.first}
            tabIndex={-1}
            href={address(one.worst)}
            title={`${framesWords(one)}: ${one.reasons.join(", ")}`}
            style={{
              left: `${(100 * one.first) / frames}%`,
              width: `${(100 * (one.last + 1 - one.first)) / frames}%`,
              opacity: 0.45 + 0.55 * one.severity,
            }}
          >
            <span class="visually-hidden">{framesWords(one)}</span>
          </a>
        ))}
      </div>
      <span class="dim small">
        {counted(total, "doubtful stretch", "doubtful stretches")}, {share} of the frames.
        {total > LISTED ? " The worst:" : ""}
      </span>
      <ul class="small doubt-list">
        {worst.map((one) => (
          <li key={one.first}>
            <a href={address(one.worst)}>{framesWords(one)}</a>{" "}
            <span class="dim">{one.reasons.join(", ")}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function framesWords({ first, last }: Doubts["stretches"][number]): string {
  return first === last ? `Frame ${count(first)}` : `Frames ${count(first)} to ${count(last)}`;
}
