import type { JSX } from "preact";
import { AskForFrames } from "../parts/askForFrames";
import { counted } from "../parts/format";
import { can, studioUrl } from "../parts/project";
import type { ModelPage } from "./index";

/** Lets this model choose the frames from which it would learn most. */
export function LabelNext({ api, feed, props, data: { model, recordings } }: ModelPage): JSX.Element | null {
  const videos = recordings.flatMap(({ videos }) => videos).filter(({ state }) => state === "ready");
  if (!can(props, "label")) return null;
  return (
    <section class="card stack tight">
      <div class="card-head">
        <h2>What to label next</h2>
        <span class="dim small">
          Frames of which this model is unsure, or that are unlike anything labelled; its predictions come
          with them, to accept or correct.
        </span>
      </div>
      {videos.length === 0 ? (
        <p class="dim">No video is ready.</p>
      ) : (
        <AskForFrames
          api={api}
          feed={feed}
          props={props}
          videos={videos.map(({ id, recording_name, view, frame_count }) => ({
            id,
            name: `${recording_name} · ${view}`,
            frameCount: frame_count,
          }))}
          model={model}
          look="btn"
          found={(videoId, frames) => (
            <p class="row">
              <span>{counted(frames.length, "frame")} found.</span>
              <a class="btn primary" href={studioUrl(props.urls, videoId, { frame: frames[0] ?? 0 })}>
                Label them
              </a>
            </p>
          )}
        />
      )}
    </section>
  );
}
