import type { JSX } from "preact";
import type { JobFeed } from "../../api/jobFeed";
import type { JobEventMsg } from "../../api/messages.gen";
import type { Recording, Video } from "../../api/types";
import { count } from "../parts/format";
import { cropAround, MarkedFrame, pairsOf, pointsOf, type ServerPoints } from "../parts/markedFrame";
import { type ProjectUrls, studioUrl } from "../parts/project";

/** What a network that is being trained answers on a labelled frame that it does not learn from. */
export interface Example {
  readonly video: string;
  readonly index: number;
  readonly labels_px: ServerPoints;
  readonly points_px: ServerPoints;
}

export interface Examples {
  readonly iteration: number;
  readonly frames: readonly Example[];
}

/** The newest that a training told of; null before the first check. */
export function newestExamples(events: readonly JobEventMsg[]): Examples | null {
  const last = events.findLast(({ kind, data }) => kind === "metrics" && Array.isArray(data.examples));
  if (!last) return null;
  return { iteration: Number(last.data.done), frames: last.data.examples as readonly Example[] };
}

interface TrainingExamplesProps {
  readonly feed: JobFeed;
  readonly jobId: string;
  readonly recordings: readonly Recording[];
  readonly urls: ProjectUrls;
}

/** Live pictures of what is learned: the same few frames at each check. */
export function TrainingExamples({
  feed,
  jobId,
  recordings,
  urls,
}: TrainingExamplesProps): JSX.Element | null {
  const found = newestExamples(feed.follow(jobId).value);
  if (!found) return null;
  const videos = videosByName(recordings);
  return (
    <div class="stack hair">
      <div class="card-head">
        <h3>What it says</h3>
        <span class="dim small">
          Rings are labels, crosses its answers after <span class="num-text">{count(found.iteration)}</span>{" "}
          iterations, on frames that it had not learned from until then.
        </span>
      </div>
      <ul class="tiles dense">
        {found.frames.map((example) => {
          const video = videos.get(example.video);
          const key = `${example.video}:${example.index}`;
          return video && <ExampleTile key={key} {...{ example, video, urls }} />;
        })}
      </ul>
    </div>
  );
}

function ExampleTile({
  example,
  video,
  urls,
}: {
  readonly example: Example;
  readonly video: Video;
  readonly urls: ProjectUrls;
}): JSX.Element {
  const { index, labels_px, points_px } = example;
  const labels = pointsOf(labels_px);
  return (
    <li>
      <a class="tile" href={studioUrl(urls, video.id, { frame: index })}>
        <MarkedFrame
          video={video}
          frame={index}
          labels={labels}
          answers={pointsOf(points_px)}
          pairs={pairsOf(labels_px, points_px)}
          crop={cropAround(labels, video)}
          words={`Frame ${index} of ${example.video}`}
        />
        <span class="small num-text">frame {count(index)}</span>
        <span class="dim small clip">{example.video.replace("/", " · ")}</span>
      </a>
    </li>
  );
}

/** As label sets name them. */
function videosByName(recordings: readonly Recording[]): Map<string, Video> {
  return new Map(
    recordings.flatMap(({ name, videos }) =>
      videos
        .filter(({ state }) => state === "ready")
        .map((video) => [`${name}/${video.view}`, video] as const),
    ),
  );
}
