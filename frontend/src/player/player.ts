import { type Clock, pageClock } from "./clock";
import { Emitter } from "./emitter";
import { Playback } from "./playback";
import { type DecodedFrame, type FrameSource, isAbort } from "./types";

export const MIN_SPEED = 0.1;
export const MAX_SPEED = 4;

export interface PlayerEvents {
  /** The frame with this index is on screen, together with everything drawn over it. */
  presented: { readonly index: number };
  /** Where the user wants to be; runs ahead of `presented` while a frame is on its way. */
  target: { readonly index: number };
  playing: { readonly playing: boolean };
  failed: { readonly index: number; readonly error: unknown };
}

export interface PlayerOptions {
  readonly frameCount: number;
  readonly fps: number;
  readonly source: FrameSource;
  /** Draws the frame and whatever belongs to its index; called in an animation frame only. */
  readonly draw: (frame: DecodedFrame) => void;
  readonly clock?: Clock;
}

/**
 * Shows frames of one view by integer index.
 *
 * There is one place where anything reaches the screen, `#paint`, and it draws the frame and its overlay
 * in one animation-frame callback: no frame is ever shown with another frame's overlay.
 */
export class Player {
  readonly frameCount: number;
  readonly fps: number;
  readonly #events = new Emitter<PlayerEvents>();
  readonly #draw: (frame: DecodedFrame) => void;
  readonly #clock: Clock;
  #source: FrameSource;
  #current: DecodedFrame | null = null;
  #next: DecodedFrame | null = null;
  #seeking: AbortController | null = null;
  #scrubTo: number | null = null;
  #playback: Playback | null = null;
  #target = 0;
  #speed = 1;
  #frameRequest = 0;
  #disposed = false;

  constructor({ frameCount, fps, source, draw, clock = pageClock }: PlayerOptions) {
    this.frameCount = frameCount;
    this.fps = fps;
    this.#source = source;
    this.#draw = draw;
    this.#clock = clock;
  }

  readonly on: Emitter<PlayerEvents>["on"] = (name, listener) => this.#events.on(name, listener);

  get source(): FrameSource {
    return this.#source;
  }

  /** Index of the frame on screen, or -1 before the first. */
  get presented(): number {
    return this.#current?.index ?? -1;
  }

  get target(): number {
    return this.#target;
  }

  get playing(): boolean {
    return this.#playback !== null;
  }

  get speed(): number {
    return this.#speed;
  }

  /** Go to a frame; a newer wish replaces an older one, whose frame is then never shown. */
  seek(index: number): void {
    this.pause();
    this.#scrubTo = null;
    void this.#load(this.#clamp(index));
  }

  /** Follow a pointer: a frame on its way is still shown, then the newest wish; none in between. */
  scrub(index: number): void {
    this.pause();
    const wish = this.#clamp(index);
    if (this.#seeking === null) {
      void this.#load(wish);
    } else {
      this.#scrubTo = wish;
      this.#setTarget(wish);
    }
  }

  step(frames: number): void {
    this.seek(this.#target + frames);
  }

  /** The connection is back: fetch the frame that could not be shown. */
  retry(): void {
    if (!this.playing && this.presented !== this.#target) this.seek(this.#target);
  }

  play(): void {
    if (this.playing || this.#disposed) return;
    const from = this.#target >= this.frameCount - 1 ? 0 : this.#target;
    if (from !== this.presented) void this.#load(from);
    this.#startPlayback(from);
    this.#events.emit("playing", { playing: true });
  }

  pause(): void {
    if (this.#playback === null) return;
    this.#playback.stop();
    this.#playback = null;
    if (this.#next === null && this.#seeking === null && this.presented >= 0) this.#setTarget(this.presented);
    this.#events.emit("playing", { playing: false });
  }

  toggle(): void {
    if (this.playing) this.pause();
    else this.play();
  }

  setSpeed(speed: number): void {
    this.#speed = Math.min(MAX_SPEED, Math.max(MIN_SPEED, speed));
    if (this.#playback === null) return;
    this.#playback.stop();
    this.#startPlayback(this.#target);
  }

  /** Take frames from another source from now on; the frame on screen stays until the new one is there. */
  setSource(source: FrameSource): void {
    const playing = this.playing;
    this.pause();
    this.#source.dispose();
    this.#source = source;
    void this.#load(this.#target);
    if (playing) this.play();
  }

  /** Draw the frame on screen again, because its view or its overlay changed. */
  redraw(): void {
    if (this.#frameRequest === 0 && !this.#disposed) {
      this.#frameRequest = this.#clock.requestFrame((now) => this.#tick(now));
    }
  }

  dispose(): void {
    this.#disposed = true;
    this.#clock.cancelFrame(this.#frameRequest);
    this.#seeking?.abort();
    this.#playback?.stop();
    this.#playback = null;
    this.#next?.close();
    this.#current?.close();
    this.#next = this.#current = null;
    this.#source.dispose();
  }

  #startPlayback(from: number): void {
    const now = this.#clock.now();
    const fail = (index: number, error: unknown): void => this.#fail(index, error);
    this.#playback = new Playback(this.#source, from, this.frameCount - 1, this.fps * this.#speed, now, fail);
    this.redraw();
  }

  async #load(index: number): Promise<void> {
    this.#seeking?.abort();
    this.#setTarget(index);
    const wish = new AbortController();
    this.#seeking = wish;
    try {
      const frame = await this.#source.get(index, wish.signal);
      if (wish.signal.aborted || this.#disposed) frame.close();
      else {
        this.#queue(frame);
        this.redraw();
      }
    } catch (error) {
      if (!isAbort(error) && !wish.signal.aborted) this.#fail(index, error);
    }
    if (this.#seeking !== wish) return;
    this.#seeking = null;
    const newer = this.#scrubTo;
    this.#scrubTo = null;
    if (newer !== null && newer !== index) void this.#load(newer);
  }

  #queue(frame: DecodedFrame): void {
    this.#next?.close();
    this.#next = frame;
  }

  #tick(now: number): void {
    this.#frameRequest = 0;
    // Playback starts from the frame sought: nothing later may be shown before that one was painted.
    if (this.#playback !== null && this.#seeking === null && this.#next === null) {
      const frame = this.#playback.take(now);
      if (frame !== null) {
        this.#setTarget(frame.index);
        this.#queue(frame);
      }
    }
    this.#paint();
    if (this.#playback?.finished) this.pause();
    if (this.#playback !== null) this.redraw();
  }

  #paint(): void {
    const fresh = this.#next;
    if (fresh !== null) {
      this.#current?.close();
      this.#current = fresh;
      this.#next = null;
    }
    if (this.#current === null) return;
    this.#draw(this.#current);
    if (fresh !== null) this.#events.emit("presented", { index: fresh.index });
  }

  #fail(index: number, error: unknown): void {
    this.pause();
    this.#events.emit("failed", { index, error });
  }

  #setTarget(index: number): void {
    if (index === this.#target) return;
    this.#target = index;
    this.#events.emit("target", { index });
  }

  #clamp(index: number): number {
    return Math.min(this.frameCount - 1, Math.max(0, Math.round(index)));
  }
}
