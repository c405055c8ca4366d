import { describe, expect, it } from "vitest";
import { ByteLru } from "../../src/player/lru";

describe("ByteLru", () => {
  it("evicts the least recently used first, and tells each value once", () => {
    const evicted: string[] = [];
    const cache = new ByteLru<number, string>(30, (value) => evicted.push(value));
    cache.set(1, "a", 10);
    cache.set(2, "b", 10);
    cache.set(3, "c", 10);
    cache.get(1);
    cache.set(4, "d", 15);
    expect(evicted).toEqual(["b", "c"]);
    expect(cache.bytes).toBe(25);
    cache.clear();
    expect(evicted).toEqual(["b", "c", "a", "d"]);
    expect(cache.bytes).toBe(0);
  });

  it("hands over a replaced value, so that it can be closed", () => {
    const evicted: string[] = [];
    const cache = new ByteLru<number, string>(30, (value) => evicted.push(value));
    cache.set(1, "old", 10);
    cache.set(1, "new", 12);
    expect(evicted).toEqual(["old"]);
    expect(cache.bytes).toBe(12);
  });

  it("keeps the newest value even where it alone exceeds the bound", () => {
    const cache = new ByteLru<number, string>(10);
    cache.set(1, "small", 5);
    cache.set(2, "huge", 50);
    expect([cache.has(1), cache.has(2)]).toEqual([false, true]);
  });

  it("refuses a bound that holds nothing", () => {
    expect(() => new ByteLru(0)).toThrow(RangeError);
  });
});
