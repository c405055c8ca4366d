import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Connection } from "../../../src/api/jobFeed";
import type { JobState } from "../../../src/api/messages.gen";
import type { PoseNews } from "../../../src/api/poseFollows";
import type { Reconstruction } from "../../../src/api/types";
import { addressOf } from "../../../src/islands/reconstruction/address";
import { Desk } from "../../../src/islands/reconstruction/desk";
import type { Space } from "../../../src/islands/reconstruction/model";
import { SourceError } from "../../../src/player/types";
import type { Scene3D } from "../../../src/scene";
import { FakeSource, HandClock, settle } from "../../player/fakes";
import { problem, serverOf } from "../server";

const TICKS = 1200;
const ROW: Reconstruction = {
  id: 7,
  project_id: 1,
  recording_id: 2,
  recording_name: "take",
  model_id: 3,
  model_name: "m",
  calibration_id: 4,
  calibration_name: "rig",
  views: ["left", "right"],
  individuals: ["ash"],
  skeleton: { id: 1, version: 1, keypoints: ["nose"], edges: [], symmetric: [] } as never,
  sync: {},
  inputs: [],
  sync_changed: false,
  warnings: [],
  bounds_mm: null,
  truth_error: null,
  state: "running",
  failure: "",
  ticks_done: 0,
  tick_count: TICKS,
  job_id: "job",
  created_at: "2026-01-01T00:00:00Z",
} as unknown as Reconstruction;

/** A desk whose server, socket, views and clock are the test's. */
class Bench {
  row: Reconstruction;
  /** What the server answers instead of the row. */
  refusal: { status: number; body: unknown } | null = null;
  readonly clock = new HandClock();
  readonly connection = signal<Connection>("live");
  readonly jobs = signal<ReadonlyMap<string, JobState>>(new Map());
  readonly sources = new Map([
    ["left", new FakeSource()],
    ["right", new FakeSource()],
  ]);
  /** Sources that were opened since. */
  readonly opened: FakeSource[] = [];
  readonly outgrown = vi.fn();
  readonly ranges: string[] = [];
  readonly desk: Desk;
  news: (news: PoseNews) => void = () => {};
  lost: (words: string) => void = () => {};
  follows = 0;

  constructor(row: Partial<Reconstruction> = {}, from = "") {
    this.row = { ...ROW, ...row };
    const { api } = serverOf(({ path }) =>
      path.endsWith("/quality")
        ? { body: { ticks_done: 0, tick_count: TICKS, views: [], bins: [] } }
        : (this.refusal ?? { body: this.row }),
    );
    vi.stubGlobal("fetch", async (url: string) => {
      this.ranges.push(url.replace("/api/v1/reconstructions/7/", ""));
      const [start, stop] = [...url.matchAll(/=(\d+)/g)].map(([, digits]) => Number(digits));
      const a = url.includes("/window") ? 4 : 2;
      const rows = (stop as number) - (start as number);
      return new Response(
        Float32Array.from({ length: rows * a }, (_, at) => (start as number) + Math.floor(at / a)),
      );
    });
    this.desk = new Desk({
      api,
      feed: {
        jobs: this.jobs,
        connection: this.connection,
        followPoses: (_id, _since, listener, onLost) => {
          this.follows++;
          this.news = listener;
          this.lost = onLost ?? this.lost;
          return () => {};
        },
      },
      space: this.#space(),
      sources: this.sources,
      open: async () => {
        const source = new FakeSource();
        this.opened.push(source);
        return source;
      },
      from,
      onOutgrown: this.outgrown,
      clock: this.clock,
    });
  }

  #space(): Space {
    const video = (view: string) => ({ view, id: 1, frameCount: TICKS, width: 8, height: 8, fps: 30 });
    return {
      reconstruction: this.row,
      recording: {
        videos: [video("left"), video("right")],
        absent: [],
        fps: 30,
        table: { ticks: TICKS, frameAt: (_view: string, tick: number) => tick },
      } as never,
      absence: "",
      fps: 30,
      cameras: [],
      skeleton: { names: ["nose"], edges: [], sides: ["middle"] } as never,
      individuals: [{ name: "ash" }],
    };
  }

  /** Ticks start <= tick < stop, sent over the socket. */
  send(start: number, stop: number, more: Partial<PoseNews> = {}): void {
    this.news({
      ...{ start, stop, individuals: 1, ticksDone: stop },
      ...{ state: "running" as const, values: new Float32Array((stop - start) * 4).fill(5) },
      ...more,
    });
  }

  async show(tick: number): Promise<void> {
    this.desk.player.seek(tick);
    await this.paint();
  }

  async paint(): Promise<void> {
    await settle();
    this.clock.tick(16);
    await settle();
  }

  words(): string {
    return this.desk.notes.value.map(({ words }) => words).join("\n");
  }
}

const sceneOf = (refuses = false): Scene3D => {
  const told = new Map<string, (event: never) => void>();
  const home = { kind: "camera", name: "home" } as const;
  return {
    viewpoint: home,
    show: vi.fn(),
    setTick: vi.fn(),
    drawInThisFrame: vi.fn(),
    setViewpoint: vi.fn((viewpoint: unknown) => {
      if (refuses) throw new Error("There is no camera 'gone' in this calibration.");
      told.get("viewpoint")?.(viewpoint as never);
    }),
    on: (name: string, listener: (event: never) => void) => {
      told.set(name, listener);
      return () => {};
    },
    told,
  } as unknown as Scene3D;
};

let bench: Bench;
beforeEach(() => void vi.spyOn(console, "warn").mockImplementation(() => {}));
afterEach(() => {
  bench.desk.dispose();
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe("the figures of a tick", () => {
  it("are those of no other tick: nothing stands there while they are read", async () => {
    bench = new Bench({ ticks_done: 800 });
    await bench.show(3);
    expect(bench.desk.residuals.value).toEqual([3, 3]);
    const usual = fetch;
    const pending = (url: string) => (url.includes("/residuals") ? new Promise(() => {}) : usual(url));
    vi.stubGlobal("fetch", pending);
    await bench.show(700);
    expect(bench.desk.tick.value).toBe(700);
    expect(bench.desk.residuals.value).toBeNull();
    vi.stubGlobal("fetch", usual);
    await bench.show(4);
    expect(bench.desk.residuals.value).toEqual([4, 4]);
  });
});

describe("a view that fails", () => {
  it("stands aside with its reason, and the other goes on", async () => {
    bench = new Bench({ state: "ready", ticks_done: TICKS });
    await bench.show(3);
    const right = bench.sources.get("right") as FakeSource;
    right.failWith = new SourceError("network", "Frame 8: the server answered 500.");
    await bench.show(8);
    await bench.paint();
    expect(bench.desk.tick.value).toBe(8);
    expect([...bench.desk.views.failed.value]).toEqual([["right", "Frame 8: the server answered 500."]]);
    expect(right.disposed).toBe(true);
    expect(bench.sources.get("left")?.asked.at(-1)).toBe(8);
  });

  it("comes back with the connection", async () => {
    bench = new Bench({ state: "ready", ticks_done: TICKS });
    (bench.sources.get("right") as FakeSource).failWith = new SourceError("network", "It is away.");
    await bench.show(8);
    window.dispatchEvent(new Event("online"));
    await bench.paint();
    expect(bench.desk.views.failed.value.size).toBe(0);
    expect(bench.opened[0]?.asked).toEqual([8]);
    (bench.opened[0] as FakeSource).failWith = new SourceError("network", "It is away again.");
    await bench.show(9);
    bench.connection.value = "connecting";
    bench.connection.value = "live";
    await bench.paint();
    expect(bench.opened[1]?.asked).toEqual([9]);
  });

  it("of all views leaves the poses", async () => {
    bench = new Bench({ state: "ready", ticks_done: TICKS });
    for (const source of bench.sources.values()) source.failWith = new SourceError("network", "Away.");
    await bench.show(8);
    await bench.paint();
    expect(bench.desk.views.failed.value.size).toBe(2);
    expect(bench.desk.tick.value).toBe(8);
    expect(bench.desk.poses.windowOf(8)?.data[4 * 8]).toBe(8);
  });
});

describe("a running job", () => {
  it("fills the windows with what it sends, without a request", async () => {
    bench = new Bench();
    await bench.show(3);
    bench.send(0, 512);
    expect(bench.desk.poses.windowOf(3)?.data[12]).toBe(5);
    expect(bench.ranges.filter((range) => range.startsWith("window"))).toEqual([]);
  });

  it("is followed at its newest tick until somebody goes elsewhere", async () => {
    bench = new Bench();
    await bench.show(0);
    bench.desk.setNewest(true);
    bench.send(0, 512);
    expect(bench.desk.player.target).toBe(511);
    bench.send(512, 1024);
    expect(bench.desk.player.target).toBe(1023);
    await bench.show(4);
    expect(bench.desk.newest.value).toBe(false);
    bench.send(1024, 1100);
    expect(bench.desk.player.target).toBe(4);
  });

  it("that failed says why, and is followed when it is tried again", async () => {
    vi.useFakeTimers();
    bench = new Bench({ state: "failed", failure: "A store was cut off." });
    expect(bench.follows).toBe(1);
    bench.send(0, 10);
    expect(bench.desk.reconstruction.value).toMatchObject({ state: "running", ticks_done: 10 });
    await vi.advanceTimersByTimeAsync(5000);
    bench.row = { ...bench.row, state: "failed", failure: "The disk is full.", ticks_done: 10 };
    bench.send(10, 10, { state: "failed" });
    await vi.advanceTimersByTimeAsync(5000);
    expect(bench.desk.reconstruction.value).toMatchObject({ state: "failed", failure: "The disk is full." });
  });

  it("is not taken back by an answer that was asked for before the news", async () => {
    vi.useFakeTimers();
    bench = new Bench();
    bench.send(0, 100); // asks for the row, which is still as it was
    bench.send(100, 200);
    await vi.advanceTimersByTimeAsync(100);
    expect(bench.desk.reconstruction.value.ticks_done).toBe(200);
  });

  it("is asked for where the socket is away", async () => {
    vi.useFakeTimers();
    bench = new Bench();
    bench.row = { ...bench.row, ticks_done: 300 };
    bench.connection.value = "polling";
    bench.jobs.value = new Map([["job", { id: "job", state: "running" } as JobState]]);
    await vi.advanceTimersByTimeAsync(100);
    expect(bench.desk.poses.ticksDone).toBe(300);
    bench.row = { ...bench.row, ticks_done: 400 };
    bench.jobs.value = new Map(bench.jobs.value);
    await vi.advanceTimersByTimeAsync(5000);
    expect(bench.desk.poses.ticksDone).toBe(400);
  });

  it("that makes other animals than the page was made for asks for another page", async () => {
    bench = new Bench();
    bench.send(0, 10, { individuals: 2, values: new Float32Array(80) });
    expect(bench.outgrown).toHaveBeenCalledOnce();
    expect(bench.desk.poses.ticksDone).toBe(0);
  });

  it("tells where the server follows it no longer, and is asked for from then on", async () => {
    vi.useFakeTimers();
    bench = new Bench();
    bench.row = { ...bench.row, ticks_done: 300 };
    bench.lost("Its files are damaged.");
    expect(bench.words()).toContain("Its files are damaged.");
    await vi.advanceTimersByTimeAsync(100);
    expect(bench.desk.poses.ticksDone).toBe(300);
    bench.row = { ...bench.row, ticks_done: 600, state: "ready" };
    bench.jobs.value = new Map([["job", { id: "job", state: "done" } as JobState]]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(bench.desk.poses.ticksDone).toBe(600);
  });

  it("is asked for again where its last word could not be read, and told where that does not help", async () => {
    vi.useFakeTimers();
    bench = new Bench();
    bench.row = { ...bench.row, state: "failed", failure: "The disk is full." };
    bench.refusal = problem(503, "The database is away.");
    bench.send(0, 0, { state: "failed" });
    await vi.advanceTimersByTimeAsync(3000);
    expect(bench.desk.reconstruction.value.failure).toBe("");
    bench.refusal = null;
    await vi.advanceTimersByTimeAsync(5000);
    expect(bench.desk.reconstruction.value.failure).toBe("The disk is full.");
    expect(bench.words()).toBe("");
    bench.refusal = problem(404, "There is no such reconstruction.");
    bench.send(0, 0, { state: "failed" });
    await vi.advanceTimersByTimeAsync(5000);
    expect(bench.words()).toContain("There is no such reconstruction.");
  });

  it("says so of a tick at which nothing was placed, and of no other", async () => {
    bench = new Bench();
    const scene = sceneOf() as Scene3D & { shownTick: number; told: Map<string, (event: unknown) => void> };
    bench.desk.attachScene(scene);
    const shows = (tick: number): void => {
      scene.shownTick = tick;
      scene.told.get("shown")?.({ tick });
    };
    await bench.show(3);
    shows(3);
    expect(bench.desk.nothingPlaced.value).toBe(false);
    const values = new Float32Array(4 * 4).fill(Number.NaN);
    values[0] = 1; // tick 0 has a place
    bench.send(0, 4, { values });
    expect(bench.desk.nothingPlaced.value).toBe(true);
    shows(0);
    expect(bench.desk.nothingPlaced.value).toBe(false);
  });
});

describe("what is said of a result", () => {
  it("is noted, and once only", async () => {
    vi.useFakeTimers();
    bench = new Bench({ warnings: ["Two cameras face one another."], sync_changed: true });
    expect(bench.words()).toContain("Two cameras face one another.");
    expect(bench.words()).toContain("set anew");
    bench.desk.notes.value = [];
    bench.send(0, 10);
    await vi.advanceTimersByTimeAsync(5000);
    expect(bench.words()).toBe("");
  });

  it("lays the floor below it, and anew where the poses leave it", async () => {
    vi.useFakeTimers();
    bench = new Bench({ bounds_mm: { min: [0, 0, 0], max: [100, 100, 30] } });
    const first = bench.desk.look.floor.value;
    expect(first).toEqual({ minMm: [-100, -100], maxMm: [200, 200] });
    const grow = async (to: number, state: Reconstruction["state"]): Promise<void> => {
      bench.row = { ...bench.row, bounds_mm: { min: [0, 0, 0], max: [to, 100, 30] }, state };
      bench.send(0, 10, { state });
      await vi.advanceTimersByTimeAsync(5000);
    };
    await grow(180, "running");
    expect(bench.desk.look.floor.value).toBe(first);
    await grow(250, "running");
    expect(bench.desk.look.floor.value).toEqual({ minMm: [-100, -100], maxMm: [350, 200] });
    await grow(300, "ready");
    expect(bench.desk.look.floor.value).toEqual({ minMm: [-100, -100], maxMm: [400, 200] });
  });
});

describe("a tick", () => {
  it("reaches the videos, the scene, and what the page says of it, in one frame", async () => {
    bench = new Bench({ state: "ready", ticks_done: TICKS });
    await bench.show(3);
    const seen: unknown[] = [];
    const { desk } = bench;
    const setTick = vi.fn((tick: number) => seen.push(["set", tick]));
    const drawInThisFrame = vi.fn(() => seen.push(["drawn", desk.tick.value, desk.target.value]));
    desk.attachScene({ ...sceneOf(), setTick, drawInThisFrame } as unknown as Scene3D);
    desk.player.seek(700);
    await settle();
    expect([desk.tick.value, desk.target.value]).toEqual([3, 3]);
    bench.clock.tick(16);
    expect(seen.slice(-2)).toEqual([
      ["set", 700],
      ["drawn", 700, 700],
    ]);
  });

  it("waits with its videos for poses that come soon, has their errors beside them, and waits for nothing late", async () => {
    bench = new Bench({ ticks_done: TICKS - 1 });
    await bench.show(3);
    const usual = fetch;
    let answer = (): void => {};
    const late = (url: string) =>
      new Promise<Response>((resolve) => {
        answer = () => resolve(usual(url));
      });
    vi.stubGlobal("fetch", (url: string) => (url.includes("/window") ? late(url) : usual(url)));
    const { desk } = bench;
    const seen: unknown[] = [];
    desk.attachScene({
      ...sceneOf(),
      drawInThisFrame: () => seen.push([desk.poses.windowOf(700) !== null, desk.residuals.peek()]),
    } as unknown as Scene3D);
    await bench.paint();
    seen.length = 0;
    await bench.show(700);
    expect([desk.tick.value, seen]).toEqual([3, []]);
    answer();
    await bench.paint();
    expect([desk.tick.value, seen]).toEqual([700, [[true, [700, 700]]]]);
    vi.useFakeTimers();
    desk.player.seek(1100);
    await vi.advanceTimersByTimeAsync(99);
    bench.clock.tick(16);
    expect(desk.tick.value).toBe(700);
    await vi.advanceTimersByTimeAsync(1);
    bench.clock.tick(16);
    expect([desk.tick.value, desk.poses.windowOf(1100)]).toEqual([1100, null]);
  });

  it("whose pictures do not come soon is told before them", async () => {
    bench = new Bench({ state: "ready", ticks_done: TICKS });
    await bench.show(3);
    for (const source of bench.sources.values()) source.held = true;
    vi.useFakeTimers();
    bench.desk.player.seek(700);
    vi.advanceTimersByTime(90);
    bench.desk.player.seek(800);
    expect(bench.desk.target.value).toBe(3);
    // A person who goes on meanwhile does not put it off.
    vi.advanceTimersByTime(20);
    expect(bench.desk.target.value).toBe(800);
    expect(bench.desk.tick.value).toBe(3);
  });
});

describe("the beginning", () => {
  it("draws the poses before the videos are there, and reads the timeline behind them", async () => {
    bench = new Bench({ state: "ready", ticks_done: TICKS });
    for (const source of bench.sources.values()) source.held = true;
    bench.desk.open(3);
    const setTick = vi.fn();
    bench.desk.attachScene({ ...sceneOf(), setTick } as unknown as Scene3D);
    expect(setTick).toHaveBeenLastCalledWith(3);
    expect(bench.desk.quality.value).toBeNull();
    await bench.paint();
    expect(bench.desk.tick.value).toBe(-1);
    expect(bench.ranges).toEqual(["window?start=0&stop=512", "residuals?start=0&stop=1200"]);
    await vi.waitFor(() => expect(bench.desk.quality.value).not.toBeNull());
    // From the first picture on the scene is in step with the videos.
    for (const source of bench.sources.values()) await source.release(3);
    await bench.paint();
    expect(bench.desk.tick.value).toBe(3);
    bench.desk.player.seek(9);
    await bench.paint();
    expect(setTick).toHaveBeenLastCalledWith(3);
  });
});

describe("the viewpoint", () => {
  it("of a link that fits no camera leaves the scene, and is told", () => {
    bench = new Bench({ state: "ready" }, "c_gone");
    bench.desk.attachScene(sceneOf(true));
    expect(bench.desk.scene).not.toBeNull();
    expect(bench.words()).toContain("There is no camera 'gone'");
    expect(addressOf(bench.desk)).toBe("?tick=0");
  });

  it("that cannot be read is told", () => {
    bench = new Bench({ state: "ready" }, "nonsense");
    expect(bench.words()).toContain("viewpoint in this address");
  });

  it("stays in the address before there is a scene, and after it was taken", () => {
    bench = new Bench({ state: "ready" }, "c_left");
    expect(addressOf(bench.desk)).toBe("?tick=0&from=c_left");
    const scene = sceneOf();
    bench.desk.attachScene(scene);
    expect(scene.setViewpoint).toHaveBeenCalledWith({ kind: "camera", name: "left" }, { smooth: false });
    expect(addressOf(bench.desk)).toBe("?tick=0&from=c_left");
    bench.desk.attachScene(null);
    expect(addressOf(bench.desk)).toBe("?tick=0&from=c_left");
  });

  it("and the layers that were chosen before there is a scene are taken over", () => {
    bench = new Bench({ state: "ready" });
    bench.desk.look.show({ trails: false });
    const scene = sceneOf();
    bench.desk.attachScene(scene);
    expect(scene.show).toHaveBeenCalledWith(expect.objectContaining({ trails: false, bones: true }));
  });
});
