import { describe, expect, it } from "vitest";
import { type DecoderLike, DecodeSession, type FrameLike } from "../../src/player/decodeSession";
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
  gate: Promise<void> = Promise.resolve();
  readonly #frames = table(60, 12);

  session(cacheFrames = 40): DecodeSession<FrameLike> {
    return new DecodeSession<FrameLike>(
      this.#frames,
      {
        createDecoder: (onFrame) => this.#decoder(onFrame),
        fetchRange: async (start, end, signal) => {
          this.fetched.push(start);
          await this.gate;
          signal.throwIfAborted();
          return new ArrayBuffer(end - start);
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
        if (!fails && !this.silent) onFrame(this.#frame(timestamp));
      },
      flush: () => (fails ? Promise.reject(new Error("broken")) : Promise.resolve()),
      room: () => Promise.resolve(),
      close: () => {},
    };
  }
}

const never = (): AbortSignal => new AbortController().signal;
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe("DecodeSession", () => {
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

  it("decodes ahead in the direction of travel, and not after a jump", async () => {
    const rig = new Rig();
    const session = rig.session(60);
    for (const index of [40, 39]) (await session.get(index, never())).close();
    await settle();
    expect(rig.fetched).toEqual([36, 24, 12].map((frame) => rig.offsetOf(frame)));
    const jumping = new Rig();
    const other = jumping.session(60);
    (await other.get(40, never())).close();
    await settle();
    expect(jumping.fetched).toEqual([jumping.offsetOf(36)]);
  });

  it("gives up the fetch of a seek that nobody waits for any more", async () => {
    const rig = new Rig();
    let release = (): void => {};
    rig.gate = new Promise((resolve) => {
      release = resolve;
    });
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
    const frame = await rig.session().get(5, never());
    expect(frame.timestamp).toBe(5000);
    expect(rig.decoders).toBe(2);
  });

  it("reports a GOP that fails twice, and recovers for the next wish", async () => {
    const rig = new Rig();
    rig.failing = 2;
    const session = rig.session();
    await expect(session.get(5, never())).rejects.toMatchObject({ code: "decode_failed" });
    expect((await session.get(30, never())).timestamp).toBe(30_000);
  });

  it("reports a decoder that swallows a frame, and does not wait for ever", async () => {
    const rig = new Rig();
    rig.silent = true;
    await expect(rig.session().get(5, never())).rejects.toMatchObject({ code: "decode_failed" });
  });
});
