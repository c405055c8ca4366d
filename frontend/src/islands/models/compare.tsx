import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { bodyOf } from "../../api/client";
import type { Comparison, Model } from "../../api/types";
import { Failure, useAction } from "../parts/action";
import { isHeldOut } from "../parts/model";
import { Compared } from "./compared";
import type { ModelsData, ModelsPage } from "./index";

type Ids = readonly [number, number];

/** Choose two models; what they say on the frames held out from both is shown below. */
export function CompareModels(page: ModelsPage & { readonly data: ModelsData }): JSX.Element | null {
  const models = page.data.models.filter((model) => model.state === "ready" && isHeldOut(model));
  const asked = idsOf(window.location.search, models);
  const [newest, before] = models;
  const first = useSignal(asked?.[0] ?? before?.id ?? 0);
  const second = useSignal(asked?.[1] ?? newest?.id ?? 0);
  const found = useSignal<Comparison | null>(null);
  const action = useAction();
  const compare = () =>
    action.run(async () => {
      found.value = null;
      const ids: Ids = [first.value, second.value];
      found.value = await bodyOf(
        page.api.GET("/api/v1/models/{model_id}/comparison", {
          params: { path: { model_id: ids[0] }, query: { other: ids[1] } },
        }),
      );
      window.history.replaceState(null, "", `?compare=${ids.join(",")}`);
    });
  useEffect(() => {
    if (asked) void compare();
  }, []);
  if (models.length === 0) return null;
  return (
    <section class="card stack tight">
      <div class="card-head">
        <h2>Compare two models</h2>
        <span class="dim small">On the labelled frames that were held out from both.</span>
      </div>
      {models.length === 1 ? (
        <p class="dim">One model has a held-out error so far. Train a second one to compare them.</p>
      ) : (
        <form
          class="row"
          onSubmit={(event) => {
            event.preventDefault();
            void compare();
          }}
        >
          <Choice name="One model" of={first} models={models} />
          <Choice name="Other model" of={second} models={models} />
          <button type="submit" class="btn" disabled={action.busy.value || first.value === second.value}>
            {action.busy.value ? "Comparing …" : "Compare"}
          </button>
          {first.value === second.value && <span class="dim small">Choose two different models.</span>}
        </form>
      )}
      <Failure of={action.error} />
      {found.value && <Compared comparison={found.value} props={page.props} data={page.data} />}
    </section>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly of: Signal<number>;
  readonly models: readonly Model[];
}

function Choice({ name, of, models }: ChoiceProps): JSX.Element {
  return (
    <label class="field inline">
      <span>{name}</span>
      <select
        value={of.value}
        onChange={(event) => {
          of.value = Number(event.currentTarget.value);
        }}
      >
        {models.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** "?compare=3,5": the two models that an address asks for, where both can be compared. */
export function idsOf(search: string, models: readonly Pick<Model, "id">[]): Ids | null {
  const [first, second, ...more] = (new URLSearchParams(search).get("compare") ?? "").split(",").map(Number);
  if (first === undefined || second === undefined || first === second || more.length > 0) return null;
  return [first, second].every((id) => models.some((model) => model.id === id)) ? [first, second] : null;
}
