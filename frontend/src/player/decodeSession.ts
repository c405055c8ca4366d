/**
 * Frame-exact decoding of one video, by group of pictures (GOP).
 *
 * One persistent decoder; a GOP is fetched by one byte range and fed sample by sample. A frame's identity
 * is the synthetic time stamp that its chunk carries (index * 1000 microseconds), never a media time.
 * Requests are served in order; a GOP that nobody waits for any more is given up as soon as another one is
 * wanted, so whoever seeks cancels first. When nobody waits, the GOPs ahead in the direction of travel
 * are decoded.
 *
 * After a jump, the frames behind the one that was wanted wait a moment: drawing it has the processor to
 * itself, and whoever jumps again finds the decoder free.
 */

import type { ByteRead } from "./bytes";
import type { FrameTable, Gop } from "./frameTable";
import { type FetchRange, GroupReader } from "./groupReader";
import { ByteLru } from "./lru";
import type { SharedLine } from "./readingAhead";
import { isAbort, SourceError } from "./types";

const MICROSECONDS_PER_FRAME = 1000;
const MAX_QUEUED_CHUNKS = 6;
const GROUPS_AHEAD = 6;
/** Steps no longer than this count as travel in a direction; longer ones are jumps. */
const TRAVEL_FRAMES = 12;
/** A group of pictures is kept whole up to so many frames, however little memory there is: proxies have 4, older ones 12. */
const LONGEST_KEPT_GROUP = 16;
/** How long a jump rests on its frame before the rest of its GOP is decoded. */
const REST_MS = 120;
/** Bytes that are kept as they were read, for each of decoded frames: decoded, a picture takes a hundred times as much. */
const KEPT_SHARE = 1 / 4;
/** After a jump, bytes are read ahead from so soon on; after a step or in playback when that has ended. */
const CALM_AFTER_JUMP_MS = 40;
const CALM_AFTER_TRAVEL_MS = 1000;

/** The part of `VideoFrame` that decoding needs. */
export interface FrameLike {
  readonly timestamp: number;
  readonly codedWidth: number;
  readonly codedHeight: number;
  clone(): FrameLike;
  close(): void;
}

/** The part of `VideoDecoder` that decoding needs, configured and ready. */
export interface DecoderLike {
  readonly decodeQueueSize: number;
  decode(timestamp: number, key: boolean, data: Uint8Array<ArrayBuffer>): void;
  flush(): Promise<void>;
  /** Resolves when the queue got shorter; rejects when the decoder stalled or failed. */
  room(): Promise<void>;
  close(): void;
}

export interface DecodeDeps<F extends FrameLike> {
  createDecoder(onFrame: (frame: F) => void, onError: (error: unknown) => void): DecoderLike;
  readonly fetchRange: FetchRange;
  /** Over which bytes are read that nobody waits for. */
  readonly line: SharedLine;
  /** Whether bytes are read that nobody waits for. */
  readonly readsAhead: boolean;
}

interface Waiter<F> {
  readonly index: number;
  readonly resolve: (frame: F) => void;
  readonly reject: (error: unknown) => void;
}

export class DecodeSession<F extends FrameLike> {
  readonly #table: FrameTable;
  readonly #deps: DecodeDeps<F>;
  readonly #frames: ByteLru<number, F>;
  readonly #groups: GroupReader;
  readonly #waiters = new Set<Waiter<F>>();
  #decoder: DecoderLike | null = null;
  #decoderError: unknown = null;
  #job: { gop: Gop; fetch: AbortController } | null = null;
  #lastIndex: number | null = null;
  #direction: 1 | -1 | 0 = 0;
  /** Ends the rest after a jump. */
  #wake: () => void = () => {};
  /** What is allowed, and what one group of pictures takes: with less, steps back decode it again each time. */
  #cacheBytes: number;
  #groupBytes = 0;
  #disposed = false;

  constructor(table: FrameTable, deps: DecodeDeps<F>, cacheBytes: number) {
    this.#table = table;
    this.#deps = deps;
    this.#groups = new GroupReader(table, deps.fetchRange, deps.line, KEPT_SHARE * cacheBytes);
    this.#frames = new ByteLru<number, F>(cacheBytes, (frame) => frame.close());
    this.#cacheBytes = cacheBytes;
  }

  /** One frame, which the caller owns and must close. */
  get(index: number, signal: AbortSignal): Promise<F> {
    if (signal.aborted) return Promise.reject(signal.reason);
    this.#travel(index);
    this.#groups.standBack();
    const cached = this.#frames.get(index);
    const found = cached === undefined ? this.#wait(index, signal) : Promise.resolve(cached.clone() as F);
    void this.#pump();
    return found;
  }

  /**
   * How much may be kept of decoded frames, and a quarter of it of bytes; of the group of pictures around a frame all
   * is kept anyhow.
   */
  setCacheBytes(bytes: number): void {
    this.#cacheBytes = bytes;
    this.#frames.setMaxBytes(Math.max(bytes, this.#groupBytes));
    this.#groups.setKeptBytes(KEPT_SHARE * bytes);
  }

  dispose(): void {
    this.#disposed = true;
    this.#wake();
    this.#job?.fetch.abort();
    this.#groups.dispose();
    for (const waiter of this.#waiters)
      waiter.reject(new DOMException("The video was closed.", "AbortError"));
    this.#waiters.clear();
    this.#closeDecoder();
    this.#frames.clear();
  }

  #travel(index: number): void {
    const delta = index - (this.#lastIndex ?? index);
    if (delta !== 0) this.#direction = Math.abs(delta) <= TRAVEL_FRAMES ? (delta > 0 ? 1 : -1) : 0;
    this.#lastIndex = index;
  }

  #wait(index: number, signal: AbortSignal): Promise<F> {
    return new Promise((resolve, reject) => {
      const cancel = (): void => {
        this.#waiters.delete(waiter);
        this.#dropStaleFetch();
        reject(signal.reason);
      };
      const settle =
        <T>(then: (value: T) => void) =>
        (value: T): void => {
          signal.removeEventListener("abort", cancel);
          this.#waiters.delete(waiter);
          then(value);
        };
      const waiter: Waiter<F> = { index, resolve: settle(resolve), reject: settle(reject) };
      signal.addEventListener("abort", cancel, { once: true });
      this.#waiters.add(waiter);
      this.#wake();
      this.#dropStaleFetch();
    });
  }

  /** Somebody waits for another GOP, and nobody for this one. */
  #isStale(gop: Gop): boolean {
    let elsewhere = false;
    for (const { index } of this.#waiters) {
      if (index >= gop.first && index <= gop.last) return false;
      elsewhere = true;
    }
    return elsewhere || this.#disposed;
  }

  #dropStaleFetch(): void {
    if (this.#job !== null && this.#isStale(this.#job.gop)) this.#job.fetch.abort();
  }

  async #pump(): Promise<void> {
    if (this.#job !== null) return;
    for (let gop = this.#next(); gop !== null; gop = this.#next()) {
      const job = { gop, fetch: new AbortController() };
      this.#job = job;
      try {
        await this.#decodeGop(gop, job.fetch.signal);
      } catch (error) {
        if (!isAbort(error)) this.#fail(gop, error);
      } finally {
        this.#job = null;
      }
    }
    this.#readAhead();
  }

  #readAhead(): void {
    if (this.#disposed || this.#lastIndex === null || !this.#deps.readsAhead) return;
    this.#groups.readAhead(
      this.#lastIndex,
      this.#direction === 0 ? CALM_AFTER_JUMP_MS : CALM_AFTER_TRAVEL_MS,
    );
  }

  #next(): Gop | null {
    if (this.#disposed) return null;
    for (const { index } of this.#waiters) return this.#table.gopOf(index);
    if (this.#direction === 0 || this.#lastIndex === null) return null;
    // A GOP ahead is worth decoding only where it does not push out the ones nearer to the reader.
    const here = this.#table.gopOf(this.#lastIndex);
    const frameBytes = this.#frames.size === 0 ? 0 : this.#frames.bytes / this.#frames.size;
    const room = this.#frames.maxBytes / Math.max(1, frameBytes * (here.last - here.first + 1));
    const groups = Math.min(GROUPS_AHEAD, Math.floor(room) - 2);
    const ahead = groups > 0 ? this.#table.ahead(this.#lastIndex, this.#direction, groups) : [];
    return ahead.find((gop) => !this.#isDecoded(gop)) ?? null;
  }

  #isDecoded(gop: Gop): boolean {
    for (let i = gop.first; i <= gop.last; i++) if (!this.#frames.has(i)) return false;
    return true;
  }

  async #decodeGop(gop: Gop, signal: AbortSignal): Promise<void> {
    const read = await this.#groups.read(gop, signal);
    try {
      await this.#feed(gop, read);
    } catch (first) {
      if (isAbort(first) || first instanceof SourceError || this.#disposed) throw first;
      // A decoder that failed or stalled is replaced, and what it holds is released, before one retry.
      this.#closeDecoder();
      this.#frames.clear();
      await this.#feed(gop, read);
    }
  }

  async #feed(gop: Gop, read: ByteRead): Promise<void> {
    this.#decoder ??= this.#deps.createDecoder(
      (frame) => this.#keep(frame),
      (error) => {
        this.#decoderError = error;
        this.#wake();
      },
    );
    const decoder = this.#decoder;
    const asked = [...this.#waiters].filter(({ index }) => index >= gop.first && index <= gop.last);
    let rested = false;
    for (let i = gop.first; i <= gop.last; i++) {
      if (!rested && this.#direction === 0 && this.#isDoneBefore(gop, i)) {
        rested = true;
        await this.#groups.finish(gop, read);
        if (this.#isDoneBefore(gop, i)) await this.#rest();
      }
      // Given up without a flush: what the decoder still holds comes out under its own index.
      if (this.#isStale(gop)) return;
      if (this.#decoderError !== null) throw this.#decoderError;
      const { start, end } = this.#table.sample(i);
      await read.until(end - gop.byteStart);
      const data = read.bytes.subarray(start - gop.byteStart, end - gop.byteStart);
      decoder.decode(i * MICROSECONDS_PER_FRAME, this.#table.isKey(i), data);
      while (decoder.decodeQueueSize > MAX_QUEUED_CHUNKS) await decoder.room();
    }
    await this.#groups.finish(gop, read);
    await decoder.flush();
    if (this.#decoderError !== null) throw this.#decoderError;
    const missing = asked.find((waiter) => this.#waiters.has(waiter));
    if (missing !== undefined) throw new Error(`The decoder gave no frame ${missing.index}.`);
  }

  /** Nobody waits for anything but frames of this GOP before `index`, which the decoder has. */
  #isDoneBefore(gop: Gop, index: number): boolean {
    for (const waiter of this.#waiters) if (waiter.index < gop.first || waiter.index >= index) return false;
    return true;
  }

  /** Wait a moment, or until somebody wants a frame. */
  #rest(): Promise<void> {
    this.#readAhead();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake(), REST_MS);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = () => {};
        resolve();
      };
    });
  }

  #keep(frame: F): void {
    const index = Math.round(frame.timestamp / MICROSECONDS_PER_FRAME);
    if (this.#disposed || index < 0 || index >= this.#table.count) {
      frame.close();
      return;
    }
    for (const waiter of [...this.#waiters]) if (waiter.index === index) waiter.resolve(frame.clone() as F);
    const bytes = frame.codedWidth * frame.codedHeight * 1.5;
    this.#makeRoom(index, bytes);
    this.#frames.set(index, frame, bytes);
  }

  #makeRoom(index: number, frameBytes: number): void {
    const { first, last } = this.#table.gopOf(index);
    const groupBytes = Math.min(last - first + 1, LONGEST_KEPT_GROUP) * frameBytes;
    if (groupBytes <= this.#groupBytes) return;
    this.#groupBytes = groupBytes;
    this.setCacheBytes(this.#cacheBytes);
  }

  #fail(gop: Gop, error: unknown): void {
    this.#closeDecoder();
    const reason =
      error instanceof SourceError
        ? error
        : new SourceError(
            "decode_failed",
            `This browser could not decode frames ${gop.first} to ${gop.last}.`,
            {
              cause: error,
            },
          );
    for (const waiter of [...this.#waiters]) {
      if (waiter.index >= gop.first && waiter.index <= gop.last) waiter.reject(reason);
    }
    this.#direction = 0;
  }

  #closeDecoder(): void {
    this.#decoder?.close();
    this.#decoder = null;
    this.#decoderError = null;
  }
}
