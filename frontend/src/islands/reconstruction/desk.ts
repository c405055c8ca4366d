/** The 3D page at work: one clock for the videos, the scene and the figures beside them. */

import { effect, type Signal, signal } from "@preact/signals";
import { type Api, bodyOf } from "../../api/client";
import type { JobFeed } from "../../api/jobFeed";
import type { PoseNews } from "../../api/poseFollows";
import { wordsOf } from "../../api/problem";
import type { Quality, Reconstruction } from "../../api/types";
import { type Clock, pageClock } from "../../player/clock";
import { Player } from "../../player/player";
import { savesData, sharedLine } from "../../player/readingAhead";
import { type TickFrames, ViewFailed } from "../../player/tickSource";
import type { FrameSource } from "../../player/types";
import { PoseWindows } from "../../poses3d/poseWindows";
import type { PickedJoint, Scene3D } from "../../scene";
import { CLOCK_CHANGED } from "../parts/truth";
import { Growth } from "./growth";
import { LatestRead } from "./latestRead";
import { Look } from "./look";
import { type FetchRange, readFloats, readReconstruction, type Space } from "./model";
import { Residuals } from "./residuals";
import type { ViewPicture } from "./viewPicture";
import { type OpenSource, ViewSources } from "./viewSources";

/** Bins of the timeline; about one a pixel of a small screen. */
const QUALITY_BINS = 400;
/** Between two readings of the timeline while a job goes on. */
const QUALITY_PAUSE_MS = 2_000;
/** What has no time base is played at this many ticks a second, and no time is shown of it. */
const TIMELESS_HZ = 25;
/**
 * Where the pictures of a tick come within this, its number and its place on the timeline are drawn with them. Every
 * drawing of the page costs a browser without a graphics card some 40 ms, and what comes after it waits for it.
 */
const TOGETHER_MS = 100;

export interface DeskNote {
  readonly tone: "info" | "bad";
  readonly words: string;
}

export interface DeskOptions {
  readonly api: Api;
  readonly feed: Pick<JobFeed, "jobs" | "connection" | "followPoses">;
  readonly space: Space;
  readonly sources: ReadonlyMap<string, FrameSource>;
  readonly open: OpenSource;
  /** The viewpoint of the address; empty for the usual one. */
  readonly from: string;
  /** What is shown is not what the page was made for: it must be made anew. */
  readonly onOutgrown: () => void;
  readonly clock?: Clock;
}

export class Desk {
  readonly space: Space;
  readonly player: Player;
  readonly poses: PoseWindows;
  readonly views: ViewSources;
  readonly look: Look;
  /** On the screen, of videos and poses alike; -1 before the first. */
  readonly tick = signal(-1);
  /** Where the person goes, as the page says it: with the pictures of that tick where these come soon. */
  readonly target = signal(0);
  readonly playing = signal(false);
  /** Stays at the newest tick that a running job has made. */
  readonly newest = signal(false);
  readonly residuals: Signal<readonly number[] | null> = signal(null);
  readonly quality: Signal<Quality | null> = signal(null);
  readonly picked: Signal<PickedJoint | null> = signal(null);
  readonly hovered: Signal<PickedJoint | null> = signal(null);
  /** The scene shows a tick at which no keypoint was placed. */
  readonly nothingPlaced = signal(false);
  readonly notes: Signal<readonly DeskNote[]> = signal([]);
  readonly #api: Api;
  readonly #end = new AbortController();
  readonly #growth: Growth;
  readonly #residuals: Residuals;
  readonly #quality: LatestRead;
  readonly #pictures = new Map<string, ViewPicture>();
  readonly #told = new Set<string>();
  #askedForQuality = false;
  #targetTimer: ReturnType<typeof setTimeout> | null = null;
  readonly #stops: (() => void)[] = [];

  constructor({ api, feed, space, sources, open, from, onOutgrown, clock = pageClock }: DeskOptions) {
    this.#api = api;
    this.space = space;
    const { reconstruction, individuals, skeleton, recording } = space;
    const { id, tick_count: ticks, views } = reconstruction;
    this.look = new Look(space, from, (tone, words) => this.note(tone, words));
    this.poses = new PoseWindows({
      shape: { ticks, individuals: individuals.length, keypoints: skeleton.names.length },
      ticksDone: reconstruction.ticks_done,
      fetchWindow: this.#range("window", "3D poses"),
      ...(savesData() ? {} : { line: sharedLine }),
    });
    const shape = { ticks, views: views.length, ticksDone: reconstruction.ticks_done };
    this.#residuals = new Residuals(this.#range("residuals", "Reprojection errors"), shape, (error) =>
      this.note("bad", `Reprojection errors could not be read. ${wordsOf(error)}`),
    );
    this.#quality = new LatestRead(() => this.#readQuality(), QUALITY_PAUSE_MS);
    this.player = new Player({
      table: recording?.table ?? { ticks, frameAt: () => null },
      fps: space.fps ?? TIMELESS_HZ,
      sources,
      draw: (frames) => this.#draw(frames),
      company: (tick) => this.#posesOf(tick),
      clock,
    });
    const use = (left: ReadonlyMap<string, FrameSource>): void => this.player.setSources(left);
    this.views = new ViewSources(recording?.videos ?? [], sources, open, use);
    this.#listen();
    this.#growth = new Growth(feed, reconstruction, () => readReconstruction(api, id, this.#end.signal), {
      poses: (news) => this.#take(news, onOutgrown),
      readable: (ticksDone) => this.#readable(ticksDone),
      changed: () => this.#changed(),
      outgrown: onOutgrown,
      note: (tone, words) => this.note(tone, words),
    });
    this.#stops.push(effect(() => this.#tell(this.reconstruction.value)));
    this.#retryWhenBack(feed);
    if (recording === null) this.note("info", `The videos cannot be shown. ${space.absence}`);
  }

  /** As it is now; it changes while its job runs. */
  get reconstruction(): Signal<Reconstruction> {
    return this.#growth.reconstruction;
  }

  /** Begin at this tick; its poses are asked for beside its pictures, not after them. */
  open(tick: number): void {
    this.player.seek(tick);
    this.#tellTarget();
    this.poses.want(this.player.target);
  }

  /** The scene, once its canvas is there; null again when it goes. */
  attachScene(scene: Scene3D | null): void {
    this.look.attach(scene);
    if (scene === null) return;
    scene.on("pick", (joint) => {
      this.picked.value = joint;
    });
    scene.on("hover", (joint) => {
      this.hovered.value = joint;
    });
    // A joint that was pressed is a place at one tick: at another it is no longer there.
    scene.on("shown", ({ tick }) => {
      this.#lookForPlaces();
      if (this.picked.peek()?.tick !== tick) this.picked.value = null;
    });
    // Before the first picture of the videos there is nothing that the scene could run ahead of.
    scene.setTick(this.tick.peek() >= 0 ? this.tick.peek() : this.player.target);
    this.player.redraw();
  }

  get scene(): Scene3D | null {
    return this.look.scene.value;
  }

  attachPicture(view: string, picture: ViewPicture | null): void {
    if (picture === null) this.#pictures.delete(view);
    else this.#pictures.set(view, picture);
    this.player.redraw();
  }

  /** Show the newest tick now and whenever there is a newer one, until somebody goes elsewhere. */
  setNewest(on: boolean): void {
    this.newest.value = on;
    if (on) this.#showNewest();
  }

  note(tone: DeskNote["tone"], words: string): void {
    const notes = this.notes.peek();
    if (notes.some((note) => note.words === words)) return;
    this.notes.value = [...notes, { tone, words }];
  }

  dispose(): void {
    this.#end.abort();
    if (this.#targetTimer !== null) clearTimeout(this.#targetTimer);
    for (const stop of this.#stops) stop();
    this.#growth.stop();
    this.#quality.stop();
    this.views.stop();
    this.player.dispose();
    this.poses.dispose();
    this.#residuals.stop();
  }

  /** Until the poses of a tick that are on their way are there, or have come too late to be drawn with its videos. */
  #posesOf(tick: number): Promise<void> {
    const isSettled = (): boolean => this.poses.windowOf(tick) !== null || !this.poses.isComing(tick);
    if (isSettled()) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(late);
        for (const stop of stops) stop();
        resolve();
      };
      const late = setTimeout(end, TOGETHER_MS);
      const look = (): void => {
        if (isSettled()) end();
      };
      const stops = [this.poses.on("loaded", look), this.poses.on("failed", look)];
    });
  }

  #draw({ frames }: TickFrames): void {
    for (const [view, frame] of frames) {
      this.#pictures.get(view)?.draw(frame);
      if (this.space.cameras.some(({ name }) => name === view)) {
        this.scene?.setViewImage(view, frame?.image ?? null);
      }
    }
  }

  #listen(): void {
    const { player } = this;
    player.on("presented", ({ tick }) => {
      this.#tellTarget();
      this.#show(tick);
      // Videos and poses of a tick reach the screen together.
      this.scene?.drawInThisFrame();
    });
    player.on("target", ({ tick }) => {
      this.#targetTimer ??= setTimeout(() => this.#tellTarget(), TOGETHER_MS);
      this.poses.expect(tick);
      this.#expectResiduals();
      if (this.tick.peek() < 0) this.scene?.setTick(tick);
      // Somebody went elsewhere.
      if (this.newest.peek() && tick !== this.#newestTick) this.newest.value = false;
    });
    player.on("playing", ({ playing }) => {
      this.playing.value = playing;
      if (playing) this.newest.value = false;
    });
    player.on("failed", ({ tick, error }) => this.#failed(tick, error));
    this.#stops.push(
      this.poses.on("loaded", () => {
        this.#expectResiduals();
        this.#askForQuality();
        this.#lookForPlaces();
      }),
      this.poses.on("failed", ({ error, again }) => {
        this.#askForQuality();
        const then = again ? "they are asked for again" : "reload the page to ask again";
        this.note("bad", `3D poses could not be read; ${then}. ${wordsOf(error)}`);
      }),
    );
  }

  #tellTarget(): void {
    if (this.#targetTimer !== null) clearTimeout(this.#targetTimer);
    this.#targetTimer = null;
    this.target.value = this.player.target;
  }

  #show(tick: number): void {
    this.tick.value = tick;
    this.poses.want(tick);
    if (this.poses.windowOf(tick) !== null) this.#askForQuality();
    this.scene?.setTick(tick);
    this.#showResiduals();
  }

  /** The view that failed stands aside, so that the others and the scene go on. */
  #failed(tick: number, error: unknown): void {
    if (!(error instanceof ViewFailed)) {
      this.note("bad", `Tick ${tick} could not be shown in the videos. ${wordsOf(error)}`);
      this.#show(tick);
      return;
    }
    this.#pictures.get(error.view)?.draw(null);
    if (this.space.cameras.some(({ name }) => name === error.view))
      this.scene?.setViewImage(error.view, null);
    this.views.drop(error.view, error);
  }

  #retryWhenBack(feed: DeskOptions["feed"]): void {
    const retry = (): void => {
      this.poses.retry();
      void this.views.retry();
    };
    window.addEventListener("online", retry, { signal: this.#end.signal });
    let before = feed.connection.peek();
    this.#stops.push(
      effect(() => {
        const now = feed.connection.value;
        if (now === "live" && before !== "live") retry();
        before = now;
      }),
    );
  }

  /** What is said of it, each once: whoever has dismissed a note is not told again. */
  #tell({ warnings, sync_changed, bounds_mm, state }: Reconstruction): void {
    for (const words of sync_changed
      ? [`${CLOCK_CHANGED} Both are shown by the clock of then.`, ...warnings]
      : warnings) {
      if (!this.#told.has(words)) this.note("info", words);
      this.#told.add(words);
    }
    this.look.reach(bounds_mm, state === "ready");
  }

  #take({ start, stop, values, ticksDone, individuals }: PoseNews, onOutgrown: () => void): void {
    if (stop > start && individuals !== this.poses.shape.individuals) {
      onOutgrown();
      return;
    }
    if (stop > start) this.poses.fill(start, stop, values, ticksDone);
    else this.poses.grown(ticksDone);
    this.#showNewest();
  }

  #readable(ticksDone: number): void {
    this.poses.grown(ticksDone);
    this.#showNewest();
  }

  /** Of the tick that the scene shows; it may be shown before its poses are known. */
  #lookForPlaces(): void {
    const tick = this.scene?.shownTick ?? null;
    this.nothingPlaced.value = tick !== null && this.poses.hasPlace(tick) === false;
  }

  get #newestTick(): number {
    return Math.max(0, this.poses.ticksDone - 1);
  }

  #showNewest(): void {
    if (this.newest.peek() && this.player.target !== this.#newestTick) this.player.seek(this.#newestTick);
  }

  #changed(): void {
    this.#residuals.grown(this.reconstruction.peek().ticks_done);
    this.#showResiduals();
    this.#quality.ask();
  }

  /**
   * Ask for those of where the person goes, so that they come with its pictures; behind its poses, so that those who
   * rush through a recording, and wait for none, do not ask for both.
   */
  #expectResiduals(): void {
    const { target } = this.player;
    if (this.poses.windowOf(target) !== null) this.#residuals.at(target, () => this.#showResiduals());
  }

  #showResiduals(): void {
    const tick = this.tick.peek();
    if (tick < 0) return;
    const found = this.#residuals.at(tick, () => this.#showResiduals());
    // Those of another tick are no figures of this one.
    this.residuals.value = found === null ? null : [...found];
  }

  /** Once, behind the poses that are shown first: the server reads all of the result for it. */
  #askForQuality(): void {
    if (this.#askedForQuality) return;
    this.#askedForQuality = true;
    this.#quality.ask();
  }

  async #readQuality(): Promise<void> {
    const { id } = this.space.reconstruction;
    const params = { path: { reconstruction_id: id }, query: { bins: QUALITY_BINS } };
    const { signal: end } = this.#end;
    try {
      this.quality.value = await bodyOf(
        this.#api.GET("/api/v1/reconstructions/{reconstruction_id}/quality", { params, signal: end }),
      );
    } catch (error) {
      if (!end.aborted) this.note("bad", `The quality timeline could not be read. ${wordsOf(error)}`);
    }
  }

  #range(path: "window" | "residuals", what: string): FetchRange {
    const { id } = this.space.reconstruction;
    return (start, stop, end) =>
      readFloats(what, `/api/v1/reconstructions/${id}/${path}?start=${start}&stop=${stop}`, end);
  }
}
