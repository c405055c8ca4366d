/** Okabe and Ito (2008), "Color universal design": told apart with every common colour vision. */
export const ANIMAL_COLOURS = [
  "#e69f00",
  "#56b4e9",
  "#009e73",
  "#cc79a7",
  "#0072b2",
  "#d55e00",
  "#f0e442",
  "#999999",
] as const;

export type Rgb = readonly [red: number, green: number, blue: number];

/** The colour of an animal: its own where one is set, else by its slot. */
export function animalColour(slot: number, own: string | null | undefined): string {
  if (own && /^#[0-9a-f]{6}$/i.test(own)) return own;
  return ANIMAL_COLOURS[slot % ANIMAL_COLOURS.length] as string;
}

export function rgbOf(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

export type Side = "left" | "right" | "middle";

/** Left keypoints are lighter, right ones darker than the animal's colour. */
export function sideTint(hex: string, side: Side): string {
  if (side === "middle") return hex;
  const towards = side === "left" ? 255 : 0;
  const mixed = rgbOf(hex).map((channel) => Math.round(channel + (towards - channel) * 0.42));
  return `rgb(${mixed.join(" ")})`;
}
