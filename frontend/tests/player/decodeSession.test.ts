import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ByteRead } from "../../src/player/bytes";
import { type DecoderLike, DecodeSession, type FrameLike } from "../../src/player/decodeSession";
import { SourceError } from "../../src/player/types";
import { table } from "./sidecar";

/** Counts open frames, so that a leak shows. */
class Rig {
  open = 0;
  fetched: number[] = [];
  decoded: number[] = [];
  decoders = 0;
  /** Makes the next so many decoders fail at their first flush. */
  failing = 0;
  silent = false;
  readsAhead = false;
  /** Outputs wait here until the test lets them out; null: they come at once. */
  held: (() => void)[] | null = null;
  gate: Promise<void> = Promise.resolve();
  /** Bytes of a range that come before the others; those come when `rest` resolves. */
  firstPiece = 0;
  rest: Promise<void> = Promise.resolve();
  readonly #frames = table(60, 12);

  session(cacheFrames = 40): DecodeSession<FrameLike> {
    return new DecodeSession<FrameLike>(
      this.#frames,
      {
        createDecoder: (onFrame) => this.#decoder(onFrame),
        line: (work) => work(),
        readsAhead: this.readsAhead,
        fetchRange: async (start, end, signal) => {
          this.fetched.push(start);
          await this.gate;
          signal.throwIfAborted();
          const pieces = [this.firstPiece, end - start - this.firstPiece];
          return new ByteRead(end - start, async () => {
            if (pieces.length === 1) await this.rest;
            signal.throwIfAborted();
            const size = pieces.shift();
            return size === undefined ? null : new Uint8Array(size);
          });
        },
      },
      cacheFrames * 10 * 10 * 1.5,
    );
  }

  offsetOf(frame: number): number {
    return this.#frames.gopOf(frame).byteStart;
  }

  #frame(timestamp: number): FrameLike {
    this.open++;
    let isOpen = true;
    return {
      timestamp,
      codedWidth: 10,
      codedHeight: 10,
      clone: () => this.#frame(timestamp),
      close: () => {
        if (isOpen) this.open--;
        isOpen = false;
      },
    };
  }

  #decoder(onFrame: (frame: FrameLike) => void): DecoderLike {
    this.decoders++;
    const fails = this.failing-- > 0;
    return {
      decodeQueueSize: 0,
      decode: (timestamp) => {
        this.decoded.push(timestamp / 1000);
        if (fails || this.silent) return;
        const give = (): void => onFrame(this.#frame(timestamp));
        if (this.held === null) give();
        else this.held.push(give);
      },
      flush: () => (fails ? Promise.reject(new Error("broken")) : Promise.resolve()),
      room: () => Promise.resolve(),
      close: () => {},
    };
  }
}

const never = (): AbortSignal => new AbortController().signal;
/** Longer than a jump rests. */
const settle = async (): Promise<void> => void (await vi.advanceTimersByTimeAsync(1000));

/** What comes of it while time passes. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {});
  await settle();
  return work;
}

function promiseToRelease(): { promise: Promise<void>; release: () => void } {
  let release = (): void => {};
  const promise = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { promise, release };
}

describe("DecodeSession", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("names frames by the time stamp that went in, from one byte range a GOP", async () => {
    const rig = new Rig();
    const session = rig.session();
    const frame = await session.get(17, never());
    expect(frame.timestamp).toBe(17_000);
    await settle();
    expect(rig.fetched).toEqual([rig.offsetOf(12)]);
    expect(rig.decoded).toEqual([12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]);
    frame.close();
    const neighbour = await session.get(18, never());
    expect(rig.decoded.length).toBe(12);
    neighbour.close();
    session.dispose();
    expect(rig.open).toBe(0);
  });

  it("rests on the frame of a jump, and then decodes the rest of its group", async () => {
    const rig = new Rig();
    const session = rig.session();
    (await session.get(15, never())).close();
    await vi.advanceTimersByTimeAsync(50);
    expect(rig.decoded).toEqual([12, 13, 14, 15]);
    await settle();
    expect(rig.decoded.at(-1)).toBe(23);
  });

  it("goes on at once when the next frame is wanted during the rest", async () => {
    const rig = new Rig();
    const session = rig.session();
    (await session.get(15, never())).close();
    (await session.get(16, never())).close();
    await vi.advanceTimersByTimeAsync(0);
    expect(rig.decoded.slice(0, 12)).toEqual([12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]);
  });

  it("leaves a group at rest for a jump elsewhere, and comes back to it from its first frame", async () => {
    const rig = new Rig();
    const session = rig.session();
    for (const index of [14, 38, 16]) (await session.get(index, never())).close();
    expect(rig.decoded).toEqual([12, 13, 14, 36, 37, 38, 12, 13, 14, 15, 16]);
    expect(rig.fetched.length).toBe(2);
  });

  it("decodes a frame as soon as its own bytes are there", async () => {
    const rig = new Rig();
    const { promise, release } = promiseToRelease();
    rig.rest = promise;
    rig.firstPiece = 10 + 11 + 12; // frames 0 to 2
    const session = rig.session();
    expect((await session.get(2, never())).timestamp).toBe(2000);
    let later: number | null = null;
    const next = session.get(3, never()).then((frame) => {
      later = frame.timestamp;
    });
    await settle();
    expect(later).toBeNull();
    release();
    await next;
    expect(later).toBe(3000);
  });

  it("says that the connection broke off, and reads the group anew for the next wish", async () => {
    const rig = new Rig();
    rig.firstPiece = 5;
    rig.rest = Promise.reject(new SourceError("network", "The connection broke off."));
    rig.rest.catch(() => {});
    const session = rig.session();
    await expect(session.get(2, never())).rejects.toMatchObject({ code: "network" });
    rig.rest = Promise.resolve();
    expect((await session.get(2, never())).timestamp).toBe(2000);
    expect(rig.fetched.length).toBe(2);
    expect(rig.decoders).toBe(2);
  });

  it("decodes ahead in the direction of travel, and not after a jump", async () => {
    const rig = new Rig();
    const session = rig.session(60);
    for (const index of [40, 39]) (await session.get(index, never())).close();
    await settle();
    expect(rig.fetched).toEqual([36, 24, 12, 0].map((frame) => rig.offsetOf(frame)));
    const jumping = new Rig();
    const other = jumping.session(60);
    (await other.get(40, never())).close();
    await settle();
    expect(jumping.fetched).toEqual([jumping.offsetOf(36)]);
  });

  it("keeps a whole group of pictures, however little memory it is allowed: steps back decode it once", async () => {
    const rig = new Rig();
    const session = rig.session(5);
    session.setCacheBytes(3 * 10 * 10 * 1.5);
    for (const index of [23, 22, 21, 20, 14, 13, 12]) (await session.get(index, never())).close();
    expect(rig.decoded.filter((index) => index >= 12 && index < 24)).toHaveLength(12);
    await settle();
    expect(rig.open).toBeLessThanOrEqual(12);
  });

  it("knows what comes out of the decoder after a jump by its own index", async () => {
    const rig = new Rig();
    rig.held = [];
    const session = rig.session();
    const wish = new AbortController();
    const stale = expect(session.get(2, wish.signal)).rejects.toMatchObject({ name: "AbortError" });
    await vi.advanceTimersByTimeAsync(0);
    wish.abort();
    const wanted = session.get(38, never());
    await vi.advanceTimersByTimeAsync(0);
    await stale;
    for (const give of rig.held.splice(0)) give();
    expect((await wanted).timestamp).toBe(38_000);
    const before = rig.decoded.length;
    expect((await session.get(2, never())).timestamp).toBe(2000);
    expect(rig.decoded.slice(0, before)).toEqual(expect.arrayContaining([2, 38]));
  });

  it("gives up the fetch of a seek that nobody waits for any more", async () => {
    const rig = new Rig();
    const { promise, release } = promiseToRelease();
    rig.gate = promise;
    const session = rig.session();
    const stale = new AbortController();
    const first = session.get(50, stale.signal);
    stale.abort();
    const second = session.get(3, never());
    release();
    await expect(first).rejects.toMatchObject({ name: "AbortError" });
    expect((await second).timestamp).toBe(3000);
    expect(rig.decoded.some((index) => index >= 48)).toBe(false);
  });

  it("replaces a decoder that failed and tries once more", async () => {
    const rig = new Rig();
    rig.failing = 1;
    const frame = await inTime(rig.session().get(5, never()));
    expect(frame.timestamp).toBe(5000);
    expect(rig.decoders).toBe(2);
  });

  it("reports a GOP that fails twice, and recovers for the next wish", async () => {
    const rig = new Rig();
    rig.failing = 2;
    const session = rig.session();
    await expect(inTime(session.get(5, never()))).rejects.toMatchObject({ code: "decode_failed" });
    expect((await session.get(30, never())).timestamp).toBe(30_000);
  });

  it("reports a decoder that swallows a frame, and does not wait for ever", async () => {
    const rig = new Rig();
    rig.silent = true;
    await expect(inTime(rig.session().get(5, never()))).rejects.toMatchObject({ code: "decode_failed" });
  });

  it("reads ahead once nobody waits, where it may", async () => {
    const rig = new Rig();
    rig.readsAhead = true;
    const session = rig.session(80);
    (await session.get(30, never())).close();
    expect(rig.fetched).toEqual([rig.offsetOf(24)]);
    await settle();
    expect(rig.fetched.slice(1)).toEqual([rig.offsetOf(36), rig.offsetOf(0)]);
    const before = rig.decoded.length;
    (await session.get(5, never())).close();
    expect(rig.decoded.slice(before)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(rig.fetched).toHaveLength(3);
    session.dispose();
    expect(rig.open).toBe(0);
  });

  it("keeps a quarter as many bytes as of decoded frames, and reads no more ahead", async () => {
    const rig = new Rig();
    rig.readsAhead = true;
    const session = rig.session(80);
    session.setCacheBytes(4 * 400);
    (await session.get(0, never())).close();
    await settle();
    expect(rig.fetched).toEqual([rig.offsetOf(0)]); // 186 bytes, and 330 more would be too many
    session.dispose();
  });
});
