/** The animals of one tick: joints, bones, uncertainty, and the trails behind them. */

import { Group } from "three";
import { animalColour, type Rgb, rgbOf, sideTint } from "../canvas/palette";
import type { SkeletonLook } from "../canvas/scene";
import { POSE_STRIDE, type PoseSource, type PoseWindow } from "../poses3d/poseWindows";
import { Discs } from "./discs";
import type { Lens } from "./material";
import { Sticks } from "./sticks";
import type { SceneColours } from "./themes";
import { type Layers, SceneError, type SceneIndividual, type Trail } from "./types";

/** Pieces of one trail; a longer trail has longer pieces. */
const TRAIL_PIECES = 90;
/** A halo's radius in sigmas: about 86 in 100 of the errors lie within it on a plane. */
const HALO_SIGMAS = 2;
/** No halo is larger than this many joints: an unsure point must not cover the scene. */
const HALO_MOST_JOINTS = 14;
/** A pose that waits for its successor to be loaded. */
const WAITING_STRENGTH = 0.35;
const RING: Rgb = [255, 255, 255];

export interface FiguresOptions {
  readonly skeleton: SkeletonLook;
  readonly individuals: readonly SceneIndividual[];
  readonly poses: PoseSource;
  readonly lens: Lens;
  readonly jointRadiusMm: number;
  readonly nearMm: number;
}

export class Figures {
  readonly group = new Group();
  readonly #skeleton: SkeletonLook;
  readonly #poses: PoseSource;
  readonly #radiusMm: number;
  readonly #colours: readonly Rgb[];
  /** By individual, then keypoint. */
  readonly #tints: readonly (readonly Rgb[])[];
  readonly #bones: Sticks;
  readonly #trails: Sticks;
  readonly #joints: Discs;
  readonly #halos: Discs;
  /** x, y, z of the ends of one piece of a trail. */
  readonly #piece = new Float32Array(6);
  #window: PoseWindow | null = null;
  #tick: number | null = null;
  #layers: Pick<Layers, "bones" | "trails" | "sigma"> = { bones: true, trails: true, sigma: true };
  #trail: Trail = { ticks: 60, keypoint: null };
  #marked: { readonly individual: number; readonly keypoint: number } | null = null;

  constructor({ skeleton, individuals, poses, lens, jointRadiusMm, nearMm }: FiguresOptions) {
    this.#skeleton = skeleton;
    this.#poses = poses;
    this.#radiusMm = jointRadiusMm;
    this.#colours = individuals.map(({ colour }, slot) => rgbOf(animalColour(slot, colour)));
    this.#tints = individuals.map(({ colour }, slot) =>
      skeleton.names.map((_, keypoint) =>
        channelsOf(sideTint(animalColour(slot, colour), skeleton.sides[keypoint] ?? "middle")),
      ),
    );
    const animals = individuals.length;
    const joints = animals * skeleton.names.length;
    const round = { lens, round: true, solid: true } as const;
    this.#bones = new Sticks(
      { ...round, most: animals * skeleton.edges.length, leastHalfPx: 1.1, order: 5 },
      nearMm,
    );
    const flat = { lens, round: false, solid: false } as const;
    this.#trails = new Sticks({ ...flat, most: animals * TRAIL_PIECES, leastHalfPx: 0.9, order: 4 }, nearMm);
    this.#joints = new Discs({ most: joints, lens, leastPx: 2.6, look: "ball", order: 6 });
    this.#halos = new Discs({ most: joints + 1, lens, leastPx: 4, look: "halo", order: 7 });
    this.group.add(this.#trails.mesh, this.#bones.mesh, this.#joints.mesh, this.#halos.mesh);
  }

  /** The tick that is drawn; null before the first. */
  get tick(): number | null {
    return this.#tick;
  }

  get window(): PoseWindow | null {
    return this.#window;
  }

  /** What is drawn: joints, bones, halos, pieces of trails. */
  get counts(): Readonly<Record<"joints" | "bones" | "halos" | "trails", number>> {
    return {
      joints: this.#joints.count,
      bones: this.#bones.count,
      halos: this.#halos.count,
      trails: this.#trails.count,
    };
  }

  paint(colours: SceneColours): void {
    this.#bones.edge = colours.edge;
    this.#joints.edge = colours.edge;
  }

  show(layers: Pick<Layers, "bones" | "trails" | "sigma">): void {
    this.#layers = layers;
    this.#draw();
  }

  /** Whether anything of these ticks is drawn at a tick: its poses, or where a trail reaches back to. */
  wouldDraw({ start, stop }: Pick<PoseWindow, "start" | "stop">, tick: number): boolean {
    return start <= tick && stop > tick - this.#trail.ticks;
  }

  set trail(trail: Trail) {
    this.#trail = trail;
    this.#draw();
  }

  /** Ring one joint. */
  mark(joint: { readonly individual: number; readonly keypoint: number } | null): void {
    this.#marked = joint;
    this.#draw();
  }

  /** Draw a tick where it is loaded; else what is drawn stays, pale, and false is the answer. */
  setTick(tick: number): boolean {
    const window = this.#poses.windowOf(tick);
    for (const part of [this.#bones, this.#joints, this.#halos, this.#trails]) {
      part.strength = window === null ? WAITING_STRENGTH : 1;
    }
    if (window === null) return false;
    this.#window = window;
    this.#tick = tick;
    this.#draw();
    return true;
  }

  /** Offset of x of a keypoint of the drawn tick in the data of `window`. */
  offsetOf(individual: number, keypoint: number): number {
    const { individuals, keypoints } = this.#poses.shape;
    const row = (this.#tick ?? 0) - (this.#window?.start ?? 0);
    return ((row * individuals + individual) * keypoints + keypoint) * POSE_STRIDE;
  }

  /** Middle of the known keypoints of an animal at a tick, into `into` at `at`; false where none is known. */
  middle(window: PoseWindow, tick: number, individual: number, into: Float32Array, at: number): boolean {
    const { individuals, keypoints } = this.#poses.shape;
    const first = ((tick - window.start) * individuals + individual) * keypoints * POSE_STRIDE;
    let [x, y, z, known] = [0, 0, 0, 0];
    for (let offset = first; offset < first + keypoints * POSE_STRIDE; offset += POSE_STRIDE) {
      if (!isKnown(window.data, offset)) continue;
      x += window.data[offset] as number;
      y += window.data[offset + 1] as number;
      z += window.data[offset + 2] as number;
      known++;
    }
    if (known === 0) return false;
    into[at] = x / known;
    into[at + 1] = y / known;
    into[at + 2] = z / known;
    return true;
  }

  dispose(): void {
    for (const part of [this.#bones, this.#trails, this.#joints, this.#halos]) part.dispose();
  }

  #draw(): void {
    const window = this.#window;
    if (window === null) return;
    const { data } = window;
    for (const part of [this.#bones, this.#trails, this.#joints, this.#halos]) part.clear();
    for (let individual = 0; individual < this.#colours.length; individual++) {
      this.#drawJoints(data, individual);
      if (this.#layers.bones) this.#drawBones(data, individual);
      if (this.#layers.trails && this.#trail.ticks > 0) this.#drawTrail(individual);
    }
    this.#drawMark(data);
    for (const part of [this.#bones, this.#trails, this.#joints, this.#halos]) part.done();
  }

  #drawJoints(data: Float32Array, individual: number): void {
    const tints = this.#tints[individual] as readonly Rgb[];
    for (let keypoint = 0; keypoint < tints.length; keypoint++) {
      const offset = this.offsetOf(individual, keypoint);
      if (!isKnown(data, offset)) continue;
      this.#joints.add(data, offset, this.#radiusMm, tints[keypoint] as Rgb);
      const reach = HALO_SIGMAS * (data[offset + 3] as number);
      // Within the joint a halo would not be seen.
      if (this.#layers.sigma && reach > this.#radiusMm) {
        const most = HALO_MOST_JOINTS * this.#radiusMm;
        this.#halos.add(data, offset, Math.min(most, reach), this.#colours[individual] as Rgb, 0.7);
      }
    }
  }

  #drawBones(data: Float32Array, individual: number): void {
    for (const [from, to] of this.#skeleton.edges) {
      const [a, b] = [this.offsetOf(individual, from), this.offsetOf(individual, to)];
      if (!isKnown(data, a) || !isKnown(data, b)) continue;
      this.#bones.add(data, a, data, b, 0.42 * this.#radiusMm, this.#colours[individual] as Rgb);
    }
  }

  /** From the drawn tick back; it breaks where the animal is unknown or its poses are not loaded. */
  #drawTrail(individual: number): void {
    const newest = this.#tick as number;
    const step = Math.max(1, Math.ceil(this.#trail.ticks / (TRAIL_PIECES - 1)));
    const oldest = Math.max(0, newest - this.#trail.ticks);
    const colour = this.#colours[individual] as Rgb;
    const piece = this.#piece;
    let joined = this.#trailPoint(newest, individual, 0);
    // Whole multiples of the step, so that a long trail does not shimmer as it moves on.
    let tick = newest % step === 0 ? newest - step : newest - (newest % step);
    for (; tick >= oldest; tick -= step) {
      const known = this.#trailPoint(tick, individual, 3);
      const age = (newest - tick) / this.#trail.ticks;
      if (known && joined) this.#trails.add(piece, 0, piece, 3, 0, colour, 0.75 * (1 - age) ** 1.3);
      piece.copyWithin(0, 3, 6);
      joined = known;
    }
  }

  #trailPoint(tick: number, individual: number, at: number): boolean {
    const window = this.#covering(tick);
    if (window === null) return false;
    const { keypoint } = this.#trail;
    if (keypoint === null) return this.middle(window, tick, individual, this.#piece, at);
    const { individuals, keypoints } = this.#poses.shape;
    const offset = (((tick - window.start) * individuals + individual) * keypoints + keypoint) * POSE_STRIDE;
    if (!isKnown(window.data, offset)) return false;
    for (let axis = 0; axis < 3; axis++) this.#piece[at + axis] = window.data[offset + axis] as number;
    return true;
  }

  #covering(tick: number): PoseWindow | null {
    const drawn = this.#window;
    if (drawn !== null && tick >= drawn.start && tick < drawn.stop) return drawn;
    return this.#poses.windowOf(tick);
  }

  #drawMark(data: Float32Array): void {
    if (this.#marked === null) return;
    const offset = this.offsetOf(this.#marked.individual, this.#marked.keypoint);
    if (isKnown(data, offset)) this.#halos.add(data, offset, 2.2 * this.#radiusMm, RING);
  }
}

/** Unknown as soon as one of x, y, z is. */
export function isKnown(data: Float32Array, offset: number): boolean {
  return (
    Number.isFinite(data[offset]) && Number.isFinite(data[offset + 1]) && Number.isFinite(data[offset + 2])
  );
}

/** Of `#rrggbb` or `rgb(r g b)`. */
function channelsOf(colour: string): Rgb {
  if (colour.startsWith("#")) return rgbOf(colour);
  return (colour.match(/\d+/g) ?? []).map(Number) as unknown as Rgb;
}

/** Throws `SceneError` where poses are of other individuals or keypoints than the scene. */
export function checkPoses({
  individuals,
  skeleton,
  poses: { shape },
}: Pick<FiguresOptions, "individuals" | "skeleton" | "poses">): void {
  if (shape.individuals === individuals.length && shape.keypoints === skeleton.names.length) return;
  throw new SceneError(
    "bad_scene",
    `The poses have ${shape.individuals} individuals of ${shape.keypoints} keypoints, ` +
      `the scene ${individuals.length} of ${skeleton.names.length}.`,
  );
}
