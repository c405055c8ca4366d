import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { type Api, bodyOf } from "../api/client";
import type { JobFeed } from "../api/jobFeed";
import type { FilmIn, Result, Video } from "../api/types";
import { Failure, useAction } from "./parts/action";

const TRAILS = [0, 10, 30, 100] as const;

interface Choice {
  readonly confidence: Signal<string>;
  readonly rings: Signal<boolean>;
  readonly trail: Signal<string>;
  readonly first: Signal<string>;
  readonly last: Signal<string>;
  readonly numbers: Signal<boolean>;
}

interface FilmProps {
  readonly api: Api;
  readonly feed: JobFeed;
  readonly video: Video;
  readonly result: Result;
}

/** Opens the few choices of a labelled video, and starts its job. */
export function FilmButton(props: FilmProps): JSX.Element {
  const open = useSignal(false);
  return (
    <>
      <button
        type="button"
        class="btn small"
        onClick={() => {
          open.value = true;
        }}
      >
        Labelled video
      </button>
      {open.value && (
        <FilmDialog
          {...props}
          onClose={() => {
            open.value = false;
          }}
        />
      )}
    </>
  );
}

/** What is asked of the server; text that is no number is for the browser's own check of the form. */
export function requestOf(choice: Choice, frameCount: number): FilmIn {
  const last = Number(choice.last.value);
  return {
    min_confidence: Number(choice.confidence.value),
    doubtful: choice.rings.value ? "hollow" : "hide",
    trail_frames: Number(choice.trail.value),
    first_frame: Number(choice.first.value),
    last_frame: last === frameCount - 1 ? null : last,
    frame_numbers: choice.numbers.value,
  };
}

function FilmDialog({
  api,
  feed,
  video,
  result,
  onClose,
}: FilmProps & { readonly onClose: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const action = useAction();
  const choice: Choice = {
    confidence: useSignal("0.5"),
    rings: useSignal(false),
    trail: useSignal("0"),
    first: useSignal("0"),
    last: useSignal(String(result.frame_count - 1)),
    numbers: useSignal(false),
  };
  useEffect(() => dialog.current?.showModal(), []);
  const make = (event: Event) => {
    event.preventDefault();
    return action.run(async () => {
      const params = { path: { result_id: result.id } };
      const body = requestOf(choice, result.frame_count);
      feed.put(await bodyOf(api.POST("/api/v1/results/{result_id}/film", { params, body })));
      onClose();
    });
  };
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="film-title">
      <form class="stack tight" onSubmit={make}>
        <h2 id="film-title">Labelled video</h2>
        <p class="dim">
          The predictions of {result.model_name} drawn over {video.recording_name} {video.view}, as an MP4
          file that browsers and slides play.
        </p>
        <Fields choice={choice} lastFrame={result.frame_count - 1} />
        <Failure of={action.error} />
        <div class="actions">
          <button type="submit" class="btn primary" disabled={action.busy.value}>
            {action.busy.value ? "Starting …" : "Make the video"}
          </button>
          <button type="button" class="btn" onClick={onClose}>
            Not now
          </button>
        </div>
      </form>
    </dialog>
  );
}

function Fields({ choice, lastFrame }: { readonly choice: Choice; readonly lastFrame: number }): JSX.Element {
  return (
    <>
      <div class="fields pair">
        <Whole id="film-first" label="First frame" of={choice.first} min={0} max={lastFrame} />
        <Whole
          id="film-last"
          label="Last frame"
          of={choice.last}
          min={Number(choice.first.value) || 0}
          max={lastFrame}
        />
        <div class="field">
          <label for="film-confidence">Lowest confidence</label>
          <input
            id="film-confidence"
            type="number"
            required
            min="0"
            max="1"
            step="any"
            value={choice.confidence.value}
            onInput={(event) => {
              choice.confidence.value = event.currentTarget.value;
            }}
          />
        </div>
        <div class="field">
          <label for="film-trail">Trail</label>
          <select
            id="film-trail"
            value={choice.trail.value}
            onChange={(event) => {
              choice.trail.value = event.currentTarget.value;
            }}
          >
            {TRAILS.map((frames) => (
              <option key={frames} value={frames}>
                {frames === 0 ? "none" : `${frames} frames`}
              </option>
            ))}
          </select>
        </div>
      </div>
      <Tick of={choice.rings}>Draw points of less confidence as rings, not leave them out</Tick>
      <Tick of={choice.numbers}>Write the frame number in the corner</Tick>
    </>
  );
}

function Whole({
  id,
  label,
  of,
  min,
  max,
}: {
  readonly id: string;
  readonly label: string;
  readonly of: Signal<string>;
  readonly min: number;
  readonly max: number;
}): JSX.Element {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="number"
        required
        min={min}
        max={max}
        step="1"
        value={of.value}
        onInput={(event) => {
          of.value = event.currentTarget.value;
        }}
      />
    </div>
  );
}

function Tick({ of, children }: { readonly of: Signal<boolean>; readonly children: string }): JSX.Element {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={of.value}
        onChange={(event) => {
          of.value = event.currentTarget.checked;
        }}
      />
      <span>{children}</span>
    </label>
  );
}
