import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { wordsOf } from "../../api/problem";
import { MAX_SPEED, MIN_SPEED } from "../../player/player";
import { formatViewpoint, type Layers, type Preset } from "../../scene";
import { Icon } from "../studio/icons";
import { timeWords } from "../studio/words";
import type { Desk } from "./desk";

const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4].filter((speed) => speed >= MIN_SPEED && speed <= MAX_SPEED);
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

/** Play, step, speed, and the time on screen. */
export function Transport({ desk }: { readonly desk: Desk }): JSX.Element {
  const { player } = desk;
  const tick = desk.target.value;
  const playing = desk.playing.value;
  return (
    <div class="st-transport">
      <div class="st-group">
        <StepButton desk={desk} ticks={-10} icon="back10" label="Ten ticks back" keys="<" />
        <StepButton desk={desk} ticks={-1} icon="back" label="One tick back" keys="," />
        <button
          type="button"
          class="st-button icon primary"
          aria-label={playing ? "Pause" : "Play"}
          title={`${playing ? "Pause" : "Play"} (Space)`}
          onClick={() => player.toggle()}
        >
          <Icon name={playing ? "pause" : "play"} />
        </button>
        <StepButton desk={desk} ticks={1} icon="forward" label="One tick on" keys="." />
        <StepButton desk={desk} ticks={10} icon="forward10" label="Ten ticks on" keys=">" />
      </div>
      <label class="sp-tick">
        <span class="dim">tick</span>
        <input
          type="number"
          class="st-input"
          min={0}
          max={player.ticks - 1}
          value={tick}
          aria-label="Tick"
          onChange={(event) => player.seek(event.currentTarget.valueAsNumber || 0)}
        />
        <span class="dim">
          of {player.ticks} · {timeWords(tick / player.fps)}
        </span>
      </label>
      <select
        class="st-select small"
        aria-label="Speed"
        onChange={(event) => player.setSpeed(Number(event.currentTarget.value))}
      >
        {SPEEDS.map((speed) => (
          <option key={speed} value={speed} selected={speed === 1}>
            {speed} ×
          </option>
        ))}
      </select>
    </div>
  );
}

interface StepProps {
  readonly desk: Desk;
  readonly ticks: number;
  readonly icon: string;
  readonly label: string;
  readonly keys: string;
}

function StepButton({ desk, ticks, icon, label, keys }: StepProps): JSX.Element {
  return (
    <button
      type="button"
      class="st-button icon"
      aria-label={label}
      title={`${label} (${keys})`}
      onClick={() => desk.player.step(ticks)}
    >
      <Icon name={icon} />
    </button>
  );
}

/** From where the scene is looked at, what is drawn, and pictures of it to keep. */
export function SceneTools({ desk }: { readonly desk: Desk }): JSX.Element {
  const filming = useSignal(false);
  const said = useSignal("");
  const keep = (make: () => Promise<Blob>, name: string): void => {
    filming.value = true;
    make()
      .then((blob) => download(blob, name))
      .catch((error: unknown) => desk.note("bad", wordsOf(error)))
      .finally(() => {
        filming.value = false;
      });
  };
  const file = `reconstruction-${desk.space.reconstruction.id}-tick-${desk.target.value}`;
  return (
    <div class="sp-tools">
      <select
        class="st-select small"
        aria-label="Viewpoint"
        value=""
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
      <select
        class="st-select small"
        aria-label="Follow an animal"
        onChange={(event) => desk.scene?.follow(event.currentTarget.value || null)}
      >
        <option value="">Follow nobody</option>
        {desk.space.individuals.map(({ name }) => (
          <option key={name} value={name}>
            Follow {name}
          </option>
        ))}
      </select>
      <details class="sp-layers">
        <summary class="st-button small">Layers</summary>
        <fieldset>
          <legend class="visually-hidden">What is drawn</legend>
          {LAYERS.map(([layer, words]) => (
            <label key={layer}>
              <input
                type="checkbox"
                defaultChecked
                onChange={(event) => desk.scene?.show({ [layer]: event.currentTarget.checked })}
              />
              {words}
            </label>
          ))}
        </fieldset>
      </details>
      <button
        type="button"
        class="st-button small"
        disabled={filming.value}
        onClick={() =>
          desk.scene && keep(() => (desk.scene as NonNullable<Desk["scene"]>).snapshot(), `${file}.png`)
        }
      >
        Picture
      </button>
      <button
        type="button"
        class="st-button small"
        disabled={filming.value}
        title="A film of one turn around the scene at this tick"
        onClick={() =>
          desk.scene && keep(() => (desk.scene as NonNullable<Desk["scene"]>).turntable(), `${file}.mp4`)
        }
      >
        {filming.value ? "Filming …" : "Turntable"}
      </button>
      <button
        type="button"
        class="st-button small"
        onClick={() => {
          const address = addressOf(desk);
          history.replaceState(null, "", address);
          navigator.clipboard
            ?.writeText(new URL(address, location.href).href)
            .then(() => {
              said.value = "Copied";
            })
            .catch(() => {
              said.value = "Copy it from the address bar";
            });
        }}
      >
        {said.value || "Link to this"}
      </button>
    </div>
  );
}

/** The address that opens this very tick from this viewpoint. */
export function addressOf(desk: Desk): string {
  const query = new URLSearchParams({ tick: String(desk.target.peek()) });
  if (desk.scene !== null) query.set("from", formatViewpoint(desk.scene.viewpoint));
  return `?${query}`;
}

function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
