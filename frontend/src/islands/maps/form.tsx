import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { bodyOf } from "../../api/client";
import type { Result, Video } from "../../api/types";
import { Failure, useAction } from "../parts/action";
import type { MapsPage } from "./index";

/** Numbers of a pose, and of how many keypoints each is. */
export const QUANTITIES = [
  { key: "", name: "nothing more", keypoints: 0 },
  { key: "distance", name: "a distance between", keypoints: 2 },
  { key: "angle", name: "the angle at the second of", keypoints: 3 },
  { key: "bend", name: "the bend at the second of", keypoints: 3 },
  { key: "speed", name: "the speed of", keypoints: 1 },
] as const;

type Kind = (typeof QUANTITIES)[number]["key"];

/** As the server reads it, "angle:left ear,snout,right ear"; the speed of the body comes with every map. */
export function colourBy(kind: Kind, chosen: readonly string[]): string[] {
  const count = QUANTITIES.find(({ key }) => key === kind)?.keypoints ?? 0;
  return ["speed", ...(count > 0 ? [`${kind}:${chosen.slice(0, count).join(",")}`] : [])];
}

export interface Choosable {
  readonly video: Video;
  readonly result: Result;
}

/** Chooses predictions and what the map of them shows. */
export function MapForm({
  api,
  feed,
  of,
}: MapsPage & { readonly of: readonly [Choosable, ...Choosable[]] }): JSX.Element {
  const action = useAction();
  const resultId = useSignal(String(of[0].result.id));
  const clusters = useSignal("8");
  const confidence = useSignal("0.5");
  const kind = useSignal<Kind>("");
  const chosen = useSignal<readonly string[]>([]);
  const { result } = of.find((one) => String(one.result.id) === resultId.value) ?? of[0];
  const wanted = QUANTITIES.find(({ key }) => key === kind.value)?.keypoints ?? 0;
  const picked = Array.from({ length: wanted }, (_, n) => {
    const name = chosen.value[n];
    return name !== undefined && result.keypoints.includes(name) ? name : (result.keypoints[n] ?? "");
  });
  const possible = QUANTITIES.filter(({ keypoints }) => keypoints <= result.keypoints.length);
  const start = (event: Event) => {
    event.preventDefault();
    return action.run(async () => {
      const params = { path: { result_id: result.id } };
      const body = {
        clusters: Number(clusters.value),
        min_confidence: Number(confidence.value),
        colour_by: colourBy(kind.value, picked),
        seed: 0,
      };
      feed.put(await bodyOf(api.POST("/api/v1/results/{result_id}/maps", { params, body })));
    });
  };
  return (
    <form class="stack tight" onSubmit={start}>
      <div class="fields pair">
        <div class="field">
          <label for="map-result">Predictions</label>
          <select
            id="map-result"
            value={String(result.id)}
            onChange={(event) => {
              resultId.value = event.currentTarget.value;
            }}
          >
            {of.map(({ video, result: { id, model_name } }) => (
              <option key={id} value={id}>
                {video.recording_name} {video.view} by {model_name}
              </option>
            ))}
          </select>
        </div>
        <Figure id="map-clusters" label="Clusters" of={clusters} min={1} max={24} step="1" />
        <Figure id="map-confidence" label="Lowest confidence" of={confidence} min={0} max={1} step="any" />
      </div>
      <div class="row">
        <label for="map-colour">Colour also by</label>
        <select
          id="map-colour"
          class="short"
          value={kind.value}
          onChange={(event) => {
            kind.value = event.currentTarget.value as Kind;
          }}
        >
          {possible.map(({ key, name }) => (
            <option key={key} value={key}>
              {name}
            </option>
          ))}
        </select>
        {picked.map((name, n) => (
          <select
            key={n}
            class="short"
            aria-label={`Keypoint ${n + 1}`}
            value={name}
            onChange={(event) => {
              const names = [...picked];
              names[n] = event.currentTarget.value;
              chosen.value = names;
            }}
          >
            {result.keypoints.map((keypoint) => (
              <option key={keypoint} value={keypoint}>
                {keypoint}
              </option>
            ))}
          </select>
        ))}
        <button type="submit" class="btn push" disabled={action.busy.value}>
          {action.busy.value ? "Starting …" : "Map the poses"}
        </button>
      </div>
      <Failure of={action.error} />
    </form>
  );
}

function Figure({
  id,
  label,
  of,
  ...limits
}: {
  readonly id: string;
  readonly label: string;
  readonly of: Signal<string>;
  readonly min: number;
  readonly max: number;
  readonly step: string;
}): JSX.Element {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="number"
        required
        {...limits}
        value={of.value}
        onInput={(event) => {
          of.value = event.currentTarget.value;
        }}
      />
    </div>
  );
}
