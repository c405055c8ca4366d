import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { type Adjustment, isNeutral, NO_ADJUSTMENT, transferTable } from "../../canvas/adjust";
import type { SourceKind } from "../../player/types";
import type { Studio } from "./controller";
import { Icon } from "./icons";
import type { Command } from "./keys";

const FILTER_ID = "st-adjust";

/** The adjustment as an SVG filter: CSS applies it on the way to the screen, the canvas keeps the true pixels. */
function AdjustFilter({ adjustment }: { adjustment: Adjustment }) {
  const table = transferTable(adjustment)
    .map((value) => value.toFixed(4))
    .join(" ");
  return (
    <svg class="st-hidden" aria-hidden="true">
      <filter id={FILTER_ID} color-interpolation-filters="sRGB">
        <feComponentTransfer>
          <feFuncR type="table" tableValues={table} />
          <feFuncG type="table" tableValues={table} />
          <feFuncB type="table" tableValues={table} />
        </feComponentTransfer>
      </filter>
    </svg>
  );
}

interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
  readonly onInput: (value: number) => void;
}

function Slider({ label, value, least, most, onInput }: SliderProps) {
  return (
    <label class="st-slider">
      <span>{label}</span>
      <output>{value.toFixed(2)}</output>
      <input
        type="range"
        min={least}
        max={most}
        step="0.01"
        value={value}
        onInput={(event) => onInput(Number(event.currentTarget.value))}
      />
    </label>
  );
}

/** Zoom and adjustment as one tag; pressed, it opens the sliders. */
function PictureTag({ studio }: { studio: Studio }) {
  const { view, adjustment } = studio.state;
  const open = useSignal(false);
  const { brightness, contrast, gamma } = adjustment.value;
  const change = (part: Partial<Adjustment>): void => studio.setAdjustment({ ...adjustment.value, ...part });
  return (
    <div class="st-tag-right">
      <button
        type="button"
        class="st-tag"
        aria-expanded={open.value}
        title="Zoom; press for brightness, contrast and gamma of this video"
        onClick={() => {
          open.value = !open.value;
        }}
      >
        {Math.round(view.value.scale * 100)} %{gamma !== 1 && ` · γ ${gamma.toFixed(1)}`}
        {(brightness !== 0 || contrast !== 1) && " · ◐"}
      </button>
      {open.value && (
        <div class="st-popover">
          <Slider
            label="Brightness"
            value={brightness}
            least={-0.6}
            most={0.6}
            onInput={(v) => change({ brightness: v })}
          />
          <Slider
            label="Contrast"
            value={contrast}
            least={0.4}
            most={3}
            onInput={(v) => change({ contrast: v })}
          />
          <Slider label="Gamma" value={gamma} least={0.4} most={3} onInput={(v) => change({ gamma: v })} />
          <p class="dim">For the eyes alone: labels and models see the picture as it is.</p>
          <button
            type="button"
            class="st-button"
            disabled={isNeutral(adjustment.value)}
            onClick={() => studio.setAdjustment(NO_ADJUSTMENT)}
          >
            Reset
          </button>
        </div>
      )}
    </div>
  );
}

interface ToolProps {
  readonly studio: Studio;
  readonly command: Command;
  readonly icon: string;
  readonly label: string;
  readonly pressed?: boolean;
}

function Tool({ studio, command, icon, label, pressed }: ToolProps) {
  return (
    <button
      type="button"
      class="st-tool"
      title={label}
      aria-label={label}
      aria-pressed={pressed}
      onClick={() => studio.run(command)}
    >
      <Icon name={icon} />
    </button>
  );
}

function Tools({ studio }: { studio: Studio }) {
  const { loupe, showNames, showPredictions, resultId } = studio.state;
  return (
    <div class="st-tools" role="toolbar" aria-label="Picture">
      <Tool studio={studio} command={{ do: "zoom-in" }} icon="plus" label="Zoom in (+)" />
      <Tool studio={studio} command={{ do: "zoom-out" }} icon="minus" label="Zoom out (−)" />
      <Tool studio={studio} command={{ do: "fit" }} icon="fit" label="Fit into the window (F)" />
      <Tool studio={studio} command={{ do: "loupe" }} icon="loupe" label="Loupe (L)" pressed={loupe.value} />
      <Tool
        studio={studio}
        command={{ do: "names" }}
        icon="names"
        label="Names (K)"
        pressed={showNames.value}
      />
      {resultId.value !== null && (
        <Tool
          studio={studio}
          command={{ do: "predictions" }}
          icon="ghost"
          label="Predictions (O)"
          pressed={showPredictions.value}
        />
      )}
    </div>
  );
}

export interface PictureProps {
  readonly studio: Studio;
  readonly root: HTMLElement;
  readonly kind: SourceKind;
  readonly frame: number;
}

export function Picture({ studio, root, kind, frame }: PictureProps) {
  const { video, adjustment, project, armed, loupeShown, loupeAside, aiming } = studio.state;
  const surface = useRef<HTMLDivElement>(null);
  const videoCanvas = useRef<HTMLCanvasElement>(null);
  const overlayCanvas = useRef<HTMLCanvasElement>(null);
  const loupeCanvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const elements = [
      surface.current,
      videoCanvas.current,
      overlayCanvas.current,
      loupeCanvas.current,
    ] as const;
    const [board, below, above, loupe] = elements;
    if (board === null || below === null || above === null || loupe === null) return;
    studio.attach({ root, video: below, overlay: above, loupe }, board, kind, frame);
    board.focus({ preventScroll: true });
  }, []);
  const filter = isNeutral(adjustment.value) ? undefined : `url(#${FILTER_ID})`;
  const next = armed.value === null ? "" : (project.skeleton.names[armed.value] ?? "");
  return (
    <section class="st-picture" aria-label="Video">
      <div
        ref={surface}
        class="st-surface"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: an application region takes the keyboard itself
        tabIndex={0}
        role="application"
        aria-label={`Frame with labels. ${next === "" ? "No keypoint armed." : `Armed: ${next}.`} Escape leaves the picture.`}
        data-testid="surface"
      >
        <canvas ref={videoCanvas} data-testid="video-canvas" style={{ filter }} />
        <canvas ref={overlayCanvas} data-testid="overlay-canvas" />
        <span class="st-middle" hidden={!aiming.value} />
      </div>
      <div class={loupeAside.value ? "st-loupe aside" : "st-loupe"} hidden={!loupeShown.value}>
        <canvas ref={loupeCanvas} style={{ filter }} />
      </div>
      <span class="st-tag st-tag-left">{video.view}</span>
      <PictureTag studio={studio} />
      <Tools studio={studio} />
      <AdjustFilter adjustment={adjustment.value} />
    </section>
  );
}
