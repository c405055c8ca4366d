import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { TrainingOptions } from "../../api/types";
import { Choices } from "../parts/choices";
import { counted } from "../parts/format";
import { ticking, VideoChoice } from "./videoChoice";

export type Family = TrainingOptions["families"][number];
export type Beside = "nothing" | "around" | "videos";

/** What a person chose; videos are null until one is ticked or unticked. */
export interface BesideChoice {
  readonly what: Signal<Beside>;
  readonly videos: Signal<readonly string[] | null>;
}

/** What else is chosen, on which the choice depends. */
export interface Given {
  readonly family: Family | undefined;
  readonly members: number;
  readonly options: TrainingOptions;
}

export function useBesideChoice(): BesideChoice {
  return { what: useSignal<Beside>("nothing"), videos: useSignal<readonly string[] | null>(null) };
}

/** As the server takes it; what the family cannot is left out. */
export function besideOf(
  choice: BesideChoice,
  given: Given,
): { readonly context_frames: 0 | 2; readonly unlabelled: string[] } {
  const what = possible(choice, given);
  return {
    context_frames: what === "around" ? 2 : 0,
    unlabelled: what === "videos" ? [...videosOf(choice, given.options)] : [],
  };
}

/** What has still to be done before it can be trained so; "" where nothing has. */
export function unsettledWords(choice: BesideChoice, given: Given): string {
  if (possible(choice, given) !== "videos") return "";
  const count = videosOf(choice, given.options).length;
  if (count === 0) return "Tick an unlabelled video, or choose the labelled frames alone.";
  const most = given.options.most_unlabelled;
  return count > most ? `At most ${most} unlabelled videos: untick some.` : "";
}

/** ", 3 unlabelled videos"; nothing where it sees labelled frames alone. */
export function besideWords(choice: BesideChoice, given: Given): string {
  const { context_frames, unlabelled } = besideOf(choice, given);
  if (context_frames) return `, ${context_frames} frames before and after`;
  return unlabelled.length ? `, ${counted(unlabelled.length, "unlabelled video")}` : "";
}

export function BesideFields({
  choice,
  given,
}: {
  readonly choice: BesideChoice;
  readonly given: Given;
}): JSX.Element {
  const { options } = given;
  const shown = useSignal<Beside>("nothing");
  shown.value = possible(choice, given);
  const videos = videosOf(choice, options);
  return (
    <>
      <Choices
        name="beside"
        legend="What it sees"
        options={[
          { key: "nothing", name: "Labelled frames alone", hint: "The usual choice, and the quickest." },
          {
            key: "around",
            name: "Two frames before and after as well",
            hint:
              "Finds what noise or a passing object hides for a frame or two; of little use where video is " +
              "clean. Training takes about three times as long.",
            misfit: misfit("around", given),
          },
          {
            key: "videos",
            name: "Unlabelled video as well",
            hint:
              "Short clips, also of stretches that are held out, teach it that a pose looks like one that was " +
              "labelled. Training takes about twice as long; compare it with a model without.",
            misfit: misfit("videos", given),
          },
        ]}
        of={shown}
        onChange={(what) => {
          choice.what.value = what;
        }}
      />
      {shown.value === "videos" && (
        <VideoChoice
          legend="Videos to look at without labels"
          names={options.unlabelled}
          chosen={videos}
          onChange={(name, ticked) => {
            choice.videos.value = ticking(videosOf(choice, options), name, ticked);
          }}
        />
      )}
    </>
  );
}

function possible(choice: BesideChoice, given: Given): Beside {
  return misfit(choice.what.value, given) ? "nothing" : choice.what.value;
}

/** Why it cannot be chosen; "" where it can. */
function misfit(what: Beside, { family, members, options }: Given): string {
  if (what === "around") {
    if (options.context_misfit) return options.context_misfit;
    if (!family?.temporal_context)
      return `${family?.title ?? "This family"} sees each frame alone. ${whoCan(options, "temporal_context")}`;
    return members > 1 ? "Several networks see each frame alone: choose one network." : "";
  }
  if (what === "videos") {
    if (!family?.uses_unlabelled)
      return `${family?.title ?? "This family"} learns from labels alone. ${whoCan(options, "uses_unlabelled")}`;
    return options.unlabelled.length ? "" : "No video here has frames of the size of labelled ones.";
  }
  return "";
}

function whoCan(options: TrainingOptions, what: "temporal_context" | "uses_unlabelled"): string {
  const able = options.families.filter((family) => family[what] && !family.misfit);
  return able.length
    ? `${able.map(({ title }) => title).join(", ")} can.`
    : "No family that suits this project can.";
}

/** What was ticked; before that all, or as many as are taken, evenly. */
function videosOf(choice: BesideChoice, { unlabelled, most_unlabelled }: TrainingOptions): readonly string[] {
  if (choice.videos.value) return choice.videos.value.filter((name) => unlabelled.includes(name));
  const step = Math.max(1, unlabelled.length / most_unlabelled);
  return unlabelled.filter((_, place) => Math.floor(place / step) !== Math.floor((place - 1) / step));
}
