/** How the dots of a map are coloured: by cluster, or along viridis by a number. */

import { ANIMAL_COLOURS, rgbOf } from "../../canvas/palette";

/** Ten steps of viridis, dark for low values; told apart with every common colour vision. */
const VIRIDIS = [
  "#440154",
  "#482878",
  "#3e4989",
  "#31688e",
  "#26828e",
  "#1f9e89",
  "#35b779",
  "#6ece58",
  "#b5de2b",
  "#fde725",
] as const;

export const UNKNOWN = "#9aa3ab";

/** What the ends of the colours stand for: a few wild values would otherwise leave all others one colour. */
const LOW_SHARE = 0.01;
const HIGH_SHARE = 0.99;

export interface Range {
  readonly low: number;
  readonly high: number;
}

export function clusterColour(cluster: number): string {
  return ANIMAL_COLOURS[(cluster - 1) % ANIMAL_COLOURS.length] ?? UNKNOWN;
}

/** From the first to the last hundredth of the values that are known; null where none is. */
export function rangeOf(values: readonly (number | null)[]): Range | null {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  if (known.length === 0) return null;
  const at = (share: number): number => known[Math.round(share * (known.length - 1))] ?? Number.NaN;
  return { low: at(LOW_SHARE), high: at(HIGH_SHARE) };
}

/** 0 is the darkest, 1 the lightest; what lies beyond is cut to them. */
export function viridis(share: number): string {
  const place = Math.min(1, Math.max(0, share)) * (VIRIDIS.length - 1);
  const step = Math.min(Math.floor(place), VIRIDIS.length - 2);
  const [from, to] = [rgbOf(VIRIDIS[step] ?? UNKNOWN), rgbOf(VIRIDIS[step + 1] ?? UNKNOWN)];
  const mixed = from.map((channel, at) => Math.round(channel + ((to[at] ?? 0) - channel) * (place - step)));
  return `rgb(${mixed.join(" ")})`;
}

export function valueColour(value: number | null, { low, high }: Range): string {
  return value === null ? UNKNOWN : viridis(high > low ? (value - low) / (high - low) : 0.5);
}

/** The colours of the scale from left to right, for CSS. */
export const VIRIDIS_GRADIENT = `linear-gradient(to right, ${VIRIDIS.join(", ")})`;
