import { beforeEach, describe, expect, it } from "vitest";
import { Player } from "../../src/player/player";
import { FakeSource, HandClock, settle } from "./fakes";

let clock: HandClock;
let source: FakeSource;
let drawn: number[];
let presented: number[];
let player: Player;

beforeEach(() => {
  clock = new HandClock();
  source = new FakeSource();
  drawn = [];
  presented = [];
  player = new Player({
    table: { ticks: 100, frameAt: (_, tick) => tick },
    fps: 30,
    sources: new Map([["top", source]]),
    clock,
    draw: ({ tick }) => drawn.push(tick),
  });
  player.on("presented", ({ tick }) => presented.push(tick));
});

async function show(index: number): Promise<void> {
  player.seek(index);
  await settle();
  clock.tick(16);
}

describe("seeking", () => {
  it("draws in an animation frame alone, and names the frame that was drawn", async () => {
    player.seek(7);
    await settle();
    expect(drawn).toEqual([]);
    clock.tick(16);
    expect([drawn, presented]).toEqual([[7], [7]]);
  });

  it("lets the latest wish win: an older frame that arrives late is never shown", async () => {
    source.held = true;
    player.seek(10);
    player.seek(20);
    await source.release(20);
    await source.release(10);
    clock.tick(16);
    clock.tick(16);
    expect(presented).toEqual([20]);
    expect(source.aborted).toEqual([10]);
  });

  it("closes every frame but the one on screen", async () => {
    for (const index of [1, 2, 3, 4]) await show(index);
    expect(source.open).toBe(1);
    player.dispose();
    expect(source.open).toBe(0);
  });

  it("closes a frame that was replaced before it was drawn", async () => {
    player.seek(1);
    await settle();
    player.seek(2);
    await settle();
    clock.tick(16);
    expect([presented, source.open]).toEqual([[2], 1]);
  });

  it("holds frames back for what is shown with them, which hears of the target first", async () => {
    const seen: unknown[] = [];
    const waiting: (() => void)[] = [];
    player = new Player({
      table: { ticks: 100, frameAt: (_, tick) => tick },
      fps: 30,
      sources: new Map([["top", source]]),
      clock,
      draw: ({ tick }) => seen.push(tick),
      company: (tick) => {
        seen.push(["company", tick]);
        return new Promise((resolve) => waiting.push(resolve));
      },
    });
    player.on("target", ({ tick }) => seen.push(["target", tick]));
    await show(7);
    expect(seen).toEqual([
      ["target", 7],
      ["company", 7],
    ]);
    player.seek(9);
    for (const come of waiting) come();
    await settle();
    clock.tick(16);
    expect(seen.slice(2)).toEqual([["target", 9], ["company", 9], 9]);
    expect(source.open).toBe(1);
  });

  it("steps from where the user wants to be, and stays inside", async () => {
    await show(5);
    player.step(1);
    player.step(1);
    await settle();
    clock.tick(16);
    expect(player.presented).toBe(7);
    player.seek(9999);
    expect(player.target).toBe(99);
    player.seek(-3);
    expect(player.target).toBe(0);
  });

  it("draws the frame on screen again for a redraw, without presenting it twice", async () => {
    await show(5);
    player.redraw();
    clock.tick(16);
    expect([drawn, presented]).toEqual([[5, 5], [5]]);
  });

  it("asks for the frames before anybody hears of the target", () => {
    const asked: number[][] = [];
    player.on("target", () => asked.push([...source.asked]));
    player.seek(7);
    player.scrub(8);
    expect([asked, player.target]).toEqual([[[7], [7]], 8]);
  });

  it("reports what cannot be shown", async () => {
    const failed: number[] = [];
    player.on("failed", ({ tick }) => failed.push(tick));
    source.failWith = new Error("gone");
    player.seek(3);
    await settle();
    expect(failed).toEqual([3]);
  });

  it("tries again to show the frame that could not be shown, and only that", async () => {
    await show(2);
    source.failWith = new Error("no connection");
    player.seek(3);
    await settle();
    source.failWith = null;
    for (let i = 0; i < 2; i++) {
      player.retry();
      await settle();
      clock.tick(16);
    }
    expect([presented, source.asked]).toEqual([
      [2, 3],
      [2, 3, 3],
    ]);
  });
});

describe("scrubbing", () => {
  it("shows the frame under way, then the newest wish, and none in between", async () => {
    source.held = true;
    player.scrub(10);
    player.scrub(11);
    player.scrub(12);
    expect(source.asked).toEqual([10]);
    await source.release(10);
    clock.tick(16);
    await source.release(12);
    clock.tick(16);
    expect([presented, source.asked]).toEqual([
      [10, 12],
      [10, 12],
    ]);
  });
});

describe("playing", () => {
  it("shows every frame in turn at the frame rate and stops at the end", async () => {
    await show(90);
    player.play();
    for (let i = 0; i < 40; i++) {
      await settle();
      clock.tick(1000 / 60);
    }
    expect(presented).toEqual([90, 91, 92, 93, 94, 95, 96, 97, 98, 99]);
    expect(player.playing).toBe(false);
    expect(source.open).toBe(1);
  });

  it("waits for late frames and skips none", async () => {
    await show(0);
    source.held = true;
    player.play();
    for (let i = 0; i < 30; i++) clock.tick(1000 / 60);
    expect(presented).toEqual([0]);
    for (const index of [1, 2, 3]) await source.release(index);
    for (let i = 0; i < 8; i++) clock.tick(1000 / 60);
    expect(presented).toEqual([0, 1, 2, 3]);
  });

  it("passes over frames only above what a display can show", async () => {
    player.setSpeed(4);
    await show(0);
    player.play();
    for (let i = 0; i < 5; i++) {
      await settle();
      clock.tick(1000 / 60);
    }
    expect(presented.slice(0, 4)).toEqual([0, 2, 4, 6]);
  });

  it("shows the last frame of a recording that is not a multiple of the step, and starts anew from there", async () => {
    player.setSpeed(4);
    await show(94);
    player.play();
    for (let i = 0; i < 10; i++) {
      await settle();
      clock.tick(1000 / 60);
    }
    expect(presented).toEqual([94, 96, 98, 99]);
    player.play();
    for (let i = 0; i < 3; i++) {
      await settle();
      clock.tick(1000 / 60);
    }
    expect(presented.slice(4, 6)).toEqual([0, 2]);
  });

  it("paints the frame it starts from before any later one", async () => {
    await show(99);
    source.held = true;
    player.play();
    for (let i = 0; i < 6; i++) clock.tick(1000 / 60);
    for (const index of [0, 1]) await source.release(index);
    for (let i = 0; i < 6; i++) clock.tick(1000 / 60);
    expect(presented).toEqual([99, 0, 1]);
  });

  it("pauses at once on a seek, and gives back the frames it had asked for", async () => {
    await show(0);
    player.play();
    await settle();
    player.seek(50);
    await settle();
    clock.tick(16);
    expect([player.playing, player.presented, source.open]).toEqual([false, 50, 1]);
  });

  it("keeps the speed within its limits", () => {
    player.setSpeed(100);
    expect(player.speed).toBe(4);
    player.setSpeed(0);
    expect(player.speed).toBe(0.1);
  });
});
