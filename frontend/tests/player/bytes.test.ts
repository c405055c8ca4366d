import { afterEach, describe, expect, it, vi } from "vitest";
import { ByteRead, fetchRange } from "../../src/player/bytes";

const never = (): AbortSignal => new AbortController().signal;

function pieces(...sizes: number[]): () => Promise<Uint8Array | null> {
  let next = 1;
  return async () => {
    const size = sizes.shift();
    return size === undefined ? null : new Uint8Array(size).fill(next++);
  };
}

describe("ByteRead", () => {
  it("takes no more pieces than it was asked for", async () => {
    const read = new ByteRead(6, pieces(2, 2, 2));
    await read.until(3);
    expect([...read.bytes]).toEqual([1, 1, 2, 2, 0, 0]);
    await read.until(6);
    expect([...read.bytes]).toEqual([1, 1, 2, 2, 3, 3]);
  });

  it("refuses an answer that is too short or too long", async () => {
    await expect(new ByteRead(6, pieces(2, 2)).until(6)).rejects.toThrow("Got 4 of 6 bytes");
    await expect(new ByteRead(3, pieces(2, 2)).until(3)).rejects.toThrow("Got 4 of 3 bytes");
  });
});

describe("fetchRange", () => {
  afterEach(() => void vi.unstubAllGlobals());

  const answer = (response: Response): void => {
    vi.stubGlobal(
      "fetch",
      vi.fn(async () => response),
    );
  };

  it("asks for the range and reads it", async () => {
    answer(new Response(new Uint8Array([7, 8, 9]), { status: 206 }));
    const read = await fetchRange("/proxy.mp4", 100, 103, never());
    await read.until(3);
    expect([...read.bytes]).toEqual([7, 8, 9]);
    expect(vi.mocked(fetch).mock.calls[0]?.[1]?.headers).toEqual({ Range: "bytes=100-102" });
  });

  it("refuses a server that ignores ranges", async () => {
    answer(new Response(new Uint8Array(1000), { status: 200 }));
    await expect(fetchRange("/proxy.mp4", 0, 3, never())).rejects.toMatchObject({ code: "unsupported" });
  });

  it("says that the connection broke off", async () => {
    const broken = new ReadableStream({
      pull: (controller) => controller.error(new TypeError("network error")),
    });
    answer(new Response(broken, { status: 206 }));
    const read = await fetchRange("/proxy.mp4", 0, 3, never());
    await expect(read.until(3)).rejects.toMatchObject({ code: "network" });
  });
});
