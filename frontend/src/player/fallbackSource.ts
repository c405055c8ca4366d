import {
  type DecodedFrame,
  type FrameSource,
  isAbort,
  SourceError,
  type SourceErrorCode,
  type SourceKind,
} from "./types";

/** Failures that lie in decoding, so that single pictures can still work. */
const DECODING: ReadonlySet<SourceErrorCode> = new Set(["decode_failed", "unsupported", "bad_index"]);

/**
 * Frames decoded in the browser for as long as that works, and from then on single pictures of the server.
 *
 * Whoever asks for a frame does not notice but for `onFall`: what was under way is asked for again.
 */
export class FallbackSource implements FrameSource {
  readonly #makePictures: () => FrameSource;
  readonly #onFall: (error: unknown) => void;
  #source: FrameSource;
  #cacheBytes: number | null = null;
  #disposed = false;

  constructor(decoding: FrameSource, makePictures: () => FrameSource, onFall: (error: unknown) => void) {
    this.#source = decoding;
    this.#makePictures = makePictures;
    this.#onFall = onFall;
  }

  get kind(): SourceKind {
    return this.#source.kind;
  }

  async get(index: number, signal: AbortSignal): Promise<DecodedFrame> {
    const source = this.#source;
    try {
      return await source.get(index, signal);
    } catch (error) {
      if (signal.aborted || this.#disposed) throw error;
      // Another request may have met the failure first; closing the old source ended this one.
      if (this.#source === source) {
        if (source.kind !== "webcodecs" || !isOfDecoding(error)) throw error;
        this.#fall(error);
      }
      return this.#source.get(index, signal);
    }
  }

  setCacheBytes(bytes: number): void {
    this.#cacheBytes = bytes;
    this.#source.setCacheBytes(bytes);
  }

  dispose(): void {
    this.#disposed = true;
    this.#source.dispose();
  }

  #fall(error: unknown): void {
    const failed = this.#source;
    this.#source = this.#makePictures();
    if (this.#cacheBytes !== null) this.#source.setCacheBytes(this.#cacheBytes);
    failed.dispose();
    this.#onFall(error);
  }
}

function isOfDecoding(error: unknown): boolean {
  return !isAbort(error) && (!(error instanceof SourceError) || DECODING.has(error.code));
}
