import { type Clock, pageClock } from "./clock";
import { Emitter } from "./emitter";
import { Playback } from "./playback";
import { type TickFrames, TickSource } from "./tickSource";
import type { TickTable } from "./tickTable";
import { type FrameSource, isAbort } from "./types";

export const MIN_SPEED = 0.1;
export const MAX_SPEED = 4;

export interface PlayerEvents {
  /** Every visible view shows this tick, together with everything drawn over it. */
  presented: { readonly tick: number };
  /** Where the user wants to be; runs ahead of `presented` while frames are on their way. */
  target: { readonly tick: number };
  playing: { readonly playing: boolean };
  failed: { readonly tick: number; readonly error: unknown };
}

export interface PlayerOptions {
  readonly table: Pick<TickTable, "ticks" | "frameAt">;
  /** Ticks a second to play at. */
  readonly fps: number;
  /** By view, of the visible ones alone: nothing is fetched of a view without a source. */
  readonly sources: ReadonlyMap<string, FrameSource>;
  /** Draws the frames and whatever belongs to each; called in an animation frame only. */
  readonly draw: (frames: TickFrames) => void;
  /**
   * What else is shown with a tick, and so soon that its frames are held back for it; asked for once somebody seeks the
   * tick and those who hear of the target have. Never rejects.
   */
  readonly company?: (tick: number) => Promise<void>;
  readonly clock?: Clock;
}

/**
 * Shows the views of a recording by tick; a recording of one view is one of them.
 *
 * There is one place where anything reaches the screen, `#paint`, and it draws all visible views of a tick and
 * their overlays in one animation-frame callback: no view is ever shown at another tick than the others, and no
 * frame with another frame's overlay.
 */
export class Player {
  readonly ticks: number;
  readonly fps: number;
  readonly #events = new Emitter<PlayerEvents>();
  readonly #draw: (frames: TickFrames) => void;
  readonly #company: (tick: number) => Promise<void>;
  readonly #clock: Clock;
  readonly #source: TickSource;
  #current: TickFrames | null = null;
  #next: TickFrames | null = null;
  #seeking: AbortController | null = null;
  #scrubTo: number | null = null;
  #playback: Playback | null = null;
  #target = 0;
  #speed = 1;
  #frameRequest = 0;
  #disposed = false;

  constructor({ table, fps, sources, draw, company, clock = pageClock }: PlayerOptions) {
    this.ticks = table.ticks;
    this.fps = fps;
    this.#source = new TickSource(table, sources);
    this.#draw = draw;
    this.#company = company ?? (() => Promise.resolve());
    this.#clock = clock;
  }

  readonly on: Emitter<PlayerEvents>["on"] = (name, listener) => this.#events.on(name, listener);

  /** Where the frames of each visible view come from. */
  get sources(): ReadonlyMap<string, FrameSource> {
    return this.#source.sources;
  }

  /** The tick on screen, or -1 before the first. */
  get presented(): number {
    return this.#current?.tick ?? -1;
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

  /** Go to a tick; a newer wish replaces an older one, whose frames are then never shown. */
  seek(tick: number): void {
    this.pause();
    this.#scrubTo = null;
    void this.#load(this.#clamp(tick));
  }

  /** Follow a pointer: a tick on its way is still shown, then the newest wish; none in between. */
  scrub(tick: number): void {
    this.pause();
    const wish = this.#clamp(tick);
    if (this.#seeking === null) {
      void this.#load(wish);
    } else {
      this.#scrubTo = wish;
      this.#setTarget(wish);
    }
  }

  step(ticks: number): void {
    this.seek(this.#target + ticks);
  }

  /** The connection is back: fetch the tick that could not be shown. */
  retry(): void {
    if (!this.playing && this.presented !== this.#target) this.seek(this.#target);
  }

  play(): void {
    if (this.playing || this.#disposed) return;
    const from = this.#target >= this.ticks - 1 ? 0 : this.#target;
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

  /**
   * The visible views from now on, and where their frames come from; what is on screen stays until all of them
   * are there. A source that is no longer among them is closed.
   */
  setSources(sources: ReadonlyMap<string, FrameSource>): void {
    const playing = this.playing;
    this.pause();
    this.#source.setSources(sources);
    void this.#load(this.#target);
    if (playing) this.play();
  }

  /** Draw what is on screen again, because a view of it or an overlay changed. */
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
    const fail = (tick: number, error: unknown): void => this.#fail(tick, error);
    this.#playback = new Playback(this.#source, from, this.ticks - 1, this.fps * this.#speed, now, fail);
    this.redraw();
  }

  async #load(tick: number): Promise<void> {
    this.#seeking?.abort();
    const wish = new AbortController();
    this.#seeking = wish;
    // Asked for first: those who hear of the target paint, and the frames come meanwhile.
    const coming = this.#source.get(tick, wish.signal);
    this.#setTarget(tick);
    try {
      const [frames] = await Promise.all([coming, this.#company(tick)]);
      if (wish.signal.aborted || this.#disposed) frames.close();
      else {
        this.#queue(frames);
        this.redraw();
      }
    } catch (error) {
      if (!isAbort(error) && !wish.signal.aborted) this.#fail(tick, error);
    }
    if (this.#seeking !== wish) return;
    this.#seeking = null;
    const newer = this.#scrubTo;
    this.#scrubTo = null;
    if (newer !== null && newer !== tick) void this.#load(newer);
  }

  #queue(frames: TickFrames): void {
    this.#next?.close();
    this.#next = frames;
  }

  #tick(now: number): void {
    this.#frameRequest = 0;
    // Playback starts from the tick sought: nothing later may be shown before that one was painted.
    if (this.#playback !== null && this.#seeking === null && this.#next === null) {
      const frames = this.#playback.take(now);
      if (frames !== null) {
        this.#setTarget(frames.tick);
        this.#queue(frames);
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
    if (fresh !== null) this.#events.emit("presented", { tick: fresh.tick });
  }

  #fail(tick: number, error: unknown): void {
    this.pause();
    this.#events.emit("failed", { tick, error });
  }

  #setTarget(tick: number): void {
    if (tick === this.#target) return;
    this.#target = tick;
    this.#events.emit("target", { tick });
  }

  #clamp(tick: number): number {
    return Math.min(this.ticks - 1, Math.max(0, Math.round(tick)));
  }
}
