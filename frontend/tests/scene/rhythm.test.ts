import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Rhythm } from "../../src/scene/rhythm";
import { HandClock } from "../player/fakes";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function rhythmOf(wantsMore: () => boolean = () => false) {
  const clock = new HandClock();
  const shares: number[] = [];
  const surface = {
    share: 1,
    sharpen(share: number): boolean {
      const changed = share !== this.share;
      this.share = share;
      if (changed) shares.push(share);
      return changed;
    },
  };
  const rhythm = new Rhythm(surface, wantsMore, clock);
  return { rhythm, clock, shares };
}

/** Pictures in a row, so far apart. */
function run({ rhythm, clock }: ReturnType<typeof rhythmOf>, pictures: number, apartMs: number): void {
  for (let picture = 0; picture < pictures; picture++) {
    rhythm.request();
    clock.tick(apartMs);
  }
}

describe("Rhythm", () => {
  it("draws once however often it is asked between two animation frames, and not at all unasked", () => {
    const set = rhythmOf();
    for (let ask = 0; ask < 5; ask++) set.rhythm.request();
    set.clock.tick(16);
    set.clock.tick(16);
    expect(set.rhythm.pictures).toBe(1);
  });

  it("goes on for as long as the drawing asks for more", () => {
    let left = 3;
    const set = rhythmOf(() => --left > 0);
    set.rhythm.request();
    for (let frame = 0; frame < 10; frame++) set.clock.tick(16);
    expect(set.rhythm.pictures).toBe(3);
  });

  it("keeps every pixel where pictures come in time, and after single hitches", () => {
    const set = rhythmOf();
    for (let round = 0; round < 10; round++) {
      run(set, 4, 17);
      run(set, 1, 60);
    }
    expect(set.shares).toEqual([]);
  });

  it("keeps every pixel where few pictures are asked for, and each is done in time", () => {
    const set = rhythmOf();
    for (let picture = 0; picture < 60; picture++) {
      set.rhythm.request();
      set.clock.tick(16);
      set.clock.tick(17);
    }
    expect(set.shares).toEqual([]);
  });

  it("draws motion with fewer pixels where it is late, and what rests with all of them", () => {
    const set = rhythmOf();
    run(set, 9, 50);
    expect(set.shares).toEqual([0.75]);
    run(set, 30, 50);
    expect(set.shares).toEqual([0.75, 0.5]);
    const before = set.rhythm.pictures;
    vi.advanceTimersByTime(1000);
    expect(set.shares).toEqual([0.75, 0.5, 1]);
    expect(set.rhythm.pictures).toBe(before + 1);
  });

  it("draws a single picture after a rest with all pixels, however late motion was before", () => {
    const set = rhythmOf();
    run(set, 40, 50);
    vi.advanceTimersByTime(1000);
    set.shares.length = 0;
    run(set, 1, 500);
    run(set, 1, 500);
    expect(set.shares).toEqual([]);
    run(set, 1, 50);
    expect(set.shares).toEqual([0.5]);
  });

  it("draws in the frame that is under way what was asked for before, once, and nothing unasked", () => {
    const set = rhythmOf();
    set.rhythm.inThisFrame();
    expect(set.rhythm.pictures).toBe(0);
    set.rhythm.request();
    set.rhythm.inThisFrame();
    expect(set.rhythm.pictures).toBe(1);
    set.clock.tick(16);
    expect(set.rhythm.pictures).toBe(1);
  });

  it("draws nothing after its end", () => {
    const set = rhythmOf();
    set.rhythm.request();
    set.rhythm.dispose();
    set.clock.tick(16);
    set.rhythm.now();
    expect(set.rhythm.pictures).toBe(0);
  });
});
