import "uplot/dist/uPlot.min.css";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

export interface Line {
  readonly name: string;
  /** A custom property of the tokens: "--accent". */
  readonly colour: string;
  /** One value for each x; null where there is none yet. */
  readonly y: readonly (number | null)[];
  readonly dash?: readonly number[];
}

interface ChartProps {
  readonly x: readonly number[];
  readonly xName: string;
  readonly yName: string;
  readonly lines: readonly Line[];
  readonly logarithmic?: boolean;
  readonly height?: number;
  /** Told which x the pointer is over; null when it leaves. */
  readonly onHover?: (at: number | null) => void;
  /** What the picture says, for whoever cannot see it. */
  readonly summary: string;
}

const FONT = "13px system-ui, sans-serif";

/** Lines over one axis. Data replace in place; a changed theme or set of lines draws anew. */
export function Chart(props: ChartProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const names = props.lines.map((line) => line.name).join("|");

  useEffect(() => {
    const root = box.current;
    if (!root) return;
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(latest.current, root), dataOf(latest.current), root);
    };
    draw();
    const size = new ResizeObserver(() =>
      plot.current?.setSize({ width: root.clientWidth, height: latest.current.height ?? 220 }),
    );
    size.observe(root);
    const theme = new MutationObserver(draw);
    theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    const system = window.matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", draw);
    return () => {
      size.disconnect();
      theme.disconnect();
      system.removeEventListener("change", draw);
      plot.current?.destroy();
      plot.current = null;
    };
  }, [names, props.logarithmic]);

  useEffect(() => plot.current?.setData(dataOf(props)), [props]);

  return (
    <figure class="chart" aria-label={props.summary}>
      <div ref={box} />
    </figure>
  );
}

function dataOf({ x, lines }: ChartProps): uPlot.AlignedData {
  return [[...x], ...lines.map((line) => [...line.y])] as uPlot.AlignedData;
}

/** So few values that a line alone would not show them. */
function isSparse(y: ArrayLike<number | null | undefined>): boolean {
  const known = Array.from(y).filter((value) => value !== null && value !== undefined).length;
  return known < Math.max(12, y.length / 4);
}

function optionsOf(props: ChartProps, root: HTMLElement): uPlot.Options {
  const tokens = getComputedStyle(root);
  const colour = (name: string) => tokens.getPropertyValue(name).trim();
  const axis = {
    stroke: colour("--dim"),
    font: FONT,
    labelFont: FONT,
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
  };
  return {
    width: Math.max(root.clientWidth, 200),
    height: props.height ?? 220,
    scales: { x: { time: false }, y: { distr: props.logarithmic ? 3 : 1 } },
    cursor: { drag: { x: false, y: false } },
    legend: { show: props.lines.length > 1 },
    hooks: { setCursor: [(plot) => props.onHover?.(plot.cursor.idx ?? null)] },
    axes: [
      { ...axis, label: props.xName, labelSize: 22, size: 30 },
      { ...axis, label: props.yName, labelSize: 22, size: 52 },
    ],
    series: [
      { label: props.xName },
      ...props.lines.map((line) => ({
        label: line.name,
        stroke: colour(line.colour),
        width: 2,
        spanGaps: true,
        points: {
          show: (plot: uPlot, at: number) => isSparse(plot.data[at] ?? []),
          size: 6,
          fill: colour(line.colour),
        },
        ...(line.dash ? { dash: [...line.dash] } : {}),
        value: (_: uPlot, value: number | null) => (value === null ? "–" : value.toPrecision(3)),
      })),
    ],
  };
}
