import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { wordsOf } from "../../api/problem";
import { type Layers, type Preset, SCENE_KEYS, type Scene3D } from "../../scene";
import { addressOf } from "./address";
import type { Desk } from "./desk";
import { PAGE_KEYS } from "./keys";

/** How long the button says what became of the link. */
const SAID_MS = 4_000;
/** Of what opens over the scene only one is open at a time: the browser sees to it by the name. */
const PANEL = "sp-panel";
const PRESETS: readonly (readonly [Preset, string])[] = [
  ["home", "Whole floor"],
  ["rig", "All cameras"],
  ["top", "From above"],
  ["front", "From the front"],
  ["side", "From the side"],
];
const LAYERS: readonly (readonly [keyof Layers, string])[] = [
  ["bones", "Bones"],
  ["trails", "Trails"],
  ["sigma", "Uncertainty"],
  ["cameras", "Cameras"],
  ["images", "Camera images"],
  ["floor", "Floor"],
];

/** From where the scene is looked at, what is drawn, and pictures of it to keep. */
export function SceneTools({ desk }: { readonly desk: Desk }): JSX.Element {
  return (
    <div class="sp-tools">
      <ViewpointChoice desk={desk} />
      <FollowChoice desk={desk} />
      <LayerChoice desk={desk} />
      <Captures desk={desk} />
      <LinkButton desk={desk} />
      <KeyHelp />
    </div>
  );
}

interface Tool {
  readonly desk: Desk;
}

function ViewpointChoice({ desk }: Tool): JSX.Element {
  return (
    <select
      class="st-select small"
      aria-label="Viewpoint"
      value=""
      disabled={desk.scene === null}
      onChange={(event) => {
        const chosen = event.currentTarget.value;
        event.currentTarget.value = "";
        if (chosen.startsWith("camera:")) desk.scene?.lookThrough(chosen.slice("camera:".length));
        else desk.scene?.preset(chosen as Preset);
      }}
    >
      <option value="" disabled>
        Viewpoint …
      </option>
      {PRESETS.map(([preset, words]) => (
        <option key={preset} value={preset}>
          {words}
        </option>
      ))}
      {desk.space.cameras.map(({ name }) => (
        <option key={name} value={`camera:${name}`}>
          As {name} sees it
        </option>
      ))}
    </select>
  );
}

/** Says whom the scene follows, whoever asked it to: this choice, a key, or the address. */
function FollowChoice({ desk }: Tool): JSX.Element {
  const viewpoint = desk.look.viewpoint.value;
  const followed = viewpoint?.kind === "orbit" ? (viewpoint.follow ?? "") : "";
  return (
    <select
      class="st-select small"
      aria-label="Follow an animal"
      value={followed}
      disabled={desk.scene === null}
      onChange={(event) => desk.scene?.follow(event.currentTarget.value || null)}
    >
      <option value="">Follow nobody</option>
      {desk.space.individuals.map(({ name }) => (
        <option key={name} value={name}>
          Follow {name}
        </option>
      ))}
    </select>
  );
}

function LayerChoice({ desk }: Tool): JSX.Element {
  const layers = desk.look.layers.value;
  return (
    <details class="sp-panel" name={PANEL}>
      <summary class="st-button small">Layers</summary>
      <fieldset disabled={desk.look.absence.value !== ""}>
        <legend class="visually-hidden">What is drawn</legend>
        {LAYERS.map(([layer, words]) => (
          <label key={layer}>
            <input
              type="checkbox"
              checked={layers[layer]}
              onChange={(event) => desk.look.show({ [layer]: event.currentTarget.checked })}
            />
            {words}
          </label>
        ))}
      </fieldset>
    </details>
  );
}

function Captures({ desk }: Tool): JSX.Element {
  const filming = useSignal(false);
  const keep = (make: (scene: Scene3D) => Promise<Blob>, ending: string): void => {
    const { scene } = desk;
    if (scene === null) return;
    const file = `reconstruction-${desk.space.reconstruction.id}-tick-${scene.shownTick ?? 0}.${ending}`;
    filming.value = true;
    make(scene)
      .then((blob) => download(blob, file))
      .catch((error: unknown) => desk.note("bad", wordsOf(error)))
      .finally(() => {
        filming.value = false;
      });
  };
  const disabled = filming.value || desk.scene === null;
  return (
    <>
      <button
        type="button"
        class="st-button small"
        disabled={disabled}
        onClick={() => keep((scene) => scene.snapshot(), "png")}
      >
        Picture
      </button>
      <button
        type="button"
        class="st-button small"
        disabled={disabled}
        title="A film of one turn around the scene at this tick"
        onClick={() => keep((scene) => scene.turntable(), "mp4")}
      >
        {filming.value ? "Filming …" : "Turntable"}
      </button>
    </>
  );
}

function LinkButton({ desk }: Tool): JSX.Element {
  const said = useSignal("");
  const tell = (words: string): void => {
    said.value = words;
    setTimeout(() => {
      said.value = "";
    }, SAID_MS);
  };
  const copy = async (): Promise<void> => {
    const address = addressOf(desk);
    history.replaceState(null, "", address);
    try {
      // Browsers give no clipboard to pages on plain HTTP.
      if (navigator.clipboard === undefined) throw new Error("no clipboard");
      await navigator.clipboard.writeText(new URL(address, location.href).href);
      tell("Copied");
    } catch {
      tell("Copy it from the address bar");
    }
  };
  return (
    <button type="button" class="st-button small" onClick={() => void copy()}>
      {said.value || "Link to this"}
    </button>
  );
}

function KeyHelp(): JSX.Element {
  return (
    <details class="sp-panel end" name={PANEL}>
      <summary class="st-button small">Keys</summary>
      <fieldset>
        <legend class="visually-hidden">Keys</legend>
        <KeyList of="On the page" keys={PAGE_KEYS} />
        <KeyList of="On the scene, once it was clicked" keys={SCENE_KEYS} />
      </fieldset>
    </details>
  );
}

function KeyList({
  of,
  keys,
}: {
  readonly of: string;
  readonly keys: readonly (readonly [keys: string, what: string])[];
}): JSX.Element {
  return (
    <>
      <b class="small">{of}</b>
      <dl class="sp-keys small">
        {keys.map(([key, what]) => [
          <dt key={key}>
            <kbd>{key}</kbd>
          </dt>,
          <dd key={what}>{what}</dd>,
        ])}
      </dl>
    </>
  );
}

function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
