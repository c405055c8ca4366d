import type { JSX } from "preact";
import type { Comparison, Difference, Result, Video } from "../../api/types";
import { count, counted, pixels } from "../parts/format";
import { cropAround, MarkedFrame, pointsOf, type ServerPoints } from "../parts/markedFrame";
import { type ProjectProps, studioUrl } from "../parts/project";
import type { ModelsData } from "./index";

interface ComparedProps {
  readonly comparison: Comparison;
  readonly props: ProjectProps;
  readonly data: ModelsData;
}

/** Two models on the same labels: in words, by keypoint, and as pictures of where they differ most. */
export function Compared({ comparison, props, data }: ComparedProps): JSX.Element {
  const { first, second, overall, by_keypoint, differ_most, labels_changed } = comparison;
  return (
    <div class="stack tight" data-testid="comparison">
      <p role="status">{verdict(comparison)}</p>
      {labels_changed > 0 && (
        <p class="note warn">
          {counted(labels_changed, "label")} changed between the two. Both are measured against the labels of{" "}
          {second.name}.
        </p>
      )}
      <div class="scroll-x">
        <table>
          <thead>
            <tr>
              <th>keypoint</th>
              <th class="num">points</th>
              <th class="num">{first.name}</th>
              <th class="num">{second.name}</th>
              <th class="num">difference</th>
              <th class="num">95 % interval</th>
              <th>nearer to the label</th>
            </tr>
          </thead>
          <tbody>
            {by_keypoint.map(({ keypoint, ...figures }) => (
              <Row key={keypoint} name={keypoint} figures={figures} comparison={comparison} />
            ))}
            <Row name="all keypoints" figures={overall} comparison={comparison} />
          </tbody>
        </table>
      </div>
      {differ_most.length > 0 && (
        <>
          <h3>Frames where they differ most</h3>
          <p class="dim small">Rings are labels; crosses what the model says. A press opens the studio.</p>
          <ul class="tiles pairs">
            {differ_most.map((frame) => (
              <li key={`${frame.video_id}:${frame.frame_index}`}>
                <BothPictures frame={frame} comparison={comparison} props={props} data={data} />
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function Row({
  name,
  figures,
  comparison,
}: {
  readonly name: string;
  readonly figures: Difference;
  readonly comparison: Comparison;
}): JSX.Element {
  const { n, first_px, second_px, difference_px, low_px, high_px, first_missing, second_missing } = figures;
  const missing = first_missing + second_missing;
  return (
    <tr>
      <td>{name}</td>
      <td class="num">
        {count(n)}
        {missing > 0 && <span class="dim small"> ({missing} without answer)</span>}
      </td>
      <td class="num">{pixels(first_px)}</td>
      <td class="num">{pixels(second_px)}</td>
      <td class="num">{signed(difference_px)}</td>
      <td class="num">
        {low_px === null || high_px === null ? "–" : `${signed(low_px)} to ${signed(high_px)}`}
      </td>
      <td>{nearer(figures, comparison)}</td>
    </tr>
  );
}

/** Which of the two is nearer, where the interval says that it is no chance. */
export function nearer(
  { low_px, high_px }: Pick<Difference, "low_px" | "high_px">,
  { first, second }: Pick<Comparison, "first" | "second">,
): string {
  if (low_px === null || high_px === null) return "too few moments to tell";
  if (high_px < 0) return second.name;
  return low_px > 0 ? first.name : "cannot be told apart";
}

/** The whole comparison in one sentence. */
export function verdict(comparison: Comparison): string {
  const { first, second, overall, frames } = comparison;
  const { difference_px, low_px, high_px, n } = overall;
  const on = `On ${counted(frames, "frame")} held out from both (${counted(n, "point")}), `;
  if (difference_px === null) return `${on}no point has an answer of both.`;
  const [better, other] = difference_px < 0 ? [second, first] : [first, second];
  const by = `${better.name} is ${pixels(Math.abs(difference_px))} nearer to the labels than ${other.name}`;
  if (low_px === null || high_px === null) {
    return `${on}${by}. These are too few moments to say whether that is chance: hold out more frames.`;
  }
  const range = `95 % interval of the difference ${signed(low_px)} to ${signed(high_px)}`;
  return low_px <= 0 && high_px >= 0
    ? `${on}${by}, which may be chance (${range}).`
    : `${on}${by} (${range}).`;
}

function signed(value: number | null): string {
  if (value === null) return "–";
  const words = pixels(Math.abs(value));
  return value < 0 && words !== pixels(0) ? `−${words}` : words;
}

interface BothPicturesProps extends ComparedProps {
  readonly frame: Comparison["differ_most"][number];
}

function BothPictures({ frame, comparison, props, data }: BothPicturesProps): JSX.Element | null {
  const video = data.recordings.flatMap(({ videos }) => videos).find(({ id }) => id === frame.video_id);
  if (!video) return null;
  const sides = [
    { model: comparison.first, points: frame.first_points_px, error: frame.first_px },
    { model: comparison.second, points: frame.second_points_px, error: frame.second_px },
  ];
  // One crop for both, so that a difference between the pictures is one between the models.
  const crop = cropAround(pointsOf(frame.labels_px), video);
  return (
    <>
      <div class="side-by-side">
        {sides.map(({ model, points, error }) => (
          <a
            key={model.id}
            class="tile"
            href={studioUrl(
              props.urls,
              video.id,
              placeOf(frame.frame_index, data.results, model.id, video.id),
            )}
          >
            <OnePicture video={video} frame={frame} points={points} crop={crop} name={model.name} />
            <span class="row apart">
              <b class="num-text">{pixels(error)}</b>
              <span class="dim small clip">{model.name}</span>
            </span>
          </a>
        ))}
      </div>
      <span class="dim small num-text">
        frame {count(frame.frame_index)} · {video.recording_name} · {video.view}
      </span>
    </>
  );
}

interface OnePictureProps {
  readonly video: Video;
  readonly frame: Comparison["differ_most"][number];
  readonly points: ServerPoints;
  readonly crop: ReturnType<typeof cropAround>;
  readonly name: string;
}

function OnePicture({ video, frame, points, crop, name }: OnePictureProps): JSX.Element {
  return (
    <MarkedFrame
      video={video}
      frame={frame.frame_index}
      labels={pointsOf(frame.labels_px)}
      answers={pointsOf(points)}
      crop={crop}
      words={`Frame ${frame.frame_index} of ${video.recording_name} with what ${name} says`}
    />
  );
}

function placeOf(frame: number, results: readonly Result[], modelId: number, videoId: number) {
  const result = results.find(
    ({ model_id, video_id, frames_done }) =>
      model_id === modelId && video_id === videoId && frames_done > frame,
  );
  return result ? { frame, result: result.id } : { frame };
}
