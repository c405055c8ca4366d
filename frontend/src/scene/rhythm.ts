/** When the scene is drawn: once an animation frame at most, and only when something changed. */

import type { Clock } from "../player/clock";

/** What is drawn on, as far as its sharpness goes. */
export interface Sharpness {
  /** True where that changed something. */
  sharpen(share: number): boolean;
}

/** Shares of the screen's sharpness that motion is drawn with: where pictures come too late, the next. */
const SHARES = [1, 0.75, 0.5] as const;
/** Pictures further apart than this, in a row, are too late: 40 a second. */
const LATE_MS = 25;
const LATE_PICTURES = 6;
/** Further apart than this they are no motion. */
const REST_MS = 400;

export class Rhythm {
  readonly #surface: Sharpness;
  readonly #draw: (now: number) => boolean;
  readonly #clock: Clock;
  #handle: number | null = null;
  #rest: ReturnType<typeof setTimeout> | null = null;
  #last: number | null = null;
  #late = 0;
  #level = 0;
  #pictures = 0;
  #disposed = false;

  /** `draw` answers whether it wants to be called for the next picture as well. */
  constructor(surface: Sharpness, draw: (now: number) => boolean, clock: Clock) {
    this.#surface = surface;
    this.#draw = draw;
    this.#clock = clock;
  }

  /** Pictures drawn so far. */
  get pictures(): number {
    return this.#pictures;
  }

  request(): void {
    if (this.#disposed) return;
    this.#handle ??= this.#clock.requestFrame((now) => this.#frame(now));
  }

  /** Draw within this task, as after a change of size, which would else show an empty canvas. */
  now(): void {
    if (this.#disposed) return;
    this.#picture(this.#clock.now());
  }

  /** Called within an animation frame: what is asked for is drawn in it, and not in the next. */
  inThisFrame(): void {
    if (this.#disposed || this.#handle === null) return;
    this.#clock.cancelFrame(this.#handle);
    this.#frame(this.#clock.now());
  }

  dispose(): void {
    this.#disposed = true;
    if (this.#handle !== null) this.#clock.cancelFrame(this.#handle);
    if (this.#rest !== null) clearTimeout(this.#rest);
  }

  #frame(now: number): void {
    this.#handle = null;
    const moves = this.#judge(now);
    // One picture is no motion: another size of the drawing costs more than its pixels.
    const level = moves ? this.#level : 0;
    this.#surface.sharpen(SHARES[level] as number);
    this.#picture(now);
    if (level > 0) this.#sharpenAtRest();
  }

  #picture(now: number): void {
    this.#pictures++;
    if (this.#draw(now)) this.request();
  }

  /** Fewer pixels where several pictures in a row were late. A single hitch says nothing. False after a rest. */
  #judge(now: number): boolean {
    const since = this.#last === null ? Number.POSITIVE_INFINITY : now - this.#last;
    this.#last = now;
    if (since > REST_MS) this.#late = 0;
    else this.#late = since > LATE_MS ? this.#late + 1 : Math.max(0, this.#late - 1);
    if (this.#late >= LATE_PICTURES) {
      this.#late = 0;
      this.#level = Math.min(SHARES.length - 1, this.#level + 1);
    }
    return since <= REST_MS;
  }

  /** What stands still is drawn with all pixels. */
  #sharpenAtRest(): void {
    if (this.#rest !== null) clearTimeout(this.#rest);
    this.#rest = setTimeout(() => {
      this.#rest = null;
      if (this.#surface.sharpen(1)) this.now();
    }, REST_MS);
  }
}
