/** Colours of the scene's furniture by theme; those of the animals are the same in both. */

import type { Rgb } from "../canvas/palette";
import type { SceneTheme } from "./types";

export interface SceneColours {
  readonly background: Rgb;
  readonly floor: Rgb;
  readonly minor: Rgb;
  readonly major: Rgb;
  readonly border: Rgb;
  readonly text: Rgb;
  readonly camera: Rgb;
  /** Edge of joints and bones: sets bright ones off a light ground and dark ones off a dark one. */
  readonly edge: Rgb;
}

/** The neutral greys of styles/tokens.css, a step calmer. */
export const COLOURS: Readonly<Record<SceneTheme, SceneColours>> = {
  light: {
    background: [246, 247, 249],
    floor: [255, 255, 255],
    minor: [236, 239, 242],
    major: [211, 217, 223],
    border: [168, 177, 186],
    text: [89, 99, 109],
    camera: [89, 99, 109],
    edge: [38, 44, 50],
  },
  dark: {
    background: [17, 19, 21],
    floor: [24, 27, 30],
    minor: [34, 38, 42],
    major: [52, 58, 64],
    border: [88, 97, 106],
    text: [159, 168, 176],
    camera: [159, 168, 176],
    edge: [6, 8, 10],
  },
};
