import type { ComponentChildren, JSX } from "preact";
import type { Model } from "../../api/types";
import { count, counted, percent, pixels } from "../parts/format";
import { isHeldOut, ModelPill, testOf } from "../parts/model";
import { modelUrl } from "../parts/project";
import type { HomeProps } from "./index";

/** A first training is worth its time from about here. */
const ENOUGH_FRAMES = 20;

/** From video to answer: each stage with its state and its quality, in one glance. */
export function Stages(home: HomeProps): JSX.Element {
  return (
    <section class="card">
      <h2>From video to answer</h2>
      <div class="scroll-x">
        <table>
          <thead>
            <tr>
              <th>stage</th>
              <th>state</th>
              <th class="num">quality</th>
              <th class="num">how much</th>
            </tr>
          </thead>
          <tbody>
            <RecordingStage {...home} />
            <SkeletonStage {...home} />
            <LabelStage {...home} />
            <ModelStages {...home} />
          </tbody>
        </table>
      </div>
    </section>
  );
}

interface StageProps {
  readonly name: ComponentChildren;
  readonly state: ComponentChildren;
  readonly quality?: ComponentChildren;
  readonly amount?: ComponentChildren;
}

function Stage({ name, state, quality, amount }: StageProps): JSX.Element {
  return (
    <tr>
      <td>{name}</td>
      <td>{state}</td>
      <td class="num">{quality}</td>
      <td class="num">{amount}</td>
    </tr>
  );
}

function RecordingStage({ props, data: { recordings } }: HomeProps): JSX.Element {
  const videos = recordings.flatMap(({ videos: views }) => views);
  const inState = (...states: string[]) => videos.filter(({ state }) => states.includes(state)).length;
  const [ready, busy, failed] = [inState("ready"), inState("pending", "ingesting"), inState("failed")];
  const frames = videos.reduce((sum, video) => sum + video.frame_count, 0);
  return (
    <Stage
      name={<a href={props.urls.recordings}>Recordings</a>}
      state={
        <span class="row tight">
          {ready > 0 && <span class="pill ok">{count(ready)} ready</span>}
          {busy > 0 && <span class="pill busy">{count(busy)} being read</span>}
          {failed > 0 && <span class="pill bad">{count(failed)} failed</span>}
          {videos.length === 0 && <span class="pill">none yet</span>}
        </span>
      }
      quality={videos.length > 0 ? "every frame counted" : "–"}
      amount={frames > 0 ? counted(frames, "frame") : "–"}
    />
  );
}

function SkeletonStage({ data: { project } }: HomeProps): JSX.Element {
  const { keypoints, symmetric } = project.skeleton;
  return (
    <Stage
      name="Skeleton"
      state={
        <span class="row tight small">
          {project.animals.map((animal) => (
            <span key={animal.id} class="row tight">
              <span class="swatch" style={{ background: animal.colour }} />
              {animal.name}
            </span>
          ))}
        </span>
      }
      quality={symmetric.length > 0 ? counted(symmetric.length, "left/right pair") : "–"}
      amount={counted(keypoints.length, "keypoint")}
    />
  );
}

function LabelStage({ props, data: { project } }: HomeProps): JSX.Element {
  const frames = project.counts.labelled_frames;
  const missing = Math.max(0, ENOUGH_FRAMES - frames);
  return (
    <Stage
      name={<a href={props.urls.label}>Labels</a>}
      state={
        missing > 0 ? (
          <span class="row">
            <span class="meter fixed">
              <i style={{ width: `${(100 * frames) / ENOUGH_FRAMES}%` }} />
            </span>
            <span class="dim small">{counted(missing, "frame")} to a first training</span>
          </span>
        ) : (
          <span class="pill ok">enough to train</span>
        )
      }
      amount={counted(frames, "frame")}
    />
  );
}

const SHOWN_MODELS = 4;

function ModelStages({ props, data: { models } }: HomeProps): JSX.Element {
  if (models.length === 0) {
    return (
      <Stage name={<a href={props.urls.models}>Pose</a>} state={<span class="pill">no model yet</span>} />
    );
  }
  return (
    <>
      {models.slice(0, SHOWN_MODELS).map((model) => (
        <Stage
          key={model.id}
          name={
            <>
              Pose · <a href={modelUrl(props.urls, model.id)}>{model.name}</a>
            </>
          }
          state={<ModelPill model={model} />}
          quality={qualityOf(model)}
          amount={`from ${counted(model.snapshot.frame_count, "frame")}`}
        />
      ))}
    </>
  );
}

function qualityOf(model: Model): string {
  const test = testOf(model);
  if (!test) return "–";
  const basis = isHeldOut(model) ? "" : " (validation)";
  return `${pixels(test.mean_px)} · within 5 px ${percent(test.pck5)}${basis}`;
}
