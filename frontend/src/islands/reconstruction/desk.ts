/** The 3D page at work: one clock for the videos, the scene and the figures beside them. */

import { effect, type Signal, signal } from "@preact/signals";
import { type Api, bodyOf } from "../../api/client";
import type { JobFeed } from "../../api/jobFeed";
import { wordsOf } from "../../api/problem";
import type { Quality, Reconstruction } from "../../api/types";
import { FallbackSource } from "../../player/fallbackSource";
import { ImageSource } from "../../player/imageSource";
import { shareMemory } from "../../player/memory";
import { Player } from "../../player/player";
import type { TickFrames } from "../../player/tickSource";
import type { FrameSource } from "../../player/types";
import { canUseWebCodecs, WebCodecsSource } from "../../player/webCodecsSource";
import { PoseWindows } from "../../poses3d/poseWindows";
import type { PickedJoint, Scene3D } from "../../scene";
import type { StudioVideo } from "../studio/model";
import { type FetchRange, readFloats, readReconstruction, type Space } from "./model";
import { Residuals } from "./residuals";
import type { ViewPicture } from "./viewPicture";

/** Bins of the timeline; about one a pixel of a small screen. */
const QUALITY_BINS = 400;

export interface DeskNote {
  readonly tone: "info" | "bad";
  readonly words: string;
}

export class Desk {
  readonly space: Space;
  readonly player: Player;
  readonly poses: PoseWindows;
  /** On the screen, of videos and poses alike; -1 before the first. */
  readonly tick = signal(-1);
  readonly target = signal(0);
  readonly playing = signal(false);
  readonly residuals: Signal<readonly number[] | null> = signal(null);
  readonly quality: Signal<Quality | null> = signal(null);
  readonly picked: Signal<PickedJoint | null> = signal(null);
  readonly hovered: Signal<PickedJoint | null> = signal(null);
  readonly reconstruction: Signal<Reconstruction>;
  readonly notes: Signal<readonly DeskNote[]> = signal([]);
  readonly #api: Api;
  readonly #signal: AbortSignal;
  readonly #residuals: Residuals;
  readonly #pictures = new Map<string, ViewPicture>();
  readonly #stops: (() => void)[] = [];
  #scene: Scene3D | null = null;

  constructor(
    api: Api,
    feed: JobFeed,
    space: Space,
    sources: ReadonlyMap<string, FrameSource>,
    end: AbortSignal,
  ) {
    this.#api = api;
    this.#signal = end;
    this.space = space;
    const { reconstruction, individuals, skeleton, recording } = space;
    this.reconstruction = signal(reconstruction);
    const { tick_count: ticks, views } = reconstruction;
    this.poses = new PoseWindows({
      shape: { ticks, individuals: Math.max(1, individuals.length), keypoints: skeleton.names.length },
      ticksDone: reconstruction.ticks_done,
      fetchWindow: this.#range("window"),
    });
    this.#residuals = new Residuals(this.#range("residuals"), ticks, views.length);
    this.player = new Player({
      table: recording?.table ?? { ticks, frameAt: () => null },
      fps: recording?.fps ?? 25,
      sources,
      draw: (frames) => this.#draw(frames),
    });
    shareMemory(sources);
    this.#listen(feed);
    void this.#readQuality();
    if (recording === null) this.note("info", `The videos cannot be shown. ${space.absence}`);
  }

  /** The scene, once its canvas is there; null again when it goes. */
  attachScene(scene: Scene3D | null): void {
    this.#scene = scene;
    if (scene === null) return;
    scene.on("pick", (joint) => {
      this.picked.value = joint;
    });
    scene.on("hover", (joint) => {
      this.hovered.value = joint;
    });
    if (this.tick.value >= 0) scene.setTick(this.tick.value);
    this.player.redraw();
  }

  get scene(): Scene3D | null {
    return this.#scene;
  }

  attachPicture(view: string, picture: ViewPicture | null): void {
    if (picture === null) this.#pictures.delete(view);
    else this.#pictures.set(view, picture);
    this.player.redraw();
  }

  note(tone: DeskNote["tone"], words: string): void {
    if (this.notes.value.some((note) => note.words === words)) return;
    this.notes.value = [...this.notes.value, { tone, words }];
  }

  dispose(): void {
    for (const stop of this.#stops) stop();
    this.player.dispose();
    this.poses.dispose();
    this.#residuals.forget();
  }

  #draw({ frames }: TickFrames): void {
    for (const [view, frame] of frames) {
      this.#pictures.get(view)?.draw(frame);
      if (this.space.cameras.some(({ name }) => name === view)) {
        this.#scene?.setViewImage(view, frame?.image ?? null);
      }
    }
  }

  #listen(feed: JobFeed): void {
    const { player } = this;
    player.on("presented", ({ tick }) => {
      this.tick.value = tick;
      this.#scene?.setTick(tick);
      this.#showResiduals();
    });
    player.on("target", ({ tick }) => {
      this.target.value = tick;
    });
    player.on("playing", ({ playing }) => {
      this.playing.value = playing;
    });
    player.on("failed", ({ error }) => this.note("bad", `A view could not be shown. ${wordsOf(error)}`));
    this.#stops.push(
      this.poses.on("failed", ({ error }) =>
        this.note("bad", `3D poses could not be read; they are asked for again. ${wordsOf(error)}`),
      ),
    );
    if (this.reconstruction.value.state === "running") this.#follow(feed);
  }

  /** Poses come as they are made; where no socket opens, the job's progress tells. */
  #follow(feed: JobFeed): void {
    const { id, ticks_done, job_id } = this.reconstruction.value;
    this.#stops.push(
      feed.followPoses(id, ticks_done, ({ ticksDone, state }) => this.#grown(ticksDone, state)),
      effect(() => {
        const job = job_id === null ? undefined : feed.jobs.value.get(job_id);
        if (feed.connection.value === "polling" && job !== undefined) void this.#reread();
      }),
    );
  }

  async #reread(): Promise<void> {
    try {
      const now = await readReconstruction(this.#api, this.reconstruction.peek().id, this.#signal);
      this.#grown(now.ticks_done, now.state);
    } catch {
      // The feed says that the page is not live; the next answer of its polling asks again.
    }
  }

  #grown(ticksDone: number, state: Reconstruction["state"]): void {
    const before = this.reconstruction.peek();
    if (before.ticks_done === ticksDone && before.state === state) return;
    this.reconstruction.value = { ...before, ticks_done: ticksDone, state };
    this.poses.grown(ticksDone);
    this.#residuals.forget();
    this.#showResiduals();
    void this.#readQuality();
  }

  #showResiduals(): void {
    const tick = this.tick.peek();
    if (tick < 0) return;
    const found = this.#residuals.at(tick, () => this.#showResiduals());
    if (found !== null) this.residuals.value = [...found];
  }

  async #readQuality(): Promise<void> {
    const { id } = this.reconstruction.peek();
    const params = { path: { reconstruction_id: id }, query: { bins: QUALITY_BINS } };
    const options = { params, signal: this.#signal };
    try {
      this.quality.value = await bodyOf(
        this.#api.GET("/api/v1/reconstructions/{reconstruction_id}/quality", options),
      );
    } catch (error) {
      if (!this.#signal.aborted)
        this.note("bad", `The quality timeline could not be read. ${wordsOf(error)}`);
    }
  }

  #range(what: "window" | "residuals"): FetchRange {
    const { id } = this.space.reconstruction;
    return (start, stop, end) =>
      readFloats(`/api/v1/reconstructions/${id}/${what}?start=${start}&stop=${stop}`, end);
  }
}

/** A source for each view that can be played; WebCodecs wherever it works. */
export async function openSources(
  space: Space,
  onNote: (words: string) => void,
): Promise<Map<string, FrameSource>> {
  const videos = space.recording?.videos ?? [];
  const opened = await Promise.all(
    videos.map(async (video) => [video.view, await openSource(video, onNote)] as const),
  );
  return new Map(opened);
}

async function openSource(video: StudioVideo, onNote: (words: string) => void): Promise<FrameSource> {
  const pictures = (): FrameSource => new ImageSource(video);
  if (!(await canUseWebCodecs(video))) return pictures();
  return new FallbackSource(new WebCodecsSource(video), pictures, (error) =>
    onNote(`${wordsOf(error)} Showing single pictures of ${video.view} instead; frames are the same.`),
  );
}
