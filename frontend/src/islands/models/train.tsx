import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { bodyOf } from "../../api/client";
import type { Recording, TrainingOptions } from "../../api/types";
import { Failure, useAction } from "../parts/action";
import { Choices } from "../parts/choices";
import { counted } from "../parts/format";
import { GoOn, goOnModels, useStart, withStart } from "./goOn";
import type { ModelsData, ModelsPage } from "./index";
import {
  AnimalsQuestion,
  type NetworkChoice,
  NetworkFields,
  networkOf,
  networkWords,
  unfinishedWords,
  useNetworkChoice,
} from "./network";
import { ticking, VideoChoice } from "./videoChoice";

/** Fewer make a model that says little; the server refuses only what cannot be trained at all. */
const ENOUGH_FRAMES = 20;

const PRESETS = [
  {
    key: "default",
    name: "Default",
    hint: "four to five minutes on a processor, twice that for several animals",
  },
  { key: "fast", name: "Fast", hint: "half as long, a little less exact" },
  { key: "tiny", name: "Trial run", hint: "seconds, only to see that all works" },
] as const;

const HOLDOUTS = [
  {
    key: "last:0.2",
    name: "Last fifth of each video",
    hint: "Trains on what came before and is tested on what came after: an honest figure for new footage of the same setting.",
  },
  {
    key: "videos",
    name: "Whole videos",
    hint: "Tested on recordings that it never saw: an honest figure for new recordings.",
  },
  {
    key: "none",
    name: "Nothing",
    hint: "Every label is used. There is then no test figure, only that of the validation part.",
  },
] as const;

type Preset = (typeof PRESETS)[number]["key"];
type Holdout = (typeof HOLDOUTS)[number]["key"];

interface Choice {
  readonly name: Signal<string>;
  readonly preset: Signal<Preset>;
  readonly holdout: Signal<Holdout>;
  readonly videos: Signal<readonly string[]>;
  readonly minutes: Signal<string>;
  readonly seed: Signal<string>;
  readonly network: NetworkChoice;
}

export function TrainForm({ data, ...page }: ModelsPage & { readonly data: ModelsData }): JSX.Element {
  const { api, props, feed, refresh } = page;
  const action = useAction();
  const choice: Choice = {
    name: useSignal(""),
    preset: useSignal<Preset>("default"),
    holdout: useSignal<Holdout>("last:0.2"),
    videos: useSignal<readonly string[]>([]),
    minutes: useSignal(""),
    seed: useSignal("0"),
    network: useNetworkChoice(),
  };
  const options = withoutHeldOut(choice, data.options);
  const start = useStart();
  const models = goOnModels(data.models, data.project.skeleton.keypoints);
  if (start.value !== null && !models.some(({ id }) => id === start.value)) start.value = null; // it is gone
  const labelled = data.project.counts.labelled_frames;
  const train = (event: Event) => {
    event.preventDefault();
    void action.run(async () => {
      const started = await bodyOf(
        api.POST("/api/v1/projects/{project_id}/models", {
          params: { path: { project_id: props.projectId } },
          body: withStart(start, bodyOfChoice(choice, options)),
        }),
      );
      feed.put(started.job);
      await refresh();
      window.scrollTo({ top: 0, behavior: "smooth" });
    });
  };
  const undone = start.value === null ? undoneWords(choice, options) : "";
  return (
    <form class="card stack tight" onSubmit={train}>
      <div class="card-head">
        <h2>Train a model</h2>
        <span class="dim small">{counted(labelled, "labelled frame")} in this project</span>
      </div>
      {labelled < ENOUGH_FRAMES && (
        <p class="note warn">
          {labelled === 0
            ? "Nothing is labelled yet."
            : `Only ${counted(labelled, "frame")} labelled so far.`}{" "}
          About {ENOUGH_FRAMES} frames make a first training worthwhile.{" "}
          <a href={props.urls.label}>Label frames</a>
        </p>
      )}
      <GoOn models={models} labelled={labelled} of={start} />
      {start.value === null && (
        <>
          <Choices name="preset" legend="How long" options={PRESETS} of={choice.preset} />
          <Choices name="holdout" legend="Hold out for the test" options={HOLDOUTS} of={choice.holdout} />
          {choice.holdout.value === "videos" && (
            <VideoChoice
              legend="Videos to hold out"
              names={videoNames(data.recordings)}
              chosen={choice.videos.value}
              onChange={(name, ticked) => {
                choice.videos.value = ticking(choice.videos.value, name, ticked);
              }}
            />
          )}
        </>
      )}
      <AnimalsQuestion {...page} options={data.options} />
      <details>
        <summary>
          More {start.value === null && <span class="small">· {networkWords(choice.network, options)}</span>}
        </summary>
        <div class="stack tight">
          {start.value === null && <NetworkFields choice={choice.network} options={options} />}
          <MoreFields choice={choice} />
        </div>
      </details>
      <Failure of={action.error} />
      <div class="actions">
        <button
          type="submit"
          class="btn primary"
          disabled={action.busy.value || labelled === 0 || undone !== ""}
        >
          {action.busy.value ? "Starting …" : "Train"}
        </button>
        <span class="dim small" role="status">
          {undone || "Your labels are copied first, so you can go on labelling meanwhile."}
        </span>
      </div>
    </form>
  );
}

/** What has still to be done before this can be trained; "" where nothing has. */
function undoneWords({ holdout, videos, network }: Choice, options: TrainingOptions): string {
  if (holdout.value === "videos" && videos.value.length === 0) return "Tick the videos to hold out.";
  return unfinishedWords(network, options);
}

/** Without the videos that are held out whole: none of their pictures may be seen. */
function withoutHeldOut({ holdout, videos }: Choice, options: TrainingOptions): TrainingOptions {
  if (holdout.value !== "videos") return options;
  return { ...options, unlabelled: options.unlabelled.filter((name) => !videos.value.includes(name)) };
}

function bodyOfChoice(
  { name, preset, holdout, videos, minutes, seed, network }: Choice,
  options: TrainingOptions,
) {
  const budget = Number.parseFloat(minutes.value);
  return {
    ...networkOf(network, options),
    preset: preset.value,
    holdout: holdout.value === "videos" ? `videos:${videos.value.join(",")}` : holdout.value,
    seed: Number.parseInt(seed.value, 10) || 0,
    ...(name.value.trim() ? { name: name.value.trim() } : {}),
    ...(Number.isFinite(budget) ? { minutes: budget } : {}),
  };
}

/** Names as the label set has them: recording/view. */
function videoNames(recordings: readonly Recording[]): string[] {
  return recordings.flatMap(({ name, videos }) =>
    videos.filter(({ state }) => state === "ready").map(({ view }) => `${name}/${view}`),
  );
}

function MoreFields({ choice }: { readonly choice: Choice }): JSX.Element {
  return (
    <div class="fields pair">
      <div class="field">
        <label for="train-name">Name</label>
        <input
          id="train-name"
          placeholder="chosen for you"
          maxLength={200}
          value={choice.name.value}
          onInput={(event) => {
            choice.name.value = event.currentTarget.value;
          }}
        />
      </div>
      <div class="field">
        <label for="train-minutes">At most, minutes</label>
        <input
          id="train-minutes"
          type="number"
          min="0.1"
          max="10000"
          step="any"
          placeholder="no limit"
          value={choice.minutes.value}
          onInput={(event) => {
            choice.minutes.value = event.currentTarget.value;
          }}
        />
      </div>
      <div class="field">
        <label for="train-seed">Seed</label>
        <input
          id="train-seed"
          type="number"
          min="0"
          max="2147483647"
          value={choice.seed.value}
          onInput={(event) => {
            choice.seed.value = event.currentTarget.value;
          }}
        />
      </div>
    </div>
  );
}
