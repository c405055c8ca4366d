/** Many discs that face the eye, in one draw: joints as lit balls, uncertainty as halos. */

import { Mesh } from "three";
import type { Rgb } from "../canvas/palette";
import { type Lens, PIXELS_PER_MM, smoothMaterial } from "./material";
import { Quads } from "./quads";

export interface DiscsOptions {
  readonly most: number;
  readonly lens: Lens;
  /** Least radius, CSS pixels. */
  readonly leastPx: number;
  readonly look: "ball" | "halo";
  readonly order: number;
}

const VERTEX = /* glsl */ `
  uniform vec2 viewport;
  uniform float ratio;
  uniform float leastPx;
  uniform bool ball;
  attribute vec2 corner;
  attribute vec4 centre;
  attribute vec4 tone;
  varying vec2 at;
  varying float radius;
  varying vec4 colour;
  ${PIXELS_PER_MM}
  void main() {
    vec4 seen = modelViewMatrix * vec4(centre.xyz, 1.0);
    vec4 clip = projectionMatrix * seen;
    radius = max(leastPx * ratio, centre.w * pixelsPerMm(max(clip.w, 1e-3)));
    at = corner * (radius + 1.0);
    clip.xy += at * 2.0 / viewport * clip.w;
    // A ball's depth is that of its front, so that the bones that end in it end below it.
    if (ball) {
      vec4 front = projectionMatrix * (seen + vec4(0.0, 0.0, centre.w, 0.0));
      if (front.w > 0.0) clip.z = front.z / front.w * clip.w;
    }
    gl_Position = clip;
    colour = tone;
  }
`;

const FRAGMENT = /* glsl */ `
  uniform float strength;
  uniform vec3 edge;
  uniform bool ball;
  varying vec2 at;
  varying float radius;
  varying vec4 colour;
  void main() {
    float far = length(at);
    float covered = clamp(radius + 0.5 - far, 0.0, 1.0);
    if (covered < 0.02) discard;
    if (ball) {
      vec2 n = at / radius;
      float up = sqrt(max(0.0, 1.0 - dot(n, n)));
      float light = max(0.0, dot(vec3(n, up), vec3(-0.36, 0.58, 0.73)));
      vec3 shown = colour.rgb * (0.70 + 0.32 * light) + 0.16 * pow(light, 14.0);
      shown = mix(shown, edge, 0.60 * smoothstep(radius - 1.8, radius - 0.5, far));
      gl_FragColor = vec4(shown, colour.a * covered * strength);
    } else {
      float rim = smoothstep(radius - 2.2, radius - 1.0, far);
      gl_FragColor = vec4(colour.rgb, colour.a * mix(0.16, 0.55, rim) * covered * strength);
    }
  }
`;

const [CENTRE, TONE] = [0, 1];

export class Discs {
  readonly mesh: Mesh;
  readonly #quads: Quads;
  readonly #material;
  readonly #edge: { value: [number, number, number] } = { value: [0, 0, 0] };
  readonly #strength = { value: 1 };

  constructor({ most, lens, leastPx, look, order }: DiscsOptions) {
    // Place with the radius in millimetres, and colour with opacity.
    this.#quads = new Quads(most, [-1, -1, 1, -1, 1, 1, -1, 1], {
      centre: { size: 4 },
      tone: { size: 4, bytes: true },
    });
    this.#material = smoothMaterial({
      vertexShader: VERTEX,
      fragmentShader: FRAGMENT,
      depthWrite: look === "ball",
      uniforms: {
        ...lens,
        leastPx: { value: leastPx },
        ball: { value: look === "ball" },
        edge: this.#edge,
        strength: this.#strength,
      },
    });
    this.mesh = new Mesh(this.#quads.geometry, this.#material);
    this.mesh.frustumCulled = false;
    this.mesh.renderOrder = order;
  }

  get count(): number {
    return this.#quads.count;
  }

  clear(): void {
    this.#quads.clear();
  }

  /** At `p` (offset of x, y, z); colour 0..255; nothing where the room is used up. */
  add(p: ArrayLike<number>, offset: number, radiusMm: number, colour: Rgb, opacity = 1): void {
    const quad = this.#quads.next();
    if (quad < 0) return;
    this.#quads.put(
      CENTRE,
      quad,
      p[offset] as number,
      p[offset + 1] as number,
      p[offset + 2] as number,
      radiusMm,
    );
    this.#quads.putTone(TONE, quad, colour, opacity);
  }

  done(): void {
    this.#quads.done();
    this.mesh.visible = this.#quads.count > 0;
  }

  set edge(colour: Rgb) {
    this.#edge.value = [colour[0] / 255, colour[1] / 255, colour[2] / 255];
  }

  set strength(value: number) {
    this.#strength.value = value;
  }

  dispose(): void {
    this.#quads.dispose();
    this.#material.dispose();
  }
}
