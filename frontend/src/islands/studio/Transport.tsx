import { useEffect, useRef } from "preact/hooks";
import { MAX_SPEED, MIN_SPEED } from "../../player/player";
import { wireThemeSwitch } from "../../theme";
import type { Studio } from "./controller";
import { Icon } from "./icons";
import type { Command } from "./keys";
import { Timeline } from "./Timeline";
import { timeWords } from "./words";

const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4].filter((speed) => speed >= MIN_SPEED && speed <= MAX_SPEED);

interface ButtonProps {
  readonly studio: Studio;
  readonly command: Command;
  readonly icon: string;
  readonly label: string;
  readonly keys: string;
}

function CommandButton({ studio, command, icon, label, keys }: ButtonProps) {
  return (
    <button
      type="button"
      class="st-button icon"
      aria-label={label}
      title={`${label} (${keys})`}
      onClick={() => studio.run(command)}
    >
      <Icon name={icon} />
    </button>
  );
}

function SourceChoice({ studio }: { studio: Studio }) {
  const { sourceKind, webCodecsUsable } = studio.state.active.value;
  const why =
    "Frames are decoded here where the page is on HTTPS or localhost and the browser knows the format.";
  return (
    <select
      class="st-select small"
      aria-label="Where frames come from"
      title={why}
      data-testid="source-choice"
      value={sourceKind.value}
      onChange={(event) =>
        studio.setSource(event.currentTarget.value === "webcodecs" ? "webcodecs" : "images")
      }
    >
      <option value="webcodecs" disabled={!webCodecsUsable.value}>
        video
      </option>
      <option value="images">pictures</option>
    </select>
  );
}

/** The bar of the other pages carries it; the studio has none. */
function ThemeSwitch() {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (button.current) wireThemeSwitch(document, button.current);
  }, []);
  return <button ref={button} type="button" class="st-button small" data-testid="theme-switch" />;
}

export function Transport({ studio }: { studio: Studio }) {
  const { state } = studio;
  const playing = state.playing.value;
  const unit = state.byTick ? "tick" : "frame";
  return (
    <footer class="st-footer">
      <div class="st-transport">
        <div class="st-group">
          <CommandButton
            studio={studio}
            command={{ do: "step", frames: -10 }}
            icon="back10"
            label={`Ten ${unit}s back`}
            keys="<"
          />
          <CommandButton
            studio={studio}
            command={{ do: "step", frames: -1 }}
            icon="back"
            label={`One ${unit} back`}
            keys=","
          />
          <button
            type="button"
            class="st-button icon"
            aria-label={playing ? "Pause" : "Play"}
            title={`${playing ? "Pause" : "Play"} (Space)`}
            data-testid="play"
            onClick={() => studio.toggle()}
          >
            <Icon name={playing ? "pause" : "play"} />
          </button>
          <CommandButton
            studio={studio}
            command={{ do: "step", frames: 1 }}
            icon="forward"
            label={`One ${unit} forward`}
            keys="."
          />
          <CommandButton
            studio={studio}
            command={{ do: "step", frames: 10 }}
            icon="forward10"
            label={`Ten ${unit}s forward`}
            keys=">"
          />
        </div>
        <div class="st-transport-more">
          <span class="st-time">{timeWords(state.target.value / state.recording.fps, true)}</span>
          <select
            class="st-select small"
            aria-label="Speed"
            value={String(state.speed.value)}
            onChange={(event) => studio.setSpeed(Number(event.currentTarget.value))}
          >
            {SPEEDS.map((speed) => (
              <option key={speed} value={String(speed)}>
                {speed}×
              </option>
            ))}
          </select>
          <SourceChoice studio={studio} />
          <ThemeSwitch />
        </div>
      </div>
      <Timeline studio={studio} />
      <div class="st-legend dim">
        <span>
          <i class="labelled" /> labelled
        </span>
        <span>
          <i class="suggested" /> suggested
        </span>
        {state.views.length > 1 && <span>faint: in other views</span>}
        {state.resultId.value !== null && (
          <>
            <span>
              <i class="doubtful" /> doubtful
            </span>
            <span>bar strength = confidence</span>
          </>
        )}
      </div>
    </footer>
  );
}
