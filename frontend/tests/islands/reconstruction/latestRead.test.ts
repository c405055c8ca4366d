import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LatestRead } from "../../../src/islands/reconstruction/latestRead";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("LatestRead", () => {
  it("asks once more for all that was asked meanwhile, and only after the answer and a pause", async () => {
    const answers: (() => void)[] = [];
    const read = vi.fn(() => new Promise<void>((resolve) => answers.push(resolve)));
    const latest = new LatestRead(read, 100);
    for (let i = 0; i < 5; i++) latest.ask();
    expect(read).toHaveBeenCalledTimes(1);
    answers[0]?.();
    await vi.advanceTimersByTimeAsync(99);
    expect(read).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(read).toHaveBeenCalledTimes(2);
    answers[1]?.();
    await vi.advanceTimersByTimeAsync(1000);
    expect(read).toHaveBeenCalledTimes(2);
    latest.ask();
    expect(read).toHaveBeenCalledTimes(3);
  });

  it("asks no more after its end", async () => {
    const read = vi.fn(async () => {});
    const latest = new LatestRead(read, 100);
    latest.ask();
    latest.ask();
    latest.stop();
    await vi.advanceTimersByTimeAsync(1000);
    latest.ask();
    expect(read).toHaveBeenCalledTimes(1);
  });
});
