/** When the scene is drawn: once an animation frame at most, and only when something changed. */

import type { Clock } from "../player/clock";

/** What is drawn on, as far as its sharpness goes. */
export interface Sharpness {
  /** True where that changed something. */
  sharpen(share: number): boolean;
}

/** Shares of the screen's sharpness that motion is drawn with: where pictures come too late, the next. */
const SHARES = [1, 0.75, 0.5] as const;
/**
 * Where the animation frame after a picture comes later than this, that picture took too long. How far pictures
 * lie apart says nothing: a recording of 30 ticks a second is played with 33 ms between them.
 */
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
  #watch: number | null = null;
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
    for (const handle of [this.#handle, this.#watch]) if (handle !== null) this.#clock.cancelFrame(handle);
    if (this.#rest !== null) clearTimeout(this.#rest);
  }

  #frame(now: number): void {
    this.#handle = null;
    const moves = this.#last !== null && now - this.#last <= REST_MS;
    this.#last = now;
    if (!moves) this.#late = 0;
    // One picture is no motion: another size of the drawing costs more than its pixels.
    const level = moves ? this.#level : 0;
    this.#surface.sharpen(SHARES[level] as number);
    this.#picture(now);
    this.#watch ??= this.#clock.requestFrame((next) => this.#judge(next - now));
    if (level > 0) this.#sharpenAtRest();
  }

  #picture(now: number): void {
    this.#pictures++;
    if (this.#draw(now)) this.request();
  }

  /** Fewer pixels where several pictures in a row took long. A single hitch says nothing, nor a page that was hidden. */
  #judge(tookMs: number): void {
    this.#watch = null;
    if (tookMs > REST_MS) return;
    this.#late = tookMs > LATE_MS ? this.#late + 1 : Math.max(0, this.#late - 1);
    if (this.#late < LATE_PICTURES) return;
    this.#late = 0;
    this.#level = Math.min(SHARES.length - 1, this.#level + 1);
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
