/** What the scene's shaders share: sRGB in, sRGB out, so that a colour is the one of the palette. */

import { type IUniform, ShaderMaterial, type ShaderMaterialParameters, Vector2 } from "three";

/** One object for all materials: set once a frame. */
export interface Lens {
  /** Drawing buffer, device pixels. */
  readonly viewport: IUniform<Vector2>;
  /** Device pixels a CSS pixel. */
  readonly ratio: IUniform<number>;
}

export function newLens(): Lens {
  return { viewport: { value: new Vector2(1, 1) }, ratio: { value: 1 } };
}

/** Edges are smoothed by coverage in the shader, so no material needs multisampling. */
export function smoothMaterial(parameters: ShaderMaterialParameters): ShaderMaterial {
  return new ShaderMaterial({ transparent: true, toneMapped: false, ...parameters });
}

/** GLSL: device pixels a millimetre at a depth `w` of clip space. */
export const PIXELS_PER_MM = /* glsl */ `
  float pixelsPerMm(float w) { return 0.5 * viewport.y * projectionMatrix[1][1] / w; }
`;
