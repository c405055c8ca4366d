import { beforeEach, describe, expect, it } from "vitest";
import { FallbackSource } from "../../src/player/fallbackSource";
import { cacheShare, shareMemory } from "../../src/player/memory";
import { SourceError } from "../../src/player/types";
import { FakeSource, settle } from "./fakes";

const BROKEN = new SourceError("decode_failed", "This browser could not decode frames 0 to 7.");

let decoding: FakeSource;
let pictures: FakeSource;
let falls: unknown[];
let source: FallbackSource;

beforeEach(() => {
  decoding = new FakeSource("webcodecs");
  pictures = new FakeSource();
  falls = [];
  source = new FallbackSource(
    decoding,
    () => pictures,
    (error) => falls.push(error),
  );
});

const never = (): AbortSignal => new AbortController().signal;

describe("a view whose decoding fails", () => {
  it("goes on with pictures, once, and says so", async () => {
    (await source.get(1, never())).close();
    source.setCacheBytes(50);
    decoding.failWith = BROKEN;
    for (const index of [2, 3]) expect((await source.get(index, never())).index).toBe(index);
    expect([falls, source.kind, decoding.disposed]).toEqual([[BROKEN], "images", true]);
    expect([decoding.asked, pictures.asked, pictures.cacheBytes]).toEqual([[1, 2], [2, 3], 50]);
  });

  it("asks again for what the old source still owed", async () => {
    decoding.held = true;
    const owed = [4, 5].map((index) => source.get(index, never()));
    decoding.failWith = BROKEN;
    const third = source.get(6, never());
    expect((await Promise.all([...owed, third])).map(({ index }) => index)).toEqual([4, 5, 6]);
    expect(falls).toHaveLength(1);
  });

  it("does not fall for a lost connection, nor for a wish that was given up, nor when it is closed", async () => {
    decoding.failWith = new SourceError("network", "The proxy video cannot be reached.");
    await expect(source.get(1, never())).rejects.toMatchObject({ code: "network" });
    decoding.failWith = null;
    decoding.held = true;
    const wish = new AbortController();
    const given = source.get(2, wish.signal);
    wish.abort();
    await expect(given).rejects.toMatchObject({ name: "AbortError" });
    const owed = source.get(3, never());
    source.dispose();
    await expect(owed).rejects.toMatchObject({ name: "AbortError" });
    await settle();
    expect([falls, pictures.asked]).toEqual([[], []]);
  });

  it("reports what pictures cannot give either", async () => {
    decoding.failWith = BROKEN;
    pictures.failWith = new SourceError("not_found", "Frame 1 is not on the server.");
    await expect(source.get(1, never())).rejects.toMatchObject({ code: "not_found" });
    await expect(source.get(1, never())).rejects.toMatchObject({ code: "not_found" });
    expect(falls).toHaveLength(1);
  });
});

describe("memory for frames", () => {
  it("is shared out among the visible views, within a bound for all together", () => {
    const one = cacheShare("webcodecs", 1);
    for (const views of [1, 2, 3, 4, 6]) {
      const sources = new Map(Array.from({ length: views }, (_, i) => [`${i}`, new FakeSource("webcodecs")]));
      shareMemory(sources);
      const kept = [...sources.values()].map(({ cacheBytes }) => cacheBytes);
      expect(Math.max(...kept)).toBeLessThanOrEqual(one);
      expect(kept.reduce((a, b) => a + b)).toBeLessThanOrEqual(2 * one);
    }
  });
});
