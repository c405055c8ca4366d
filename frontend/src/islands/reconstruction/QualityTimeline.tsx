import { useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { onDensityChange } from "../../canvas/density";
import type { Desk } from "./desk";
import { paintQuality, type QualityColours, TIMELINE_HEIGHT } from "./timelinePaint";

const PAGE_TICKS = 10;

function coloursOf(element: Element): QualityColours {
  const style = getComputedStyle(element);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  return {
    known: read("--ok"),
    unknown: read("--raised"),
    error: read("--accent"),
    text: read("--dim"),
  };
}

/**
 * Quality along the whole recording; drag to scrub. The place of the tick is no part of the picture, which would else be
 * painted anew with each tick, and a frame later than the rest of the page.
 */
export function QualityTimeline({ desk }: { readonly desk: Desk }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { ticks } = desk.player;
  const paint = (): void => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    const quality = desk.quality.value;
    if (!element || !context) return;
    const width = element.parentElement?.clientWidth ?? 0;
    const pixels = [width, TIMELINE_HEIGHT].map((length) => Math.round(length * devicePixelRatio));
    const [w, h] = pixels as [number, number];
    if (element.width !== w || element.height !== h) [element.width, element.height] = [w, h];
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    paintQuality(context, width, quality, ticks, coloursOf(element));
  };
  useSignalEffect(paint);
  useEffect(() => {
    const end = new AbortController();
    const size = new ResizeObserver(paint);
    if (canvas.current?.parentElement) size.observe(canvas.current.parentElement);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint, { signal: end.signal });
    onDensityChange(paint, end.signal);
    const theme = new MutationObserver(paint);
    theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      size.disconnect();
      theme.disconnect();
      end.abort();
    };
  }, []);
  const follow = (event: PointerEvent & { currentTarget: HTMLElement }): void => {
    const box = event.currentTarget.getBoundingClientRect();
    desk.player.scrub(Math.floor(((event.clientX - box.left) / Math.max(1, box.width)) * ticks));
  };
  const keyed = (event: KeyboardEvent): void => {
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      PageDown: -PAGE_TICKS,
      PageUp: PAGE_TICKS,
      Home: -ticks,
      End: ticks,
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    desk.player.step(step);
  };
  return (
    <div
      class="sp-timeline"
      role="slider"
      tabIndex={0}
      aria-label="Tick"
      aria-valuemin={0}
      aria-valuemax={ticks - 1}
      aria-valuenow={desk.target.value}
      onKeyDown={keyed}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        follow(event);
      }}
      onPointerMove={(event) => {
        if (event.buttons & 1) follow(event);
      }}
    >
      <span class="sp-here" style={{ left: `${(100 * (desk.target.value + 0.5)) / Math.max(1, ticks)}%` }} />
      <canvas ref={canvas} style={{ width: "100%", height: `${TIMELINE_HEIGHT}px` }} />
    </div>
  );
}
