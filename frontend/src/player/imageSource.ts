import { fetchPatiently, refuse } from "./bytes";
import { ByteLru } from "./lru";
import { type DecodedFrame, type FrameSource, isAbort, type PlayableVideo, SourceError } from "./types";

/** Of one view by itself. */
export const IMAGE_CACHE_BYTES = 256 * 2 ** 20;
const AHEAD_FRAMES = 8;
const PARALLEL_PREFETCHES = 2;
/** Steps no longer than this count as travel in a direction; longer ones are jumps. */
const TRAVEL_FRAMES = 12;

/** A bitmap with several owners: the cache, and every frame that was handed out. */
class SharedBitmap {
  readonly index: number;
  readonly bitmap: ImageBitmap;
  #owners = 1;

  constructor(index: number, bitmap: ImageBitmap) {
    this.index = index;
    this.bitmap = bitmap;
  }

  share(): DecodedFrame {
    this.#owners++;
    let open = true;
    const close = (): void => {
      if (open) this.release();
      open = false;
    };
    return { index: this.index, image: this.bitmap, close };
  }

  release(): void {
    if (--this.#owners === 0) this.bitmap.close();
  }
}

interface Load {
  readonly promise: Promise<SharedBitmap>;
  readonly abort: AbortController;
  users: number;
}

/** Frames fetched one picture each from the frame endpoint: works everywhere, plain HTTP included. */
export class ImageSource implements FrameSource {
  readonly kind = "images";
  readonly #video: PlayableVideo;
  readonly #cache: ByteLru<number, SharedBitmap>;
  readonly #loads = new Map<number, Load>();
  readonly #wishes = new Set<number>();
  #prefetching = 0;
  #lastIndex: number | null = null;
  #disposed = false;

  constructor(video: PlayableVideo, cacheBytes: number = IMAGE_CACHE_BYTES) {
    this.#video = video;
    this.#cache = new ByteLru<number, SharedBitmap>(cacheBytes, (shared) => shared.release());
  }

  async get(index: number, signal: AbortSignal): Promise<DecodedFrame> {
    signal.throwIfAborted();
    this.#plan(index);
    const cached = this.#cache.get(index);
    if (cached !== undefined) {
      this.#prefetch();
      return cached.share();
    }
    const shared = await this.#join(index, signal);
    this.#prefetch();
    return shared.share();
  }

  setCacheBytes(bytes: number): void {
    this.#cache.setMaxBytes(bytes);
  }

  dispose(): void {
    this.#disposed = true;
    this.#wishes.clear();
    for (const load of this.#loads.values()) load.abort.abort();
    this.#cache.clear();
  }

  /** Load a picture, or join the load that runs; the load ends when its last user gives up. */
  #join(index: number, signal: AbortSignal): Promise<SharedBitmap> {
    const load = this.#loads.get(index) ?? this.#start(index);
    load.users++;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        if (--load.users === 0) load.abort.abort();
        reject(signal.reason);
      };
      signal.addEventListener("abort", leave, { once: true });
      load.promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
    });
  }

  #start(index: number): Load {
    const abort = new AbortController();
    const promise = this.#load(index, abort.signal).finally(() => {
      if (this.#loads.get(index) === load) this.#loads.delete(index);
    });
    const load: Load = { promise, abort, users: 0 };
    this.#loads.set(index, load);
    abort.signal.addEventListener("abort", () => this.#loads.delete(index), { once: true });
    return load;
  }

  async #load(index: number, signal: AbortSignal): Promise<SharedBitmap> {
    const url = this.#video.frameUrlTemplate.replace("{n}", String(index));
    const response = await fetchPatiently(url, { signal }, `Frame ${index}`);
    if (!response.ok) throw refuse(response, `Frame ${index}`);
    const bitmap = await this.#decode(index, await response.blob());
    const shared = new SharedBitmap(index, bitmap);
    if (signal.aborted || this.#disposed) {
      shared.release();
      throw signal.reason ?? new DOMException("The video was closed.", "AbortError");
    }
    this.#cache.set(index, shared, bitmap.width * bitmap.height * 4);
    return shared;
  }

  async #decode(index: number, blob: Blob): Promise<ImageBitmap> {
    try {
      return await createImageBitmap(blob);
    } catch (error) {
      throw new SourceError("decode_failed", `Frame ${index} is not a picture that this browser can read.`, {
        cause: error,
      });
    }
  }

  #plan(index: number): void {
    const delta = index - (this.#lastIndex ?? index);
    this.#lastIndex = index;
    if (delta === 0) return;
    this.#wishes.clear();
    if (Math.abs(delta) > TRAVEL_FRAMES) return;
    for (let step = 1; step <= AHEAD_FRAMES; step++) {
      const wish = index + step * Math.sign(delta);
      if (wish >= 0 && wish < this.#video.frameCount && !this.#cache.has(wish)) this.#wishes.add(wish);
    }
  }

  #prefetch(): void {
    for (const index of this.#wishes) {
      if (this.#disposed || this.#prefetching >= PARALLEL_PREFETCHES) return;
      this.#wishes.delete(index);
      if (this.#cache.has(index) || this.#loads.has(index)) continue;
      this.#prefetching++;
      void this.#prefetchOne(index);
    }
  }

  async #prefetchOne(index: number): Promise<void> {
    const load = this.#start(index);
    load.users++;
    try {
      await load.promise;
    } catch (error) {
      // What a prefetch cannot have is reported when somebody asks for that frame.
      if (!isAbort(error)) this.#wishes.clear();
    } finally {
      load.users--;
      this.#prefetching--;
      this.#prefetch();
    }
  }
}
