/** Which viewpoint is taken, and the way from one to the next. No three.js, no events: numbers and time. */

import type { Vec3 } from "./types";
import { approached, between, type Orbit, shifted, turned, type Viewpoint } from "./viewpoint";

const JOURNEY_MS = 420;
/** Time in which a followed animal's camera makes good most of its lag. */
const FOLLOW_MS = 160;
/** Nearer than this share of the lag left, the camera has arrived. */
const ARRIVED_MM = 0.05;

export interface GazeOptions {
  readonly home: Orbit;
  readonly distancesMm: readonly [nearest: number, farthest: number];
  /** Where an animal is, by name; null where it is unknown now. */
  readonly whereIs: (name: string) => Vec3 | null;
  readonly reducedMotion: () => boolean;
}

export class Gaze {
  readonly #options: GazeOptions;
  #viewpoint: Viewpoint;
  #journey: { readonly from: Orbit; readonly to: Orbit; readonly since: number } | null = null;
  #last: number | null = null;

  constructor(options: GazeOptions) {
    this.#options = options;
    this.#viewpoint = { kind: "orbit", orbit: options.home, follow: null };
  }

  /** Where it looks from now, or will when it has arrived. */
  get viewpoint(): Viewpoint {
    if (this.#viewpoint.kind === "orbit" && this.#journey !== null) {
      return { ...this.#viewpoint, orbit: this.#journey.to };
    }
    return this.#viewpoint;
  }

  /** Where it looks from at this moment. */
  get current(): Viewpoint {
    return this.#viewpoint;
  }

  /** Go there; at once where asked for, where motion is unwelcome, or where a camera is on either end. */
  go(viewpoint: Viewpoint, now: number, { smooth }: { readonly smooth: boolean }): void {
    const from = this.#viewpoint;
    this.#journey = null;
    const travels =
      smooth && !this.#options.reducedMotion() && from.kind === "orbit" && viewpoint.kind === "orbit";
    if (travels) {
      this.#journey = { from: from.orbit, to: viewpoint.orbit, since: now };
      this.#viewpoint = { ...viewpoint, orbit: from.orbit };
    } else {
      this.#viewpoint = viewpoint;
    }
  }

  /** Turn by degrees, from `orbit` where it looks through a camera. */
  turn(azimuthDeg: number, elevationDeg: number, orbit: Orbit): void {
    this.#take(turned(orbit, azimuthDeg, elevationDeg), true);
  }

  /** Move the picture by CSS pixels; an animal is no longer followed. */
  pan(dx: number, dy: number, shorterSidePx: number, orbit: Orbit): void {
    this.#take(shifted(orbit, dx, dy, shorterSidePx), false);
  }

  zoom(factor: number, orbit: Orbit): void {
    this.#take(approached(orbit, factor, this.#options.distancesMm), true);
  }

  #take(orbit: Orbit, keepsFollowing: boolean): void {
    const follow = this.#viewpoint.kind === "orbit" && keepsFollowing ? this.#viewpoint.follow : null;
    this.#journey = null;
    this.#viewpoint = { kind: "orbit", orbit, follow };
  }

  /** Move on to this time; true while there is way to go. */
  step(now: number): boolean {
    const elapsed = this.#last === null ? 16 : Math.min(100, Math.max(0, now - this.#last));
    const travels = this.#travel(now);
    const follows = this.#keepUp(elapsed);
    this.#last = travels || follows ? now : null;
    return travels || follows;
  }

  #travel(now: number): boolean {
    if (this.#journey === null || this.#viewpoint.kind !== "orbit") return false;
    const { from, to, since } = this.#journey;
    const share = Math.min(1, Math.max(0, (now - since) / JOURNEY_MS));
    const eased = share * share * (3 - 2 * share);
    const orbit = share === 1 ? to : between(from, to, eased);
    this.#viewpoint = { ...this.#viewpoint, orbit };
    if (share === 1) this.#journey = null;
    return share < 1;
  }

  #keepUp(elapsedMs: number): boolean {
    const looks = this.#viewpoint;
    if (looks.kind !== "orbit" || looks.follow === null || this.#journey !== null) return false;
    const goal = this.#options.whereIs(looks.follow);
    if (goal === null) return false;
    const [x, y, z] = looks.orbit.targetMm;
    const lag: Vec3 = [goal[0] - x, goal[1] - y, goal[2] - z];
    const far = Math.hypot(...lag);
    const jumps = this.#options.reducedMotion() || far <= ARRIVED_MM;
    const share = jumps ? 1 : 1 - Math.exp(-elapsedMs / FOLLOW_MS);
    const targetMm: Vec3 = [x + lag[0] * share, y + lag[1] * share, z + lag[2] * share];
    this.#viewpoint = { ...looks, orbit: { ...looks.orbit, targetMm } };
    return !jumps;
  }
}
