import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { type Adjustment, isNeutral, NO_ADJUSTMENT, transferTable } from "../../canvas/adjust";
import type { Studio } from "./controller";
import { Icon } from "./icons";
import type { ViewState } from "./state";
import { Tools } from "./Tools";

/** The adjustment as an SVG filter: CSS applies it on the way to the screen, the canvas keeps the true pixels. */
function AdjustFilter({ id, adjustment }: { id: string; adjustment: Adjustment }) {
  const table = transferTable(adjustment)
    .map((value) => value.toFixed(4))
    .join(" ");
  return (
    <svg class="st-hidden" aria-hidden="true">
      <filter id={id} color-interpolation-filters="sRGB">
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

interface ViewProps {
  readonly studio: Studio;
  readonly view: ViewState;
}

/** Zoom and adjustment as one tag; pressed, it opens the sliders. */
function PictureTag({ studio, view }: ViewProps) {
  const { view: transform, adjustment } = view;
  const open = useSignal(false);
  const { brightness, contrast, gamma } = adjustment.value;
  const change = (part: Partial<Adjustment>): void =>
    studio.setAdjustment(view, { ...adjustment.value, ...part });
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
        {Math.round(transform.value.scale * 100)} %{gamma !== 1 && ` · γ ${gamma.toFixed(1)}`}
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
            onClick={() => studio.setAdjustment(view, NO_ADJUSTMENT)}
          >
            Reset
          </button>
        </div>
      )}
    </div>
  );
}

/** The name of the view, its frame, and of several views the way to make it large. */
function NameTag({ studio, view, several }: ViewProps & { readonly several: boolean }) {
  if (!several) return <span class="st-tag st-tag-left">{view.name}</span>;
  const { state } = studio;
  const frame = state.frameOf(view);
  const isLarge = state.large.value === view.name;
  return (
    <div class="st-tag-left st-name-tag">
      <button
        type="button"
        class="st-tag"
        aria-pressed={state.active.value === view}
        title={`Work in ${view.name} ([ and ] change the view)`}
        onClick={() => studio.activate(view)}
        onDblClick={() => studio.views.enlarge(view)}
      >
        {view.name}
        <span class="st-frame-tag">{frame === null ? "no frame" : frame}</span>
      </button>
      <button
        type="button"
        class="st-tag st-enlarge"
        aria-pressed={isLarge}
        aria-label={isLarge ? `All views alike` : `Show ${view.name} large`}
        title={isLarge ? "All views alike (E)" : "Show large, with the others beside it (E)"}
        onClick={() => studio.views.enlarge(view)}
      >
        <Icon name="enlarge" />
      </button>
    </div>
  );
}

export interface ViewCellProps extends ViewProps {
  /** Where it stands in the grid. */
  readonly place: Record<string, string>;
  /** There are other views beside it. */
  readonly several: boolean;
}

/** One view: the picture with its marks, and what belongs to this picture alone. */
export function ViewCell({ studio, view, place, several }: ViewCellProps) {
  const { active, project, armed } = studio.state;
  const { adjustment, loupeShown, loupeAside, aiming } = view;
  const surface = useRef<HTMLDivElement>(null);
  const videoCanvas = useRef<HTMLCanvasElement>(null);
  const overlayCanvas = useRef<HTMLCanvasElement>(null);
  const loupeCanvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const [board, video, overlay, loupe] = [
      surface.current,
      videoCanvas.current,
      overlayCanvas.current,
      loupeCanvas.current,
    ];
    if (board === null || video === null || overlay === null || loupe === null) return;
    return studio.attach(view, { surface: board, video, overlay, loupe });
  }, []);
  const isActive = active.value === view;
  const filterId = `st-adjust-${view.video.id}`;
  const filter = isNeutral(adjustment.value) ? undefined : `url(#${filterId})`;
  const next = armed.value === null ? "" : (project.skeleton.names[armed.value] ?? "");
  const armedWords = next === "" ? "No keypoint armed." : `Armed: ${next}.`;
  const of = several ? ` of ${view.name}` : "";
  return (
    <div
      class={several ? "st-cell several" : "st-cell"}
      style={place}
      data-view-name={view.name}
      data-active={isActive}
      data-source={view.sourceKind.value}
    >
      <div
        ref={surface}
        class="st-surface"
        tabIndex={isActive ? 0 : -1}
        role="application"
        aria-label={`Frame with labels${of}. ${armedWords} Escape leaves the picture.`}
        data-testid="surface"
      >
        <canvas ref={videoCanvas} data-testid="video-canvas" style={{ filter }} />
        <canvas ref={overlayCanvas} data-testid="overlay-canvas" />
        <span class="st-middle" hidden={!aiming.value} />
      </div>
      <div class={loupeAside.value ? "st-loupe aside" : "st-loupe"} hidden={!loupeShown.value}>
        <canvas ref={loupeCanvas} style={{ filter }} />
      </div>
      <NameTag studio={studio} view={view} several={several} />
      <PictureTag studio={studio} view={view} />
      {isActive && <Tools studio={studio} />}
      <AdjustFilter id={filterId} adjustment={adjustment.value} />
    </div>
  );
}
