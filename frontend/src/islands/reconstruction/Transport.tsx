import { useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { MAX_SPEED, MIN_SPEED } from "../../player/player";
import { Icon } from "../studio/icons";
import { timeWords } from "../studio/words";
import type { Desk } from "./desk";

const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4].filter((speed) => speed >= MIN_SPEED && speed <= MAX_SPEED);

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
      <div class="sp-tick">
        <span class="dim">tick</span>
        <TickField desk={desk} />
        <span class="dim">
          of {player.ticks}
          {desk.space.fps !== null && ` · ${timeWords(tick / desk.space.fps)}`}
        </span>
      </div>
      <select
        class="st-select small"
        aria-label="Speed"
        onChange={(event) => player.setSpeed(Number(event.currentTarget.value))}
      >
        {SPEEDS.map((speed) => (
          <option key={speed} value={String(speed)} selected={speed === 1}>
            {speed} ×
          </option>
        ))}
      </select>
      {desk.reconstruction.value.state === "running" && (
        <label class="sp-newest">
          <input
            type="checkbox"
            checked={desk.newest.value}
            onChange={(event) => desk.setNewest(event.currentTarget.checked)}
          />
          Newest
        </label>
      )}
    </div>
  );
}

/**
 * The tick on the screen, or what is being typed: that stays, whatever comes in meanwhile, and after the Enter key until
 * the page says that it goes there. The number of before would be drawn otherwise, and be one picture more to wait for.
 */
export function TickField({ desk }: { readonly desk: Pick<Desk, "target" | "player"> }): JSX.Element {
  const typed = useSignal<string | null>(null);
  /** What the page said when a number was entered; null where none is. */
  const before = useRef<number | null>(null);
  useSignalEffect(() => {
    const told = desk.target.value;
    if (before.current === null || before.current === told) return;
    before.current = null;
    typed.value = null;
  });
  return (
    <input
      type="number"
      class="st-input"
      min={0}
      max={desk.player.ticks - 1}
      value={typed.value ?? desk.target.value}
      aria-label="Tick"
      onInput={(event) => {
        before.current = null;
        typed.value = event.currentTarget.value;
      }}
      onChange={(event) => {
        desk.player.seek(event.currentTarget.valueAsNumber || 0);
        const told = desk.target.peek();
        if (desk.player.target === told) typed.value = null;
        else before.current = told;
      }}
      onBlur={() => {
        if (before.current === null) typed.value = null;
      }}
    />
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
