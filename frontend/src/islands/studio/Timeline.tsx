import { useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { onDensityChange } from "../../canvas/density";
import type { Studio } from "./controller";
import { frameOfX, paintTimeline, type TimelineColours, timelineHeight } from "./timelinePaint";
import { timeWords } from "./words";

const MOST_BANDS = 4;
const PAGE_FRAMES = 10;

function coloursOf(element: Element): TimelineColours {
  const style = getComputedStyle(element);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  return {
    line: read("--line-strong"),
    text: read("--text"),
    dim: read("--dim"),
    ok: read("--st-labelled"),
    warn: read("--warn"),
    accent: read("--accent"),
  };
}

/** The whole recording on one line: drag to scrub. */
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
    const { frameCount, fps } = state.video;
    const content = {
      frameCount,
      fps,
      target: state.target.value,
      labelled: state.placedByFrame.value.keys(),
      suggested: state.suggestions.value.map(({ frameIndex }) => frameIndex),
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

  const follow = (event: PointerEvent & { currentTarget: HTMLElement }): void => {
    const box = event.currentTarget.getBoundingClientRect();
    studio.scrub(frameOfX(event.clientX - box.left, state.video.frameCount, box.width));
  };
  const keyed = (event: KeyboardEvent): void => {
    const last = state.video.frameCount - 1;
    const target = state.target.value;
    const goal: Readonly<Record<string, number>> = {
      ArrowLeft: target - 1,
      ArrowDown: target - 1,
      ArrowRight: target + 1,
      ArrowUp: target + 1,
      PageDown: target - PAGE_FRAMES,
      PageUp: target + PAGE_FRAMES,
      Home: 0,
      End: last,
    };
    const frame = goal[event.key];
    if (frame === undefined) return;
    event.preventDefault();
    studio.goTo(frame);
  };
  const target = state.target.value;
  return (
    <div
      class="st-timeline"
      role="slider"
      tabIndex={0}
      aria-label="Frame"
      aria-valuemin={0}
      aria-valuemax={state.video.frameCount - 1}
      aria-valuenow={target}
      aria-valuetext={`frame ${target}, ${timeWords(target / state.video.fps, true)}`}
      data-testid="timeline"
      onKeyDown={keyed}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        follow(event);
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) follow(event);
      }}
    >
      <canvas ref={canvas} />
    </div>
  );
}
