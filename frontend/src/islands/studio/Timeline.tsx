import { useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { onDensityChange } from "../../canvas/density";
import type { Studio } from "./controller";
import { doubtWords } from "./Doubtful";
import type { Doubt } from "./model";
import { paintTimeline, type TimelineColours, tickOfX, timelineHeight } from "./timelinePaint";
import { timeWords } from "./words";

const MOST_BANDS = 4;
const PAGE_TICKS = 10;
const DOUBT_REACH_PX = 2;

function coloursOf(element: Element): TimelineColours {
  const style = getComputedStyle(element);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  return {
    line: read("--line-strong"),
    dim: read("--dim"),
    ok: read("--st-labelled"),
    warn: read("--warn"),
    accent: read("--accent"),
    bad: read("--bad"),
  };
}

/** Doubtful stretches of the active view, each by the ticks that show its frames. */
function doubtfulTicks({ state }: Studio): { ticks: { first: number; last: number }; doubt: Doubt }[] {
  const { active, recording } = state;
  const { name, doubts } = active.value;
  const at = (frame: number): number => recording.table.tickNear(name, frame);
  return (doubts.value?.stretches ?? []).map((doubt) => ({
    ticks: { first: at(doubt.first), last: at(doubt.last) },
    doubt,
  }));
}

/**
 * The whole recording on one line: drag to scrub. Where the person is moves over the picture, which is painted anew only
 * where something else has changed.
 */
export function Timeline({ studio }: { studio: Studio }) {
  const { state } = studio;
  const canvas = useRef<HTMLCanvasElement>(null);

  const paint = (): void => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context) return;
    const width = element.parentElement?.clientWidth ?? 0;
    void state.predictionsVersion.value;
    const bands = state.project.animals.slice(0, MOST_BANDS).flatMap((animal) => {
      const confidence = studio.confidenceOf(animal);
      return confidence === undefined ? [] : [{ colour: animal.colour, confidence }];
    });
    const height = timelineHeight(bands.length);
    const pixels = [Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio)] as const;
    if (element.width !== pixels[0] || element.height !== pixels[1]) [element.width, element.height] = pixels;
    element.style.height = `${height}px`;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    const active = state.active.value;
    const others = state.views.filter((view) => view !== active);
    const content = {
      ticks: state.ticks,
      fps: state.recording.fps,
      labelled: state.labelledTicks(active),
      suggested: state.suggestedTicks(active),
      labelledElsewhere: new Set(others.flatMap((view) => state.labelledTicks(view))),
      suggestedElsewhere: new Set(others.flatMap((view) => state.suggestedTicks(view))),
      doubts: doubtfulTicks(studio).map(({ ticks, doubt }) => ({ ...ticks, severity: doubt.severity })),
      bands,
    };
    paintTimeline(context, width, content, coloursOf(element));
  };
  useSignalEffect(paint);
  useEffect(() => {
    const observer = new ResizeObserver(paint);
    if (canvas.current?.parentElement) observer.observe(canvas.current.parentElement);
    const end = new AbortController();
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", paint, { signal: end.signal });
    onDensityChange(paint, end.signal);
    const theme = new MutationObserver(paint);
    theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      observer.disconnect();
      theme.disconnect();
      end.abort();
    };
  }, []);

  /** What is doubtful under the pointer, in the words that the browser shows. */
  const tell = (event: PointerEvent & { currentTarget: HTMLElement }): void => {
    const box = event.currentTarget.getBoundingClientRect();
    const near = Math.ceil((DOUBT_REACH_PX * state.ticks) / Math.max(1, box.width));
    const tick = tickOfX(event.clientX - box.left, state.ticks, box.width);
    const found = doubtfulTicks(studio).find(
      ({ ticks }) => ticks.first - near <= tick && tick <= ticks.last + near,
    );
    event.currentTarget.title = found === undefined ? "" : doubtWords(found.doubt);
  };
  const follow = (event: PointerEvent & { currentTarget: HTMLElement }): void => {
    const box = event.currentTarget.getBoundingClientRect();
    studio.scrub(tickOfX(event.clientX - box.left, state.ticks, box.width));
  };
  const keyed = (event: KeyboardEvent): void => {
    const last = state.ticks - 1;
    const target = state.target.value;
    const goal: Readonly<Record<string, number>> = {
      ArrowLeft: target - 1,
      ArrowDown: target - 1,
      ArrowRight: target + 1,
      ArrowUp: target + 1,
      PageDown: target - PAGE_TICKS,
      PageUp: target + PAGE_TICKS,
      Home: 0,
      End: last,
    };
    const tick = goal[event.key];
    if (tick === undefined) return;
    event.preventDefault();
    studio.goTo(tick);
  };
  const target = state.target.value;
  const unit = state.byTick ? "tick" : "frame";
  return (
    <div
      class="st-timeline"
      role="slider"
      tabIndex={0}
      aria-label={state.byTick ? "Tick" : "Frame"}
      aria-valuemin={0}
      aria-valuemax={state.ticks - 1}
      aria-valuenow={target}
      aria-valuetext={`${unit} ${target}, ${timeWords(target / state.recording.fps, true)}`}
      data-testid="timeline"
      onKeyDown={keyed}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        follow(event);
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) follow(event);
        else tell(event);
      }}
    >
      <span class="st-here" style={{ left: `${(100 * target) / state.ticks}%`, "--ticks": state.ticks }} />
      <canvas ref={canvas} />
    </div>
  );
}
