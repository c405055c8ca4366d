/** Where the pictures of the views come from; a view that fails stands aside and does not take the others with it. */

import { type Signal, signal } from "@preact/signals";
import { wordsOf } from "../../api/problem";
import { shareMemory } from "../../player/memory";
import type { FrameSource } from "../../player/types";
import type { StudioVideo } from "../studio/model";

export type OpenSource = (video: StudioVideo) => Promise<FrameSource>;

export class ViewSources {
  /** Views that are left out for now, and why. */
  readonly failed: Signal<ReadonlyMap<string, string>> = signal(new Map());
  readonly #videos: readonly StudioVideo[];
  readonly #open: OpenSource;
  readonly #sources: Map<string, FrameSource>;
  /** Gives the views to the player, which closes those that are gone. */
  readonly #use: (sources: ReadonlyMap<string, FrameSource>) => void;
  #retrying = false;
  #stopped = false;

  constructor(
    videos: readonly StudioVideo[],
    sources: ReadonlyMap<string, FrameSource>,
    open: OpenSource,
    use: (sources: ReadonlyMap<string, FrameSource>) => void,
  ) {
    this.#videos = videos;
    this.#sources = new Map(sources);
    this.#open = open;
    this.#use = use;
    shareMemory(this.#sources);
  }

  /** Leave a view out. */
  drop(view: string, error: unknown): void {
    if (!this.#sources.delete(view)) return;
    this.failed.value = new Map(this.failed.peek()).set(view, wordsOf(error));
    this.#changed();
  }

  /** Try again those that were left out. */
  async retry(): Promise<void> {
    const views = this.failed.peek();
    if (views.size === 0 || this.#retrying) return;
    this.#retrying = true;
    const videos = this.#videos.filter(({ view }) => views.has(view));
    const opened = await Promise.allSettled(
      videos.map(async (video) => [video.view, await this.#open(video)] as const),
    );
    this.#retrying = false;
    const left = new Map(this.failed.peek());
    for (const answer of opened) {
      if (answer.status === "rejected") continue;
      const [view, source] = answer.value;
      if (this.#stopped) source.dispose();
      else this.#sources.set(view, source);
      left.delete(view);
    }
    if (this.#stopped || left.size === this.failed.peek().size) return;
    this.failed.value = left;
    this.#changed();
  }

  stop(): void {
    this.#stopped = true;
  }

  #changed(): void {
    shareMemory(this.#sources);
    this.#use(new Map(this.#sources));
  }
}
