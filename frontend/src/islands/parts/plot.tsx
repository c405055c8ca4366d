import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

export interface Axis {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
  readonly name: string;
  readonly words: (value: number) => string;
}

/** One measured thing; `low` to `high` is drawn as a bar through it. */
export interface Mark {
  readonly x: number;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
  /** What is told of it when it is pointed at. */
  readonly words: string;
  readonly strong?: boolean;
}

export interface Scale {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

interface PlotProps {
  readonly x: Axis;
  readonly y: Axis;
  readonly marks: readonly Mark[];
  /** What is told while nothing is pointed at. */
  readonly words: string;
  /** What the picture says, for whoever cannot see it. */
  readonly summary: string;
  readonly height?: number;
  /** Lines and bands behind the marks, in the units of the axes. */
  readonly behind?: (scale: Scale) => ComponentChildren;
}

// Room for a tick of "100 %" that is centred on either end.
const MARGIN = { left: 66, right: 26, top: 10, bottom: 46 };
const REACH_PX = 40;

/** Points over two axes. Arrow keys, a pointer or a finger go from mark to mark; each is told in words. */
export function Plot(props: PlotProps): JSX.Element {
  const { x, y, marks, height = 240 } = props;
  const box = useRef<HTMLDivElement>(null);
  const width = useSignal(0);
  const chosen = useSignal<number | null>(null);
  useEffect(() => {
    const root = box.current;
    if (!root) return;
    const measure = () => {
      width.value = root.clientWidth;
    };
    measure();
    const size = new ResizeObserver(measure);
    size.observe(root);
    return () => size.disconnect();
  }, [width]);

  const wide = Math.max(width.value, 220);
  const scale: Scale = {
    x: (value) => MARGIN.left + ((value - x.from) / (x.to - x.from)) * (wide - MARGIN.left - MARGIN.right),
    y: (value) =>
      height - MARGIN.bottom - ((value - y.from) / (y.to - y.from)) * (height - MARGIN.top - MARGIN.bottom),
  };
  const point = (event: { readonly offsetX: number; readonly offsetY: number }) => {
    chosen.value = nearest(marks, scale, event.offsetX, event.offsetY);
  };
  const step = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined || marks.length === 0) return;
    event.preventDefault();
    const at = chosen.value ?? (by > 0 ? -1 : marks.length);
    chosen.value = Math.max(0, Math.min(marks.length - 1, at + by));
  };
  const told = chosen.value === null ? undefined : marks[chosen.value];
  return (
    <figure class="plot" ref={box}>
      <svg
        width={wide}
        height={height}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys go from mark to mark.
        tabIndex={0}
        role="img"
        aria-label={`${props.summary} Left and right arrow keys read the points.`}
        onPointerMove={point}
        onPointerDown={point}
        onPointerLeave={() => {
          chosen.value = null;
        }}
        onBlur={() => {
          chosen.value = null;
        }}
        onKeyDown={step}
      >
        <Axes x={x} y={y} scale={scale} wide={wide} height={height} />
        {props.behind?.(scale)}
        {marks.map((mark, at) => (
          <MarkShape key={mark.words} mark={mark} scale={scale} chosen={at === chosen.value} />
        ))}
      </svg>
      <figcaption class="small num-text" aria-live="polite">
        {told?.words ?? props.words}
      </figcaption>
    </figure>
  );
}

function MarkShape({
  mark,
  scale,
  chosen,
}: {
  readonly mark: Mark;
  readonly scale: Scale;
  readonly chosen: boolean;
}): JSX.Element {
  const { x, y, low, high, strong } = mark;
  return (
    <g class={`mark ${chosen ? "chosen" : ""} ${strong ? "strong" : ""}`}>
      {low !== undefined && high !== undefined && (
        <line x1={scale.x(x)} x2={scale.x(x)} y1={scale.y(low)} y2={scale.y(high)} />
      )}
      <circle cx={scale.x(x)} cy={scale.y(y)} r={chosen ? 7 : strong ? 6 : 5} />
    </g>
  );
}

interface AxesProps {
  readonly x: Axis;
  readonly y: Axis;
  readonly scale: Scale;
  readonly wide: number;
  readonly height: number;
}

function Axes({ x, y, scale, wide, height }: AxesProps): JSX.Element {
  const floor = height - MARGIN.bottom;
  const middle = (MARGIN.top + floor) / 2;
  return (
    <g class="axes">
      {y.ticks.map((tick) => (
        <g key={tick}>
          <line x1={MARGIN.left} x2={wide - MARGIN.right} y1={scale.y(tick)} y2={scale.y(tick)} />
          <text x={MARGIN.left - 8} y={scale.y(tick)} dy="0.35em" text-anchor="end">
            {y.words(tick)}
          </text>
        </g>
      ))}
      {x.ticks.map((tick) => (
        <text key={tick} x={scale.x(tick)} y={floor + 18} text-anchor="middle">
          {x.words(tick)}
        </text>
      ))}
      <text x={(MARGIN.left + wide - MARGIN.right) / 2} y={height - 6} text-anchor="middle">
        {x.name}
      </text>
      <text transform={`translate(12 ${middle}) rotate(-90)`} text-anchor="middle">
        {y.name}
      </text>
    </g>
  );
}

/** The mark under a pointer, or the nearest within a finger's width of it. */
export function nearest(marks: readonly Mark[], scale: Scale, left: number, top: number): number | null {
  let best: number | null = null;
  let least = REACH_PX;
  marks.forEach((mark, at) => {
    const away = Math.hypot(scale.x(mark.x) - left, scale.y(mark.y) - top);
    if (away < least) [best, least] = [at, away];
  });
  return best;
}

/** "M1 2L3 4": a line through points in the units of the axes. */
export function pathOf(points: readonly (readonly [number, number])[], scale: Scale): string {
  return points
    .map(([x, y], at) => `${at === 0 ? "M" : "L"}${scale.x(x).toFixed(1)} ${scale.y(y).toFixed(1)}`)
    .join("");
}
