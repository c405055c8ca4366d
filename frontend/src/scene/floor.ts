/** The arena's floor at z = 0: a plate, a grid in millimetres, and its figures. */

import { Float32BufferAttribute, Group, Mesh, BufferGeometry as Plain } from "three";
import type { Rgb } from "../canvas/palette";
import { Labels } from "./labels";
import { type Lens, smoothMaterial } from "./material";
import { Sticks } from "./sticks";
import type { SceneColours } from "./themes";
import { type FloorBounds, SceneError } from "./types";

/** At most so many figures along a side. */
const MOST_FIGURES = 12;
const LEAST_STEP_MM = 100;
const MINOR_PER_MAJOR = 5;
const OVER_PICTURE = 0.3;

export interface GridLine {
  readonly axis: "x" | "y";
  readonly at_mm: number;
  readonly major: boolean;
}

/** Spacing of the lines with figures: 100 mm, and 1, 2 or 5 times a power of ten where they would crowd. */
export function majorStepMm({ minMm, maxMm }: FloorBounds): number {
  const side = Math.max(maxMm[0] - minMm[0], maxMm[1] - minMm[1]);
  const least = Math.max(LEAST_STEP_MM, side / MOST_FIGURES);
  const decade = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5].map((times) => times * decade).find((step) => step >= least) ?? 10 * decade;
}

/** Lines at whole multiples of the steps, within the bounds. */
export function gridLines(bounds: FloorBounds): GridLine[] {
  const minor = majorStepMm(bounds) / MINOR_PER_MAJOR;
  return (["x", "y"] as const).flatMap((axis, at) => {
    const first = Math.ceil((bounds.minMm[at] as number) / minor);
    const last = Math.floor((bounds.maxMm[at] as number) / minor);
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, step) => {
      const index = first + step;
      return { axis, at_mm: index * minor, major: index % MINOR_PER_MAJOR === 0 };
    });
  });
}

export class Floor {
  readonly group = new Group();
  readonly #bounds: FloorBounds;
  readonly #lines: readonly GridLine[];
  readonly #sticks: Sticks;
  readonly #labels: Labels;
  readonly #plate: Mesh<Plain>;
  readonly #tone = { value: [1, 1, 1] };

  constructor(bounds: FloorBounds, lens: Lens, nearMm: number) {
    const { minMm, maxMm } = bounds;
    const sound = [...minMm, ...maxMm].every(Number.isFinite) && minMm[0] < maxMm[0] && minMm[1] < maxMm[1];
    if (!sound) {
      throw new SceneError("bad_scene", `The floor needs min below max, got ${minMm} and ${maxMm} mm.`);
    }
    this.#bounds = bounds;
    this.#lines = gridLines(bounds);
    this.#sticks = new Sticks(
      { most: this.#lines.length + 4, lens, leastHalfPx: 0.5, round: false, order: 1, solid: false },
      nearMm,
    );
    this.#labels = new Labels(figures(bounds, this.#lines), lens, 2);
    this.#plate = plate(bounds, this.#tone);
    this.group.add(this.#plate, this.#sticks.mesh, this.#labels.mesh);
  }

  paint(colours: SceneColours): void {
    this.#tone.value = colours.floor.map((channel) => channel / 255);
    this.#labels.paint(colours.text, colours.background);
    this.#sticks.clear();
    const [[left, near], [right, far]] = [this.#bounds.minMm, this.#bounds.maxMm];
    for (const major of [false, true]) {
      for (const line of this.#lines) {
        if (line.major !== major) continue;
        const colour = major ? colours.major : colours.minor;
        if (line.axis === "x") this.#line(line.at_mm, near, line.at_mm, far, colour);
        else this.#line(left, line.at_mm, right, line.at_mm, colour);
      }
    }
    this.#line(left, near, right, near, colours.border);
    this.#line(right, near, right, far, colours.border);
    this.#line(right, far, left, far, colours.border);
    this.#line(left, far, left, near, colours.border);
    this.#sticks.done();
  }

  /** Over a picture the grid is thinner, so that it does not hide what it is held against. */
  set overPicture(over: boolean) {
    this.#sticks.strength = over ? OVER_PICTURE : 1;
  }

  #line(x0: number, y0: number, x1: number, y1: number, colour: Rgb): void {
    this.#sticks.add([x0, y0, 0], 0, [x1, y1, 0], 0, 0, colour);
  }

  dispose(): void {
    this.#sticks.dispose();
    this.#labels.dispose();
    this.#plate.geometry.dispose();
    (this.#plate.material as ReturnType<typeof smoothMaterial>).dispose();
  }
}

/** x along the near side, y along the left one; the unit stands once on each. */
function figures({ minMm, maxMm }: FloorBounds, lines: readonly GridLine[]) {
  const gap = 0.035 * Math.max(maxMm[0] - minMm[0], maxMm[1] - minMm[1]);
  return (["x", "y"] as const).flatMap((axis) => {
    const major = lines.filter((line) => line.major && line.axis === axis);
    return major.map(({ at_mm }, index) => ({
      text: index === major.length - 1 ? `${axis} ${at_mm} mm` : String(at_mm),
      at_mm: axis === "x" ? ([at_mm, minMm[1] - gap, 0] as const) : ([minMm[0] - gap, at_mm, 0] as const),
    }));
  });
}

function plate({ minMm, maxMm }: FloorBounds, tone: { value: number[] }): Mesh<Plain> {
  const geometry = new Plain();
  const [[x0, y0], [x1, y1]] = [minMm, maxMm];
  geometry.setAttribute(
    "position",
    new Float32BufferAttribute([x0, y0, 0, x1, y0, 0, x1, y1, 0, x0, y1, 0], 3),
  );
  geometry.setIndex([0, 1, 2, 0, 2, 3]);
  const material = smoothMaterial({
    transparent: false,
    depthWrite: false,
    side: 2,
    uniforms: { tone },
    vertexShader: "void main() { gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0); }",
    fragmentShader: "uniform vec3 tone; void main() { gl_FragColor = vec4(tone, 1.0); }",
  });
  const mesh = new Mesh(geometry, material);
  mesh.renderOrder = 0;
  return mesh;
}
