import { beforeEach, describe, expect, it } from "vitest";
import { Player } from "../../src/player/player";
import { type TickFrames, ViewFailed } from "../../src/player/tickSource";
import { TickTable } from "../../src/player/tickTable";
import { FakeSource, HandClock, settle } from "./fakes";

const VIEWS = ["top", "left", "right"];
/** `left` starts three ticks late; `right` drops the frame of tick 10. */
const TABLE = TickTable.parse(
  {
    ticks: 40,
    views: {
      top: [[0, 0, 40]],
      left: [[3, 0, 37]],
      right: [
        [0, 0, 10],
        [11, 10, 29],
      ],
    },
  },
  new Map(VIEWS.map((view) => [view, 40])),
);

let clock: HandClock;
let sources: Map<string, FakeSource>;
/** What each call of `draw` was given: the frame of each view, null for none. */
let drawn: { tick: number; frames: Record<string, number | null> }[];
let player: Player;

beforeEach(() => {
  clock = new HandClock();
  sources = new Map(VIEWS.map((view) => [view, new FakeSource()]));
  drawn = [];
  player = new Player({ table: TABLE, fps: 30, sources, clock, draw: (frames) => drawn.push(told(frames)) });
});

const told = ({ tick, frames }: TickFrames) => ({
  tick,
  frames: Object.fromEntries([...frames].map(([view, frame]) => [view, frame?.index ?? null])),
});
const source = (view: string): FakeSource => sources.get(view) as FakeSource;
const open = (): number => [...sources.values()].reduce((sum, { open }) => sum + open, 0);

function hold(...views: string[]): void {
  for (const view of views) source(view).held = true;
}

describe("a tick", () => {
  it("is drawn with the frames that the table names, in one call", async () => {
    player.seek(20);
    await settle();
    clock.tick(16);
    expect(drawn).toEqual([{ tick: 20, frames: { top: 20, left: 17, right: 19 } }]);
  });

  it("waits for the last of its views, and until then nothing changes", async () => {
    player.seek(20);
    await settle();
    clock.tick(16);
    hold("left");
    player.seek(21);
    for (let i = 0; i < 5; i++) {
      await settle();
      clock.tick(16);
    }
    expect(drawn.map(({ tick }) => tick)).toEqual([20]);
    await source("left").release(18);
    clock.tick(16);
    expect(drawn.at(-1)).toEqual({ tick: 21, frames: { top: 21, left: 18, right: 20 } });
  });

  it("is null, and not the neighbour, in a view that has no frame", async () => {
    for (const tick of [2, 10]) {
      player.seek(tick);
      await settle();
      clock.tick(16);
    }
    expect(drawn.map(({ frames }) => frames)).toEqual([
      { top: 2, left: null, right: 2 },
      { top: 10, left: 7, right: null },
    ]);
    expect([source("left").asked, source("right").asked]).toEqual([[7], [2]]);
  });

  it("that was replaced is shown in no view, and its frames are closed", async () => {
    hold(...VIEWS);
    player.seek(20);
    await source("top").release(20);
    player.seek(30);
    for (const view of VIEWS) {
      await source(view).release(TABLE.frameAt(view, 30) as number);
      await source(view).release(TABLE.frameAt(view, 20) as number);
    }
    clock.tick(16);
    expect(drawn.map(({ tick }) => tick)).toEqual([30]);
    expect(open()).toBe(3);
    player.dispose();
    expect(open()).toBe(0);
  });

  it("of which a view fails is not shown, the other views are let go, and the failure names the view", async () => {
    const failures: unknown[] = [];
    player.on("failed", ({ error }) => failures.push(error));
    hold("top");
    source("right").failWith = new Error("gone");
    player.seek(20);
    await settle();
    clock.tick(16);
    expect(drawn).toEqual([]);
    expect(failures).toEqual([expect.any(ViewFailed)]);
    expect(failures[0]).toMatchObject({ view: "right", frame: 19, message: "gone" });
    expect([source("top").aborted, open()]).toEqual([[20], 0]);
  });
});

describe("playing several views", () => {
  it("shows every tick once, in all views or none, also where one of them is slow", async () => {
    player.seek(0);
    await settle();
    clock.tick(16);
    hold("left");
    player.play();
    for (let i = 0; i < 400 && player.playing; i++) {
      if (i % 7 === 0) {
        const next = (drawn.at(-1)?.tick ?? 0) + 1;
        const frame = TABLE.frameAt("left", next);
        if (frame !== null) await source("left").release(frame);
      }
      await settle();
      clock.tick(1000 / 60);
    }
    const shown = drawn.map(({ tick }) => tick).filter((tick, i, all) => tick !== all[i - 1]);
    expect(shown).toEqual(Array.from({ length: 40 }, (_, tick) => tick));
    for (const { tick, frames } of drawn) {
      expect(frames).toEqual(Object.fromEntries(VIEWS.map((view) => [view, TABLE.frameAt(view, tick)])));
    }
    expect(open()).toBe(VIEWS.length);
  });
});

describe("views that are hidden and shown", () => {
  it("are fetched no more, closed, and come back with the others at one tick", async () => {
    player.seek(20);
    await settle();
    clock.tick(16);
    player.setSources(new Map([["top", source("top")]]));
    await settle();
    clock.tick(16);
    expect(drawn.at(-1)).toEqual({ tick: 20, frames: { top: 20 } });
    expect(VIEWS.map((view) => source(view).disposed)).toEqual([false, true, true]);
    expect(open()).toBe(1);
    const asked = source("left").asked.length;
    player.seek(25);
    await settle();
    clock.tick(16);
    expect(source("left").asked).toHaveLength(asked);
    const again = new FakeSource();
    player.setSources(
      new Map([
        ["top", source("top")],
        ["left", again],
      ]),
    );
    await settle();
    clock.tick(16);
    expect(drawn.at(-1)).toEqual({ tick: 25, frames: { top: 25, left: 22 } });
  });

  it("do not stop playback", async () => {
    player.seek(5);
    await settle();
    clock.tick(16);
    player.play();
    player.setSources(new Map([["right", source("right")]]));
    for (let i = 0; i < 200 && player.playing; i++) {
      await settle();
      clock.tick(1000 / 60);
    }
    expect(drawn.at(-1)).toEqual({ tick: 39, frames: { right: 38 } });
  });
});
