import { describe, expect, it } from "vitest";
import { FrameTable } from "../../src/player/frameTable";
import { samples, sidecar, table } from "./sidecar";

describe("FrameTable.parse", () => {
  it("reads offsets beyond 32 bits", () => {
    const far = 2 ** 40 + 7;
    const parsed = FrameTable.parse(sidecar([{ offset: far, size: 5, key: 1 }]), 1);
    expect(parsed.sample(0)).toEqual({ start: far, end: far + 5 });
  });

  it.each([
    ["a length that fits no frame count", sidecar(samples(3, 3)).slice(0, 60), /60 bytes; 3 frames need 72/],
    [
      "no key frame at the start",
      sidecar([{ offset: 0, size: 1, key: 0 }, ...samples(2, 1)]),
      /start with a key/,
    ],
    ["an empty sample", sidecar([...samples(2, 2), { offset: 9, size: 0, key: 0 }]), /frame 2 has 0 bytes/],
    [
      "a flag that is none",
      sidecar([...samples(2, 2), { offset: 9, size: 4, key: 7 }]),
      /frame 2 has key flag 7/,
    ],
  ])("refuses %s, naming the place", (_, buffer, reason) => {
    expect(() => FrameTable.parse(buffer, 3)).toThrow(reason);
  });

  it("refuses an index outside the recording", () => {
    expect(() => table(5, 2).sample(5)).toThrow(/Frame 5 is not in 0\.\.4/);
    expect(() => table(5, 2).gopOf(-1)).toThrow(RangeError);
  });
});

describe("GOP planning", () => {
  it("finds the group of every frame and its exact byte range", () => {
    const frames = table(30, 12);
    expect(frames.gopOf(0)).toMatchObject({ first: 0, last: 11, byteStart: 1000 });
    expect(frames.gopOf(11)).toEqual(frames.gopOf(0));
    expect(frames.gopOf(13)).toEqual({
      first: 12,
      last: 23,
      byteStart: frames.sample(12).start,
      byteEnd: frames.sample(23).end,
    });
    expect(frames.gopOf(29)).toMatchObject({ first: 24, last: 29 });
  });

  it("plans ahead in the direction of travel and stops at the ends", () => {
    const frames = table(30, 12);
    const firsts = (index: number, direction: 1 | -1): number[] =>
      frames.ahead(index, direction, 2).map((gop) => gop.first);
    expect(firsts(3, 1)).toEqual([12, 24]);
    expect(firsts(25, -1)).toEqual([12, 0]);
    expect(firsts(25, 1)).toEqual([]);
    expect(firsts(2, -1)).toEqual([]);
  });
});
