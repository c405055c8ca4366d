import type { JSX } from "preact";
import { count, pixels } from "../parts/format";
import { studioUrl } from "../parts/project";
import { FramePicture } from "./framePicture";
import type { ModelPage } from "./index";

/** Where it fails, as pictures with labels and predictions; a press opens the studio there. */
export function WorstFrames({ api, props, data: { model, recordings } }: ModelPage): JSX.Element | null {
  const videos = new Map(
    recordings.flatMap((recording) => recording.videos).map((video) => [video.id, video]),
  );
  const frames = model.worst.filter(({ video_id }) => videos.has(video_id));
  if (frames.length === 0) return null;
  return (
    <section class="card">
      <div class="card-head">
        <h2>Worst frames</h2>
        <span class="dim small">
          Rings are labels; crosses what the model says, once it ran on the video. A misplaced label makes a
          frame look bad too: check it first.
        </span>
      </div>
      <ul class="tiles dense">
        {frames.map(({ video_id, frame_index, mean_px }) => {
          const video = videos.get(video_id);
          return (
            video && (
              <li key={`${video_id}:${frame_index}`}>
                <a class="tile" href={studioUrl(props.urls, video_id, { frame: frame_index })}>
                  <FramePicture api={api} modelId={model.id} video={video} frame={frame_index} />
                  <span class="row apart">
                    <b class="num-text">{pixels(mean_px)}</b>
                    <span class="dim small num-text">frame {count(frame_index)}</span>
                  </span>
                  <span class="dim small clip">
                    {video.recording_name} · {video.view}
                  </span>
                </a>
              </li>
            )
          );
        })}
      </ul>
    </section>
  );
}
