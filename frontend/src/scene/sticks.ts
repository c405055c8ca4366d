/** Many straight lines in one draw: bones, trails, grid lines, edges of cameras. */

import { Mesh } from "three";
import type { Rgb } from "../canvas/palette";
import { type Lens, PIXELS_PER_MM, smoothMaterial } from "./material";
import { Quads } from "./quads";

export interface SticksOptions {
  readonly most: number;
  readonly lens: Lens;
  /** Half of the least width, CSS pixels: thinner ones would flicker. */
  readonly leastHalfPx: number;
  /** Round and shaded, with a dark edge; else flat. */
  readonly round: boolean;
  readonly order: number;
  /** Hides what is behind it. */
  readonly solid: boolean;
}

const VERTEX = /* glsl */ `
  uniform vec2 viewport;
  uniform float ratio;
  uniform float leastHalfPx;
  uniform float nearMm;
  attribute vec2 corner;
  attribute vec4 from;
  attribute vec3 to;
  attribute vec4 tone;
  varying float across;
  varying float half_;
  varying vec4 colour;
  ${PIXELS_PER_MM}
  void main() {
    vec4 a = modelViewMatrix * vec4(from.xyz, 1.0);
    vec4 b = modelViewMatrix * vec4(to, 1.0);
    // A line that passes the eye is cut before it: behind, the projection turns it round.
    if (a.z > -nearMm && b.z > -nearMm) { gl_Position = vec4(2.0, 2.0, 2.0, 1.0); return; }
    if (a.z > -nearMm) a = mix(b, a, (b.z + nearMm) / (b.z - a.z));
    if (b.z > -nearMm) b = mix(a, b, (a.z + nearMm) / (a.z - b.z));
    vec4 clipA = projectionMatrix * a;
    vec4 clipB = projectionMatrix * b;
    vec2 ahead = (clipB.xy / clipB.w - clipA.xy / clipA.w) * viewport;
    float length_ = length(ahead);
    ahead = length_ > 1e-4 ? ahead / length_ : vec2(1.0, 0.0);
    vec4 clip = corner.x < 0.5 ? clipA : clipB;
    half_ = max(leastHalfPx * ratio, from.w * pixelsPerMm(clip.w));
    across = corner.y * (half_ + 1.0);
    clip.xy += vec2(-ahead.y, ahead.x) * across * 2.0 / viewport * clip.w;
    gl_Position = clip;
    colour = tone;
  }
`;

const FRAGMENT = /* glsl */ `
  uniform float strength;
  uniform vec3 edge;
  uniform bool round_;
  varying float across;
  varying float half_;
  varying vec4 colour;
  void main() {
    float covered = clamp(half_ + 0.5 - abs(across), 0.0, 1.0);
    if (covered < 0.02) discard;
    vec3 shown = colour.rgb;
    if (round_) {
      float n = min(1.0, abs(across) / half_);
      shown *= 0.74 + 0.30 * sqrt(1.0 - n * n);
      shown = mix(shown, edge, 0.45 * smoothstep(half_ - 1.6, half_ - 0.4, abs(across)));
    }
    gl_FragColor = vec4(shown, colour.a * covered * strength);
  }
`;

const [FROM, TO, TONE] = [0, 1, 2];

export class Sticks {
  readonly mesh: Mesh;
  readonly #quads: Quads;
  readonly #material;
  readonly #edge: { value: [number, number, number] } = { value: [0, 0, 0] };
  readonly #strength = { value: 1 };

  constructor({ most, lens, leastHalfPx, round, order, solid }: SticksOptions, nearMm: number) {
    // The ends with the radius in millimetres, and colour with opacity.
    this.#quads = new Quads(most, [0, -1, 1, -1, 1, 1, 0, 1], {
      from: { size: 4 },
      to: { size: 3 },
      tone: { size: 4, bytes: true },
    });
    this.#material = smoothMaterial({
      vertexShader: VERTEX,
      fragmentShader: FRAGMENT,
      depthWrite: solid,
      // The turn of the quad follows the direction of the line on the screen.
      side: 2,
      uniforms: {
        ...lens,
        leastHalfPx: { value: leastHalfPx },
        nearMm: { value: nearMm },
        round_: { value: round },
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

  /** Begin anew; `add` follows for each stick, then `done`. */
  clear(): void {
    this.#quads.clear();
  }

  /** From `a` at `at` to `b` at `bt` (offsets of x, y, z); colour 0..255; nothing where the room is used up. */
  add(
    a: ArrayLike<number>,
    at: number,
    b: ArrayLike<number>,
    bt: number,
    radiusMm: number,
    colour: Rgb,
    opacity = 1,
  ): void {
    const quad = this.#quads.next();
    if (quad < 0) return;
    this.#quads.put(FROM, quad, a[at] as number, a[at + 1] as number, a[at + 2] as number, radiusMm);
    this.#quads.put(TO, quad, b[bt] as number, b[bt + 1] as number, b[bt + 2] as number);
    this.#quads.putTone(TONE, quad, colour, opacity);
  }

  done(): void {
    this.#quads.done();
    this.mesh.visible = this.#quads.count > 0;
  }

  set edge(colour: Rgb) {
    this.#edge.value = [colour[0] / 255, colour[1] / 255, colour[2] / 255];
  }

  /** Factor on every opacity. */
  set strength(value: number) {
    this.#strength.value = value;
  }

  dispose(): void {
    this.#quads.dispose();
    this.#material.dispose();
  }
}
