/** From places on a map to places in a picture, and back to the dot that is meant. */

export interface Places {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

export interface Fit {
  readonly left: (x: number) => number;
  readonly top: (y: number) => number;
}

const MARGIN_PX = 14;
const REACH_PX = 24;

/** Both axes at one scale, the map in the middle of the picture, y upwards. */
export function fitInto({ x, y }: Places, width: number, height: number): Fit {
  const [x0, x1] = extent(x);
  const [y0, y1] = extent(y);
  const room = (side: number, size: number): number => (side - 2 * MARGIN_PX) / size;
  const zoom = Math.min(room(width, x1 - x0 || 1), room(height, y1 - y0 || 1));
  return {
    left: (value) => width / 2 + (value - (x0 + x1) / 2) * zoom,
    top: (value) => height / 2 - (value - (y0 + y1) / 2) * zoom,
  };
}

/** The dot nearest to a pointer, within a finger's width; null where none is. */
export function dotAt({ x, y }: Places, fit: Fit, left: number, top: number): number | null {
  let best: number | null = null;
  let least = REACH_PX;
  x.forEach((value, at) => {
    const away = Math.hypot(fit.left(value) - left, fit.top(y[at] ?? 0) - top);
    if (away < least) [best, least] = [at, away];
  });
  return best;
}

function extent(values: readonly number[]): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return low <= high ? [low, high] : [0, 1];
}
