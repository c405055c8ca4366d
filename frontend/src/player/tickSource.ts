import type { TickTable } from "./tickTable";
import { type DecodedFrame, type FrameSource, isAbort } from "./types";

/** The frames of one tick, of every visible view. Whoever receives it owns it and must call `close` once. */
export interface TickFrames {
  readonly tick: number;
  /** By view; null where the view has no frame at this tick. */
  readonly frames: ReadonlyMap<string, DecodedFrame | null>;
  close(): void;
}

/** The frame of one view could not be had, and so its tick could not. */
export class ViewFailed extends Error {
  readonly view: string;
  readonly frame: number;

  constructor(view: string, frame: number, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = "ViewFailed";
    this.view = view;
    this.frame = frame;
  }
}

/**
 * Ticks out of the sources of the visible views: all frames of a tick, or none.
 *
 * The views are asked at the same time. Where one fails or the wish is given up, the others are told so, and
 * frames that came already are closed.
 */
export class TickSource {
  readonly #table: Pick<TickTable, "frameAt">;
  #sources: ReadonlyMap<string, FrameSource>;

  constructor(table: Pick<TickTable, "frameAt">, sources: ReadonlyMap<string, FrameSource>) {
    this.#table = table;
    this.#sources = sources;
  }

  get sources(): ReadonlyMap<string, FrameSource> {
    return this.#sources;
  }

  /** The visible views from now on; the source of a view that is gone, or has another now, is closed. */
  setSources(sources: ReadonlyMap<string, FrameSource>): void {
    const before = this.#sources;
    this.#sources = sources;
    for (const [view, source] of before) if (sources.get(view) !== source) source.dispose();
  }

  async get(tick: number, signal: AbortSignal): Promise<TickFrames> {
    signal.throwIfAborted();
    const together = new AbortController();
    const leave = (): void => together.abort(signal.reason);
    signal.addEventListener("abort", leave, { once: true });
    const wishes = [...this.#sources].map(([view, source]) =>
      this.#frame(view, source, tick, together.signal).catch((error: unknown) => {
        together.abort(); // the tick cannot be shown: nobody waits for the rest of it
        throw error;
      }),
    );
    const answers = await Promise.allSettled(wishes);
    signal.removeEventListener("abort", leave);
    return ticked(tick, answers, signal);
  }

  dispose(): void {
    for (const source of this.#sources.values()) source.dispose();
  }

  async #frame(view: string, source: FrameSource, tick: number, signal: AbortSignal): Promise<ViewFrame> {
    const index = this.#table.frameAt(view, tick);
    if (index === null) return [view, null];
    try {
      return [view, await source.get(index, signal)];
    } catch (error) {
      throw isAbort(error) ? error : new ViewFailed(view, index, error);
    }
  }
}

type ViewFrame = readonly [view: string, frame: DecodedFrame | null];

function ticked(
  tick: number,
  answers: readonly PromiseSettledResult<ViewFrame>[],
  signal: AbortSignal,
): TickFrames {
  const frames = new Map<string, DecodedFrame | null>();
  for (const answer of answers) if (answer.status === "fulfilled") frames.set(...answer.value);
  const close = (): void => {
    for (const frame of frames.values()) frame?.close();
  };
  const failures = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason] : []));
  if (failures.length === 0 && !signal.aborted) return { tick, frames, close };
  close();
  if (signal.aborted) throw signal.reason;
  // The views that were told to give up came to no harm of their own.
  throw failures.find((failure) => !isAbort(failure)) ?? failures[0];
}
