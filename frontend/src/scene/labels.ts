/** Words in the scene, as large on the screen at every distance: millimetres of the floor, names of cameras. */

import { CanvasTexture, LinearFilter, Mesh } from "three";
import type { Rgb } from "../canvas/palette";
import { type Lens, smoothMaterial } from "./material";
import { Quads } from "./quads";
import type { Vec3 } from "./types";

export interface Label {
  readonly text: string;
  readonly at_mm: Vec3;
  /** CSS pixels from there, down positive. */
  readonly below_px?: number;
}

const FONT_PX = 13;
const ROW_PX = 18;
const PAD_PX = 3;
/** Width of the stroke that makes the seam; half of it shows. */
const SEAM_PX = 4;
/** The atlas is drawn finer than the screen, so that it stays sharp on dense ones. */
const FINE = 2;
const MOST_WIDTH_PX = 220;

const VERTEX = /* glsl */ `
  uniform vec2 viewport;
  uniform float ratio;
  attribute vec2 corner;
  attribute vec4 place;
  attribute vec4 piece;
  attribute vec2 size;
  varying vec2 uv_;
  void main() {
    vec4 clip = projectionMatrix * modelViewMatrix * vec4(place.xyz, 1.0);
    vec2 shift = (corner * size - vec2(0.0, place.w)) * ratio;
    // On whole pixels: letters between them are grey.
    vec2 centre = (clip.xy / clip.w * 0.5 + 0.5) * viewport;
    centre = floor(centre) + shift;
    gl_Position = vec4((centre / viewport * 2.0 - 1.0) * clip.w, clip.z, clip.w);
    uv_ = piece.xy + (corner + 0.5) * piece.zw;
  }
`;

const FRAGMENT = /* glsl */ `
  uniform sampler2D atlas;
  uniform vec3 ink;
  uniform vec3 ground;
  varying vec2 uv_;
  void main() {
    // Red tells the letter from the seam around it, which keeps it legible over a picture.
    vec4 written = texture2D(atlas, uv_);
    if (written.a < 0.02) discard;
    gl_FragColor = vec4(mix(ground, ink, written.r), written.a * mix(0.8, 1.0, written.r));
  }
`;

export class Labels {
  readonly mesh: Mesh;
  readonly #quads: Quads;
  readonly #texture: CanvasTexture;
  readonly #material;
  readonly #ink: { value: [number, number, number] } = { value: [0, 0, 0] };
  readonly #ground: { value: [number, number, number] } = { value: [0, 0, 0] };

  constructor(labels: readonly Label[], lens: Lens, order: number) {
    const { atlas, widths } = written(labels.map(({ text }) => text));
    this.#texture = new CanvasTexture(atlas);
    this.#texture.generateMipmaps = false;
    this.#texture.minFilter = LinearFilter;
    this.#quads = new Quads(labels.length, [-0.5, -0.5, 0.5, -0.5, 0.5, 0.5, -0.5, 0.5], {
      place: { size: 4 },
      piece: { size: 4 },
      size: { size: 2 },
    });
    const rows = Math.max(1, labels.length);
    labels.forEach(({ at_mm: [x, y, z], below_px = 0 }, row) => {
      const width = widths[row] as number;
      const quad = this.#quads.next();
      this.#quads.put(0, quad, x, y, z, below_px);
      this.#quads.put(1, quad, 0, 1 - (row + 1) / rows, (width * FINE) / atlas.width, 1 / rows);
      this.#quads.put(2, quad, width, ROW_PX);
    });
    this.#quads.done();
    this.#material = smoothMaterial({
      vertexShader: VERTEX,
      fragmentShader: FRAGMENT,
      depthWrite: false,
      uniforms: { ...lens, atlas: { value: this.#texture }, ink: this.#ink, ground: this.#ground },
    });
    this.mesh = new Mesh(this.#quads.geometry, this.#material);
    this.mesh.frustumCulled = false;
    this.mesh.renderOrder = order;
    this.mesh.visible = labels.length > 0;
  }

  /** Colour of the letters, and of the seam around them. */
  paint(ink: Rgb, ground: Rgb): void {
    this.#ink.value = [ink[0] / 255, ink[1] / 255, ink[2] / 255];
    this.#ground.value = [ground[0] / 255, ground[1] / 255, ground[2] / 255];
  }

  dispose(): void {
    this.#quads.dispose();
    this.#material.dispose();
    this.#texture.dispose();
  }
}

/** One row a text, the first at the top. */
function written(texts: readonly string[]): { atlas: HTMLCanvasElement; widths: readonly number[] } {
  const atlas = document.createElement("canvas");
  const context = atlas.getContext("2d");
  if (context === null) throw new Error("This browser gives no 2D canvas.");
  const font = `500 ${FONT_PX * FINE}px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif`;
  context.font = font;
  const widths = texts.map((text) =>
    Math.ceil(Math.min(MOST_WIDTH_PX, context.measureText(text).width / FINE + 2 * PAD_PX)),
  );
  atlas.width = Math.max(1, ...widths) * FINE;
  atlas.height = Math.max(1, texts.length) * ROW_PX * FINE;
  context.font = font;
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = SEAM_PX * FINE;
  context.strokeStyle = "#000";
  context.fillStyle = "#f00";
  const most = (MOST_WIDTH_PX - 2 * PAD_PX) * FINE;
  texts.forEach((text, row) => {
    const place = [PAD_PX * FINE, (row + 0.5) * ROW_PX * FINE] as const;
    context.strokeText(text, ...place, most);
    context.fillText(text, ...place, most);
  });
  return { atlas, widths };
}
