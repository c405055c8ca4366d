import type { JSX } from "preact";
import type { Model } from "../../api/types";
import { count, counted, percent, pixels } from "../parts/format";
import type { ModelPage } from "./index";
import { frameUrl } from "./worst";

type Suspect = NonNullable<Model["suspects"]>["labels"][number];

/** Labels that the model had not seen and is sure to find elsewhere; each leads to its frame. Nothing where there are none. */
export function Suspects({ props, data }: ModelPage): JSX.Element | null {
  const found = data.model.suspects;
  if (!found || found.total === 0) return null;
  const videos = new Map(data.recordings.flatMap(({ videos }) => videos).map((video) => [video.id, video]));
  const labels = found.labels.filter(({ video_id }) => videos.has(video_id));
  const several = new Set(labels.map(({ individual }) => individual)).size > 1;
  return (
    <section class="card stack tight">
      <div class="card-head">
        <h2>Labels to look at again</h2>
        <span class="dim small">
          Labels that the model had not seen and is sure to find elsewhere. One of the two is wrong.
        </span>
      </div>
      <p>{found.words.map(inOwnWords).join(" ")}</p>
      <div class="scroll-x">
        <table>
          <thead>
            <tr>
              <th>frame</th>
              <th>keypoints</th>
              <th>what seems wrong</th>
              <th class="num">apart</th>
              <th class="num">confidence</th>
            </tr>
          </thead>
          <tbody>
            {labels.map((one) => (
              <tr key={`${one.video_id}:${one.frame_index}:${one.individual}:${one.keypoints.join()}`}>
                <td>
                  <a href={frameUrl(props, data, one.video_id, one.frame_index)}>
                    {videos.get(one.video_id)?.recording_name} · {videos.get(one.video_id)?.view} · frame{" "}
                    {count(one.frame_index)}
                  </a>
                </td>
                <td>
                  {several && `${one.individual}: `}
                  {one.keypoints.join(" and ")}
                </td>
                <td>{KINDS[one.kind]}</td>
                <td class="num">{one.distance_px === null ? "–" : pixels(one.distance_px)}</td>
                <td class="num">{percent(one.confidence)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {found.total > found.labels.length && (
        <p class="dim small">
          {counted(found.total - found.labels.length, "more label")} like these. So many are no slips: the
          model has not learned them.
        </p>
      )}
      <p class="dim small">
        Correct what is wrong in the studio, then train again. What one network has learned is not judged;
        several judge what they left out.
      </p>
    </section>
  );
}

const KINDS: Readonly<Record<Suspect["kind"], string>> = {
  "left/right swapped": "left and right are swapped",
  "far from the answer": "far from the answer",
  "absent but found": "called absent, and found",
};

/** The engine speaks of the networks of an ensemble; here one model was asked. */
function inOwnWords(sentence: string): string {
  return sentence.replace("the networks find it", "the model finds it");
}
