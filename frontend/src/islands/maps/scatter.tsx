import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { dotAt, type Fit, fitInto, type Places } from "./places";

interface ScatterProps {
  readonly places: Places;
  /** A CSS colour for each dot. */
  readonly colours: readonly string[];
  readonly chosen: number | null;
  readonly onChoose: (at: number) => void;
  readonly words: string;
}

const HEIGHT_SHARE = 0.72;

/** Dots on a canvas. A press chooses the nearest, arrow keys go to the one before or after in time. */
export function Scatter({ places, colours, chosen, onChoose, words }: ScatterProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const fit = useRef<Fit | null>(null);
  useEffect(() => {
    const found = canvas.current;
    if (!found) return;
    const draw = () => {
      fit.current = paint(found, places, colours, chosen);
    };
    draw();
    const size = new ResizeObserver(draw);
    size.observe(found);
    return () => size.disconnect();
  }, [places, colours, chosen]);

  const press = (event: PointerEvent) => {
    if (!fit.current) return;
    const at = dotAt(places, fit.current, event.offsetX, event.offsetY);
    if (at !== null) onChoose(at);
  };
  const step = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined || places.x.length === 0) return;
    event.preventDefault();
    const from = chosen ?? (by > 0 ? -1 : places.x.length);
    onChoose(Math.max(0, Math.min(places.x.length - 1, from + by)));
  };
  return (
    <canvas
      ref={canvas}
      class="scatter"
      tabIndex={0}
      role="img"
      aria-label={`${words} Left and right arrow keys go from dot to dot in time.`}
      onPointerDown={press}
      onKeyDown={step}
    />
  );
}

function paint(
  canvas: HTMLCanvasElement,
  places: Places,
  colours: readonly string[],
  chosen: number | null,
): Fit {
  const width = Math.max(canvas.clientWidth, 1);
  const height = Math.round(width * HEIGHT_SHARE);
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const fit = fitInto(places, width, height);
  const context = canvas.getContext("2d");
  if (!context) return fit;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const radius = Math.min(5, Math.max(2, 90 / Math.sqrt(places.x.length || 1)));
  const dot = (at: number, size: number) => {
    context.beginPath();
    context.arc(fit.left(places.x[at] ?? 0), fit.top(places.y[at] ?? 0), size, 0, 2 * Math.PI);
  };
  // A thin edge of middle grey, so that dark dots are seen on a dark page and light ones on a light page.
  context.strokeStyle = "rgb(128 128 128 / 40%)";
  context.lineWidth = 0.5;
  places.x.forEach((_, at) => {
    context.fillStyle = colours[at] ?? "";
    dot(at, radius);
    context.fill();
    context.stroke();
  });
  if (chosen !== null) {
    dot(chosen, radius + 4);
    for (const [colour, line] of [
      ["#fff", 5],
      ["#111", 2],
    ] as const) {
      context.strokeStyle = colour;
      context.lineWidth = line;
      context.stroke();
    }
  }
  return fit;
}
