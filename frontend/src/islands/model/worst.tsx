import type { JSX } from "preact";
import { count, pixels } from "../parts/format";
import { type ProjectProps, studioUrl } from "../parts/project";
import { FramePicture } from "./framePicture";
import type { ModelData, ModelPage } from "./index";

/** Where it fails, as pictures with labels and predictions; a press opens the studio there. */
export function WorstFrames({ api, props, data }: ModelPage): JSX.Element | null {
  const { model, results } = data;
  const videos = videosOf(data);
  const frames = model.worst.filter(({ video_id }) => videos.has(video_id));
  if (frames.length === 0) return null;
  const ran = frames.every(({ video_id, frame_index }) => resultAt(data, video_id, frame_index));
  return (
    <section class="card">
      <div class="card-head">
        <h2>Worst frames</h2>
        <span class="dim small">
          Rings are labels; crosses what the model says.{" "}
          {ran
            ? "A press opens the studio there, with the prediction."
            : "A press opens the studio there, with the prediction where the model ran over the video."}{" "}
          A misplaced label makes a frame look bad too: check it first.
        </span>
      </div>
      <ul class="tiles dense">
        {frames.map((worst) => {
          const { video_id, frame_index, mean_px } = worst;
          const video = videos.get(video_id);
          return (
            video && (
              <li key={`${video_id}:${frame_index}`}>
                <a class="tile" href={frameUrl(props, data, video_id, frame_index)}>
                  <FramePicture
                    api={api}
                    video={video}
                    worst={worst}
                    result={results.find((one) => one.model_id === model.id && one.video_id === video_id)}
                  />
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

function videosOf({ recordings }: ModelData) {
  return new Map(recordings.flatMap(({ videos }) => videos).map((video) => [video.id, video]));
}

function resultAt({ model, results }: ModelData, videoId: number, frame: number): number | undefined {
  return results.find(
    ({ model_id, video_id, frames_done }) =>
      model_id === model.id && video_id === videoId && frames_done > frame,
  )?.id;
}

/** The studio at a frame, with this model's predictions where there are some. */
export function frameUrl(props: ProjectProps, data: ModelData, videoId: number, frame: number): string {
  const result = resultAt(data, videoId, frame);
  return studioUrl(props.urls, videoId, result === undefined ? { frame } : { frame, result });
}
