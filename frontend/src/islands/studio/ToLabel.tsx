import type { Api } from "../../api/client";
import type { JobFeed } from "../../api/jobFeed";
import { AskForFrames } from "../parts/askForFrames";
import type { Studio } from "./controller";
import type { StudioProps, Suggestion } from "./model";
import { Section } from "./Section";
import { countWords, plainReason } from "./words";
import { type FrameProgress, standingOf, workList } from "./workList";

interface ToLabelProps {
  readonly studio: Studio;
  readonly api: Api;
  readonly feed: JobFeed;
  readonly props: Pick<StudioProps, "projectId">;
}

/** The frames that were suggested for the active view: what is done, what is to do, why, and a way to more. */
export function ToLabel({ studio, api, feed, props }: ToLabelProps) {
  const { state } = studio;
  const view = state.active.value;
  const known = view.labelsRead.value === "known";
  const list = workList(view.suggestions.value, view.progressByFrame.value);
  const capabilities = state.project.canLabel ? (["label"] as const) : [];
  return (
    <Section title={state.views.length > 1 ? `To label · ${view.name}` : "To label"}>
      {known && list.total > 0 && <Batch studio={studio} {...list} />}
      <WhyThisFrame studio={studio} />
      {list.total === 0 && <p class="dim st-text">No frames are suggested yet.</p>}
      {state.project.canLabel && (
        <AskForFrames
          key={view.name}
          api={api}
          feed={feed}
          props={{ projectId: props.projectId, capabilities }}
          videos={[{ id: view.video.id, name: view.name, frameCount: view.video.frameCount }]}
          look="st-button st-ask"
          found={() => null}
        />
      )}
    </Section>
  );
}

function Batch({ studio, done, total, open, earlier }: { studio: Studio } & ReturnType<typeof workList>) {
  return (
    <div data-testid="to-label">
      <p class="st-text st-counts">
        <span>
          <b>{countWords(open.length)}</b> to do
        </span>
        <span>{countWords(done)} done</span>
      </p>
      <span
        class="meter thin ok"
        role="progressbar"
        aria-label="Labelled of the suggested frames"
        aria-valuemin={0}
        aria-valuemax={total}
        aria-valuenow={done}
      >
        <i style={{ width: `${(100 * done) / total}%` }} />
      </span>
      {open.length === 0 && <p class="dim st-text">All frames of this batch are labelled.</p>}
      <Rows studio={studio} frames={open} />
      {earlier.length > 0 && (
        <details class="st-earlier">
          <summary class="dim">{countWords(earlier.length)} suggested earlier</summary>
          <Rows studio={studio} frames={earlier} />
        </details>
      )}
    </div>
  );
}

function Rows({ studio, frames }: { studio: Studio; frames: readonly Suggestion[] }) {
  const { state } = studio;
  const view = state.active.value;
  const here = state.presented.value;
  if (frames.length === 0) return null;
  return (
    <ul class="st-frames">
      {frames.map((one) => (
        <li key={one.frameIndex}>
          <button
            type="button"
            class="st-row"
            aria-current={one.frameIndex === here ? "true" : undefined}
            title={one.reasons.join("; ")}
            data-frame={one.frameIndex}
            onClick={() => studio.goToFrame(view.video.id, one.frameIndex)}
          >
            <span class="st-number">{one.frameIndex}</span>
            <span class="st-name dim">{plainReason(one.reasons[0] ?? "")}</span>
            <span class="dim">{progressWords(view.progressByFrame.value.get(one.frameIndex))}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Why the frame on screen was suggested; nothing where it was not. */
function WhyThisFrame({ studio }: { studio: Studio }) {
  const { state } = studio;
  const one = studio.loop.here();
  if (one === undefined) return null;
  const view = state.active.value;
  const progress = view.progressByFrame.value.get(one.frameIndex);
  // Where a result is shown, or nothing, the points on the picture are not this model's.
  const drawn = view.resultId.value === null && view.ghostsOnSuggested.value;
  const model = drawn ? studio.suggestedGhosts.modelName(one.frameIndex) : null;
  return (
    <div class="st-why" data-testid="why">
      <p>
        <b>Why this frame</b>
        {one.score > 0 && (
          <span
            class="dim"
            title="The larger, the more this frame stands out among those that were looked at"
          >
            worth {Math.round(100 * one.score)} of 100
          </span>
        )}
      </p>
      <ul>
        {one.reasons.map((reason) => (
          <li key={reason} title={reason}>
            {plainReason(reason)}
          </li>
        ))}
      </ul>
      {one.reasons.length === 0 && <p class="dim">Chosen by its picture alone.</p>}
      {model !== null && <p class="dim">Predicted by {model}.</p>}
      {state.project.canLabel && standingOf(progress) !== "done" && (
        <button type="button" class="st-link" onClick={() => void studio.loop.skip()}>
          Leave it out
        </button>
      )}
    </div>
  );
}

function progressWords(progress: FrameProgress | undefined): string {
  return progress === undefined ? "" : `${progress.decided}/${progress.total}`;
}
