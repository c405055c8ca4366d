import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SourceError } from "../../src/player/types";
import { type PoseShape, PoseWindows, type PoseWindowsOptions } from "../../src/poses3d/poseWindows";
import { settle } from "../player/fakes";

const SHAPE: PoseShape = { ticks: 100, individuals: 2, keypoints: 3 };
const NAN = Number.NaN;
const NUMBERS_A_TICK = 2 * 3 * 4;

/** Windows that arrive when the test says so; every number of a tick is `tick + version / 10`. */
class FakeServer {
  readonly asked: number[] = [];
  readonly aborted: number[] = [];
  version = 0;
  held = false;
  failWith: Error | null = null;
  readonly #waiting = new Map<number, () => void>();

  readonly fetchWindow = (start: number, stop: number, signal: AbortSignal): Promise<Float32Array> => {
    this.asked.push(start);
    if (this.failWith !== null) return Promise.reject(this.failWith);
    const data = new Float32Array((stop - start) * NUMBERS_A_TICK);
    for (let at = 0; at < data.length; at++) {
      data[at] = start + Math.floor(at / NUMBERS_A_TICK) + this.version / 10;
    }
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => {
        this.aborted.push(start);
        reject(signal.reason);
      });
      if (this.held) this.#waiting.set(start, () => resolve(data));
      else resolve(data);
    });
  };

  release(start: number): Promise<void> {
    this.#waiting.get(start)?.();
    return settle();
  }
}

function windowsOf(server: FakeServer, more: Partial<PoseWindowsOptions> = {}): PoseWindows {
  return new PoseWindows({ shape: SHAPE, fetchWindow: server.fetchWindow, windowTicks: 10, ...more });
}

/** First number of a tick; null where its window is not loaded. */
function read(windows: PoseWindows, tick: number): number | null {
  const window = windows.windowOf(tick);
  if (window === null) return null;
  return Math.round((window.data[(tick - window.start) * NUMBERS_A_TICK] as number) * 10) / 10;
}

afterEach(() => vi.useRealTimers());

describe("PoseWindows", () => {
  it("loads the aligned window of the wanted tick, and says so", async () => {
    const server = new FakeServer();
    const windows = windowsOf(server);
    const loaded = vi.fn();
    windows.on("loaded", loaded);
    expect(read(windows, 37)).toBeNull();
    windows.want(37);
    await settle();
    expect(server.asked).toEqual([30]);
    expect(loaded.mock.calls[0]?.[0]).toMatchObject({ start: 30, stop: 40 });
    expect([read(windows, 30), read(windows, 37), read(windows, 39)]).toEqual([30, 37, 39]);
    expect(read(windows, 40)).toBeNull();
  });

  it("tells a tick without any place from one that is not known", async () => {
    const fetchWindow = (start: number, stop: number): Promise<Float32Array> => {
      const data = new Float32Array((stop - start) * NUMBERS_A_TICK).fill(NAN);
      if (start === 0) data[3 * NUMBERS_A_TICK + 4] = 7; // x of one keypoint at tick 3
      if (start === 0) data[5 * NUMBERS_A_TICK + 3] = 7; // a sigma, which is no place
      return Promise.resolve(data);
    };
    const windows = new PoseWindows({ shape: SHAPE, fetchWindow, windowTicks: 10, ticksDone: 8 });
    expect(windows.hasPlace(3)).toBeNull();
    windows.want(3);
    await settle();
    expect([2, 3, 5, 8].map((tick) => windows.hasPlace(tick))).toEqual([false, true, false, null]);
    windows.grown(20); // the window is read anew
    expect([7, 8].map((tick) => windows.hasPlace(tick))).toEqual([false, null]);
    await settle();
    expect([8, 9].map((tick) => windows.hasPlace(tick))).toEqual([false, false]);
  });

  it("cuts the last window at the end of the recording", async () => {
    const server = new FakeServer();
    const windows = windowsOf(server, { shape: { ...SHAPE, ticks: 95 } });
    windows.want(94);
    await settle();
    expect(windows.windowOf(94)).toMatchObject({ start: 90, stop: 95 });
    expect(windows.windowOf(95)).toBeNull();
  });

  it("loads ahead in the direction of travel, after what is shown", async () => {
    const server = new FakeServer();
    server.held = true;
    const windows = windowsOf(server, { ahead: 2 });
    windows.want(50);
    windows.want(49);
    expect(server.asked).toEqual([50, 40]);
    expect(server.aborted).toEqual([50]);
    await server.release(40);
    expect(server.asked).toEqual([50, 40, 30, 20]);
  });

  it("loads nothing ahead of a jump, and gives up what the jump made stale", async () => {
    const server = new FakeServer();
    server.held = true;
    const windows = windowsOf(server);
    windows.want(5);
    windows.want(77);
    await settle();
    expect(server.aborted).toEqual([0]);
    expect(server.asked).toEqual([0, 70]);
    await server.release(0);
    expect(read(windows, 5)).toBeNull();
  });

  it("asks once however often a tick is wanted", async () => {
    const server = new FakeServer();
    const windows = windowsOf(server, { ahead: 0 });
    for (let tick = 20; tick < 30; tick++) windows.want(tick);
    await settle();
    for (let tick = 20; tick < 30; tick++) windows.want(tick);
    await settle();
    expect(server.asked).toEqual([20]);
  });

  it("keeps no more bytes than allowed, and drops the least recently used", async () => {
    const server = new FakeServer();
    const bytes = 10 * NUMBERS_A_TICK * 4;
    const windows = windowsOf(server, { ahead: 0, maxBytes: 2 * bytes });
    for (const tick of [0, 30, 60]) {
      windows.want(tick);
      await settle();
    }
    expect(windows.bytes).toBe(2 * bytes);
    expect([read(windows, 0), read(windows, 30), read(windows, 60)]).toEqual([null, 30, 60]);
  });

  it("keeps what is shown when the windows ahead do not fit beside it", async () => {
    const server = new FakeServer();
    const windows = windowsOf(server, { ahead: 3, maxBytes: 10 * NUMBERS_A_TICK * 4 });
    windows.want(10);
    windows.want(11);
    for (let round = 0; round < 10; round++) await settle();
    expect(read(windows, 11)).toBe(11);
    expect(server.asked.length).toBeLessThan(10);
  });

  it("refuses data of another shape, naming both lengths", async () => {
    const windows = new PoseWindows({ shape: SHAPE, fetchWindow: async () => new Float32Array(7) });
    const failed = vi.fn();
    windows.on("failed", failed);
    windows.want(0);
    await settle();
    expect(String(failed.mock.calls[0]?.[0].error)).toMatch(/2400 numbers.*got 7/);
    expect(windows.windowOf(0)).toBeNull();
    windows.dispose();
  });

  it("refuses a shape that is none", () => {
    const fetchWindow = async (): Promise<Float32Array> => new Float32Array();
    expect(() => new PoseWindows({ shape: { ...SHAPE, ticks: 1.5 }, fetchWindow })).toThrow(/ticks.*1.5/);
    expect(() => new PoseWindows({ shape: SHAPE, fetchWindow, ticksDone: -1 })).toThrow(/ticksDone.*-1/);
  });
});

describe("PoseWindows while nobody waits", () => {
  /** A line that is free, and counts its turns. */
  const line = vi.fn(async (work: () => Promise<void>) => work());
  const calm = (ms: number) => vi.advanceTimersByTimeAsync(ms);

  beforeEach(() => {
    vi.useFakeTimers();
    line.mockClear();
  });

  it("reads on around the tick, from near to far, a turn for each window", async () => {
    const server = new FakeServer();
    const windows = windowsOf(server, { ticksDone: 65, line });
    windows.want(33);
    await calm(249);
    expect(server.asked).toEqual([30]);
    await calm(1);
    expect(server.asked).toEqual([30, 40]);
    await calm(3_000);
    // The window from 60 on is not done: it would have to be read again.
    expect(server.asked).toEqual([30, 40, 20, 50, 10, 0]);
    expect(line).toHaveBeenCalledTimes(6); // once in vain
    expect(read(windows, 7)).toBe(7);
  });

  it("gives the line up to whoever goes elsewhere, and goes on from there", async () => {
    const server = new FakeServer();
    const windows = windowsOf(server, { line });
    windows.want(33);
    await calm(249);
    server.held = true;
    await calm(1);
    expect(server.asked).toEqual([30, 40]);
    windows.want(80);
    expect([server.asked, server.aborted]).toEqual([[30, 40, 80], [40]]);
    server.held = false;
    void server.release(80);
    await calm(250);
    expect(server.asked.slice(3)).toEqual([90]);
  });

  it("keeps one that somebody wishes for while it is read", async () => {
    const server = new FakeServer();
    const windows = windowsOf(server, { line });
    windows.want(33);
    await calm(249);
    server.held = true;
    await calm(1);
    windows.want(45);
    expect([server.asked, server.aborted]).toEqual([[30, 40], []]);
    void server.release(40);
    await calm(0);
    expect(read(windows, 45)).toBe(45);
  });

  it("waits for its turn no longer than it is calm", async () => {
    const server = new FakeServer();
    const signals: AbortSignal[] = [];
    const busy = (_work: () => Promise<void>, signal: AbortSignal) => {
      signals.push(signal);
      return new Promise<void>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    };
    const windows = windowsOf(server, { ahead: 0, line: busy });
    windows.want(33);
    await calm(300);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    windows.want(34);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    await calm(300);
    windows.dispose();
    await calm(300);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(server.asked).toEqual([30]);
  });

  it("says nothing of a failure that nobody waits for, and reads on when others come again", async () => {
    const server = new FakeServer();
    const windows = windowsOf(server, { ahead: 0, line });
    const failed = vi.fn();
    windows.on("failed", failed);
    windows.want(33);
    await calm(249);
    server.failWith = new Error("down");
    await calm(5_000);
    expect(server.asked).toEqual([30, 40]);
    server.failWith = null;
    windows.want(34);
    await calm(5_000);
    expect(server.asked).toEqual([30, 40]);
    windows.want(80);
    await calm(250);
    expect(server.asked).toEqual([30, 40, 80, 90]);
    expect(failed).not.toHaveBeenCalled();
  });

  it("reads no more than there is room for", async () => {
    const server = new FakeServer();
    const bytes = 10 * NUMBERS_A_TICK * 4;
    const windows = windowsOf(server, { ahead: 0, maxBytes: 3 * bytes, line });
    windows.want(33);
    await calm(5_000);
    expect(server.asked).toEqual([30, 40, 20]);
    expect(windows.bytes).toBe(3 * bytes);
  });
});

describe("PoseWindows while a job fills them", () => {
  it("knows without asking that what is not done is empty", () => {
    const server = new FakeServer();
    const windows = windowsOf(server, { ticksDone: 20 });
    windows.want(45);
    expect(server.asked).toEqual([]);
    expect(read(windows, 45)).toBeNaN();
  });

  it("reads a window again that has been filled since, and meanwhile shows what it had", async () => {
    const server = new FakeServer();
    const windows = windowsOf(server, { ticksDone: 14, ahead: 0 });
    windows.want(12);
    await settle();
    server.version = 1;
    server.held = true;
    windows.grown(18);
    expect(server.asked).toEqual([10, 10]);
    expect(read(windows, 12)).toBe(12);
    await server.release(10);
    expect(read(windows, 12)).toBe(12.1);
  });

  it("does not read again what was complete when it was read", async () => {
    const server = new FakeServer();
    const windows = windowsOf(server, { ticksDone: 14, ahead: 0 });
    windows.want(3);
    await settle();
    windows.grown(60);
    await settle();
    expect(server.asked).toEqual([0]);
  });

  it("reads again after an answer that was asked for before the job went on", async () => {
    const server = new FakeServer();
    server.held = true;
    const windows = windowsOf(server, { ticksDone: 14, ahead: 0 });
    windows.want(12);
    windows.grown(20);
    expect(server.asked).toEqual([10]);
    await server.release(10);
    expect(server.asked).toEqual([10, 10]);
  });

  it("forgets everything when the job begins anew", async () => {
    const server = new FakeServer();
    const windows = windowsOf(server, { ticksDone: 50, ahead: 0 });
    windows.want(12);
    await settle();
    server.version = 2;
    windows.grown(15);
    expect(read(windows, 12)).toBeNull();
    await settle();
    expect(read(windows, 12)).toBe(12.2);
  });
});

describe("PoseWindows on a broken line", () => {
  it("says so, waits longer each time, and asks for what is wanted by then", async () => {
    vi.useFakeTimers();
    const server = new FakeServer();
    server.failWith = new Error("down");
    const windows = windowsOf(server, { ahead: 0 });
    const failed = vi.fn();
    windows.on("failed", failed);
    windows.want(5);
    await vi.advanceTimersByTimeAsync(0);
    expect(failed).toHaveBeenCalledTimes(1);
    windows.want(85);
    await vi.advanceTimersByTimeAsync(999);
    expect(server.asked).toEqual([0]);
    await vi.advanceTimersByTimeAsync(1);
    expect(server.asked).toEqual([0, 80]);
    await vi.advanceTimersByTimeAsync(1_999);
    expect(server.asked).toHaveLength(2);
    server.failWith = null;
    await vi.advanceTimersByTimeAsync(1);
    expect(read(windows, 85)).toBe(85);
  });

  it("asks and tells no more after its end", async () => {
    const server = new FakeServer();
    server.held = true;
    const windows = windowsOf(server);
    const loaded = vi.fn();
    windows.on("loaded", loaded);
    windows.want(5);
    windows.dispose();
    await server.release(0);
    windows.want(50);
    expect(server.aborted).toEqual([0]);
    expect(server.asked).toEqual([0]);
    expect(loaded).not.toHaveBeenCalled();
    expect(windows.bytes).toBe(0);
  });
});

describe("poses that are sent as they are made", () => {
  const rows = (start: number, stop: number): Float32Array =>
    Float32Array.from(
      { length: (stop - start) * NUMBERS_A_TICK },
      (_, at) => 1000 + start + Math.floor(at / NUMBERS_A_TICK),
    );
  const reads = (windows: PoseWindows, ...ticks: number[]) => ticks.map((tick) => read(windows, tick));

  it("fill what is shown and what is held, without a request", async () => {
    const server = new FakeServer();
    const windows = windowsOf(server, { ticksDone: 0, ahead: 0 });
    const loaded = vi.fn();
    windows.on("loaded", loaded);
    windows.want(3);
    windows.fill(0, 4, rows(0, 4), 4);
    expect(reads(windows, 0, 3)).toEqual([1000, 1003]);
    expect(reads(windows, 4)).toEqual([NAN]);
    windows.fill(4, 17, rows(4, 17), 40);
    await settle();
    expect(reads(windows, 3, 4, 9)).toEqual([1003, 1004, 1009]);
    expect([server.asked, windows.ticksDone]).toEqual([[], 17]);
    expect(loaded.mock.calls.map(([{ start }]) => start)).toEqual([0, 0]);
    // The next window was neither held nor wanted: it is read when it is.
    windows.want(12);
    await settle();
    expect(server.asked).toEqual([10]);
    expect(reads(windows, 12)).toEqual([12]);
    windows.fill(17, 21, rows(17, 21), 40);
    expect(reads(windows, 12, 16, 17, 19)).toEqual([12, 16, 1017, 1019]);
    expect(server.asked).toEqual([10]);
  });

  it("do not stand for rows that were left out between: those are read", async () => {
    const server = new FakeServer();
    const windows = windowsOf(server, { ticksDone: 0, ahead: 0 });
    windows.want(3);
    windows.fill(0, 4, rows(0, 4), 4);
    windows.fill(6, 8, rows(6, 8), 8);
    await settle();
    expect(server.asked).toEqual([0]);
    expect(reads(windows, 3, 5, 7)).toEqual([3, 5, 7]);
  });

  it("are not undone by an answer that was asked for before them", async () => {
    const server = new FakeServer();
    server.held = true;
    const windows = windowsOf(server, { ticksDone: 4, ahead: 0 });
    windows.want(3);
    await server.release(0);
    expect(reads(windows, 3)).toEqual([3]);
    windows.grown(5);
    windows.fill(4, 8, rows(4, 8), 8);
    server.held = false;
    await server.release(0);
    expect(reads(windows, 3, 4, 7)).toEqual([3, 1004, 1007]);
    expect(server.asked).toEqual([0, 0]);
  });

  it("leave data that were handed out as they are", async () => {
    const windows = windowsOf(new FakeServer(), { ticksDone: 0, ahead: 0 });
    windows.want(0);
    windows.fill(0, 1, rows(0, 1), 1);
    const before = windows.windowOf(0);
    windows.fill(1, 2, rows(1, 2), 2);
    expect(before?.data[NUMBERS_A_TICK]).toBeNaN();
    expect(windows.windowOf(0)).not.toBe(before);
  });

  it("begin anew where fewer are done than before", async () => {
    const windows = windowsOf(new FakeServer(), { ticksDone: 0, ahead: 0 });
    windows.want(0);
    windows.fill(0, 8, rows(0, 8), 8);
    windows.fill(0, 2, rows(0, 2), 2);
    expect(windows.ticksDone).toBe(2);
    expect(reads(windows, 0, 5)).toEqual([1000, NAN]);
  });

  it("are refused where they have another shape", () => {
    const windows = windowsOf(new FakeServer(), { ticksDone: 0 });
    expect(() => windows.fill(0, 2, new Float32Array(7), 2)).toThrow("must be 48 numbers");
  });
});

it("asks no more where the server refuses", async () => {
  vi.useFakeTimers();
  const server = new FakeServer();
  server.failWith = new SourceError("not_found", "These poses are gone.");
  const windows = windowsOf(server, { ticksDone: 50 });
  const failed = vi.fn();
  windows.on("failed", failed);
  windows.want(3);
  await vi.advanceTimersByTimeAsync(120_000);
  windows.want(33);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(server.asked).toEqual([0]);
  expect(failed).toHaveBeenCalledOnce();
  expect(failed.mock.calls[0]?.[0]).toMatchObject({ again: false });
});

it("loads where the person goes beside what is shown, and does not give it up for that", async () => {
  const server = new FakeServer();
  server.held = true;
  const windows = windowsOf(server);
  windows.expect(83);
  expect(server.asked).toEqual([80]);
  windows.want(13); // the videos have come as far as this
  windows.expect(42);
  expect(server.asked).toEqual([80, 10, 40]);
  expect(server.aborted).toEqual([80]);
  await server.release(40);
  await server.release(10);
  expect([read(windows, 42), read(windows, 13)]).toEqual([42, 13]);
});

it("asks at once when the connection is back", async () => {
  vi.useFakeTimers();
  const server = new FakeServer();
  server.failWith = new SourceError("network", "The server cannot be reached.");
  const windows = windowsOf(server, { ahead: 0 });
  windows.want(3);
  await vi.advanceTimersByTimeAsync(0);
  server.failWith = null;
  windows.retry();
  await vi.advanceTimersByTimeAsync(0);
  expect(server.asked).toEqual([0, 0]);
  expect(read(windows, 3)).toBe(3);
  windows.retry(); // nothing is amiss: nothing to ask
  expect(server.asked).toEqual([0, 0]);
});
