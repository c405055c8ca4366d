import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { bodyOf } from "../../api/client";
import type { TrainingOptions } from "../../api/types";
import { Failure, useAction } from "../parts/action";
import { Choices } from "../parts/choices";
import { count, counted, percent } from "../parts/format";
import {
  type BesideChoice,
  BesideFields,
  besideOf,
  besideWords,
  type Family,
  type Given,
  unsettledWords,
  useBesideChoice,
} from "./beside";
import type { ModelsPage } from "./index";

/** What a person chose; "" where the project decides. */
export interface NetworkChoice {
  readonly family: Signal<string>;
  readonly members: Signal<number>;
  readonly backbone: Signal<string>;
  readonly beside: BesideChoice;
}

export const AUTO = "auto";

export function useNetworkChoice(): NetworkChoice {
  return {
    ...{ family: useSignal(""), members: useSignal(1), backbone: useSignal(AUTO) },
    beside: useBesideChoice(),
  };
}

/** The choice as the server takes it: what the family does not offer is left at its own. */
export function networkOf(choice: NetworkChoice, options: TrainingOptions): Network {
  const family = familyOf(choice, options);
  const offered = family?.backbones.some(({ name }) => name === choice.backbone.value) ?? false;
  return {
    family: family?.name ?? options.family,
    members: membersOf(choice, family),
    backbone: offered ? choice.backbone.value : AUTO,
    ...besideOf(choice.beside, givenOf(choice, options)),
  };
}

interface Network {
  readonly family: string;
  readonly members: number;
  readonly backbone: string;
  readonly context_frames: 0 | 2;
  readonly unlabelled: string[];
}

/** What has still to be chosen; "" where nothing has. */
export function unfinishedWords(choice: NetworkChoice, options: TrainingOptions): string {
  return unsettledWords(choice.beside, givenOf(choice, options));
}

function givenOf(choice: NetworkChoice, options: TrainingOptions): Given {
  const family = familyOf(choice, options);
  return { family, members: membersOf(choice, family), options };
}

function membersOf(choice: NetworkChoice, family: Family | undefined): number {
  return Math.min(choice.members.value, family?.most_members ?? 1);
}

/** "Two stages, 3 networks": what is trained, while the choice is folded away. */
export function networkWords(choice: NetworkChoice, options: TrainingOptions): string {
  const { members } = networkOf(choice, options);
  const title = familyOf(choice, options)?.title ?? "";
  const several = members === 1 ? "" : `, ${members} networks`;
  return `${title}${several}${besideWords(choice.beside, givenOf(choice, options))}`;
}

function familyOf({ family }: NetworkChoice, options: TrainingOptions): Family | undefined {
  const named = options.families.find(({ name, misfit }) => name === family.value && !misfit);
  return named ?? options.families.find(({ name }) => name === options.family);
}

/** Whether looks tell the animals of this project apart: it decides what can find them. */
export function AnimalsQuestion({
  api,
  props,
  refresh,
  options,
}: ModelsPage & { readonly options: TrainingOptions }): JSX.Element | null {
  const action = useAction();
  const said = options.animals_look_alike ? "alike" : "different";
  const shown = useSignal<"alike" | "different">(said);
  if (options.animals < 2) return null;
  if (!action.busy.value) shown.value = said;
  const tell = (key: "alike" | "different") =>
    void action.run(async () => {
      await bodyOf(
        api.PATCH("/api/v1/projects/{project_id}", {
          params: { path: { project_id: props.projectId } },
          body: { animals_look_alike: key === "alike" },
        }),
      );
      await refresh();
    });
  return (
    <>
      <Choices
        name="look"
        legend={`Your ${options.animals} animals`}
        options={[
          {
            key: "different",
            name: "Look different",
            hint: "By coat, size or a mark: the model says who is who.",
          },
          {
            key: "alike",
            name: "Look alike",
            hint: "The model finds all of them, without saying who is who.",
          },
        ]}
        of={shown}
        onChange={tell}
      />
      <Failure of={action.error} />
    </>
  );
}

/** Family, how many networks, what they stand on, and what they see beside labelled frames. */
export function NetworkFields({
  choice,
  options,
}: {
  readonly choice: NetworkChoice;
  readonly options: TrainingOptions;
}): JSX.Element {
  const family = familyOf(choice, options);
  const chosen = networkOf(choice, options);
  const shown = useSignal(chosen.family);
  shown.value = chosen.family;
  const backbones = family?.backbones ?? [];
  const backbone = backbones.find(({ name }) => name === chosen.backbone) ?? backbones[0];
  return (
    <>
      <Choices
        wide
        name="family"
        legend="Family: how the keypoints are found"
        options={options.families.map(({ name, title, summary, misfit }) => ({
          key: name,
          name: title,
          hint: summary,
          misfit,
        }))}
        of={shown}
        onChange={(name) => {
          choice.family.value = name;
        }}
      />
      <div class="fields pair">
        <div class="field">
          <label for="train-members">Networks that answer together</label>
          <select
            id="train-members"
            aria-describedby="train-members-cost"
            value={String(chosen.members)}
            disabled={family?.most_members === 1}
            onChange={(event) => {
              choice.members.value = Number(event.currentTarget.value);
            }}
          >
            {options.members.map(({ members }) => (
              <option key={members} value={String(members)}>
                {members}
              </option>
            ))}
          </select>
          <span class="hint" id="train-members-cost">
            {family?.most_members === 1
              ? "This family is trained as one network."
              : costWords(options, chosen.members)}
          </span>
        </div>
        {backbone && (
          <div class="field">
            <label for="train-backbone">Backbone: the network that looks at the picture</label>
            <select
              id="train-backbone"
              aria-describedby="train-backbone-words"
              value={backbone.name}
              onChange={(event) => {
                choice.backbone.value = event.currentTarget.value;
              }}
            >
              {backbones.map(({ name, title }) => (
                <option key={name} value={name}>
                  {title}
                </option>
              ))}
            </select>
            <span class="hint" id="train-backbone-words">
              {backbone.summary}
            </span>
          </div>
        )}
      </div>
      <BesideFields choice={choice.beside} given={givenOf(choice, options)} />
    </>
  );
}

/** What so many networks cost, and what they bring. */
export function costWords(options: TrainingOptions, members: number): string {
  const cost = options.members.find((one) => one.members === members);
  if (!cost || members === 1)
    return "One is the quickest. Several agree on each answer, and where they disagree they are less confident.";
  return (
    `Training and running it take about ${count(cost.times)} times as long. Each network learns from ` +
    `${percent(cost.share_seen)} of the labels, and its confidence is checked on the rest; ` +
    `${counted(cost.frames_needed, "labelled frame")} are needed.`
  );
}
