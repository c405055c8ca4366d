import { afterEach, describe, expect, it, vi } from "vitest";
import { Residuals } from "../../../src/islands/reconstruction/residuals";
import { SourceError } from "../../../src/player/types";

afterEach(() => void vi.restoreAllMocks());

const unexpected = (error: unknown): void => {
  throw error;
};

describe("reprojection errors of a tick", () => {
  it("come by window, once, and are read anew where a job has filled more", async () => {
    const asked: string[] = [];
    let version = 0;
    const residuals = new Residuals(
      async (start, stop) => {
        asked.push(`${start}-${stop}`);
        return Float32Array.from({ length: (stop - start) * 2 }, (_, i) => i + version);
      },
      { ticks: 600, views: 2, ticksDone: 514 },
      unexpected,
    );
    const came = vi.fn();
    expect(residuals.at(513, came)).toBeNull();
    expect(residuals.at(514, came)).toBeNull();
    await vi.waitFor(() => expect(came).toHaveBeenCalledOnce());
    expect([...(residuals.at(513, came) ?? [])]).toEqual([2, 3]);
    version = 100;
    residuals.grown(515);
    expect([...(residuals.at(513, came) ?? [])]).toEqual([2, 3]); // until the newer ones are there
    await vi.waitFor(() => expect(came).toHaveBeenCalledTimes(2));
    expect([...(residuals.at(513, came) ?? [])]).toEqual([102, 103]);
    expect(asked).toEqual(["512-600", "512-600"]);
    residuals.grown(3); // begun anew
    expect(residuals.at(513, came)).toBeNull();
    expect(asked.length).toBe(2); // and nothing is done there
  });

  it("come many at once of what is done, and a few of what a job still fills", async () => {
    const asked: string[] = [];
    const residuals = new Residuals(
      async (start, stop) => {
        asked.push(`${start}-${stop}`);
        return Float32Array.from({ length: stop - start }, (_, i) => start + i);
      },
      { ticks: 10_000, views: 1, ticksDone: 9_000 },
      unexpected,
    );
    const at = async (tick: number): Promise<number | undefined> => {
      await new Promise<void>((resolve) => {
        if (residuals.at(tick, resolve) !== null) resolve();
      });
      return residuals.at(tick, () => {})?.[0];
    };
    expect([await at(100), await at(4000), await at(4100), await at(8300)]).toEqual([100, 4000, 4100, 8300]);
    expect(asked).toEqual(["0-4096", "4096-8192", "8192-8704"]);
    residuals.grown(10_000);
    expect([residuals.at(8300, () => {})?.[0], residuals.at(8800, () => {})]).toEqual([8300, null]);
    expect([await at(8300), await at(9999)]).toEqual([8300, 9999]);
    expect(asked.slice(3)).toEqual(["8192-10000"]);
  });

  it("are asked for again after a failure", async () => {
    const failed = vi.fn();
    let fails = true;
    const residuals = new Residuals(
      async () => {
        if (fails) throw new Error("away");
        return Float32Array.from([4]);
      },
      { ticks: 1, views: 1, ticksDone: 1 },
      failed,
    );
    residuals.at(0, () => {});
    await vi.waitFor(() => expect(failed).toHaveBeenCalled());
    fails = false;
    const came = vi.fn();
    residuals.at(0, came);
    await vi.waitFor(() => expect(came).toHaveBeenCalled());
    expect(residuals.at(0, came)?.[0]).toBe(4);
  });

  it("are not asked for again where the server refuses them, until a job begins anew", async () => {
    const failed = vi.fn();
    const fetch = vi.fn(async () => {
      throw new SourceError("not_found", "They are gone.");
    });
    const residuals = new Residuals(fetch, { ticks: 9, views: 1, ticksDone: 9 }, failed);
    residuals.at(0, () => {});
    await vi.waitFor(() => expect(failed).toHaveBeenCalledOnce());
    residuals.at(1, () => {});
    expect(fetch).toHaveBeenCalledOnce();
    residuals.grown(5);
    residuals.at(1, () => {});
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  it("of a window that was left are given up", async () => {
    const answers = new Map<number, (values: Float32Array) => void>();
    const residuals = new Residuals(
      (start) => new Promise((resolve) => answers.set(start, resolve)),
      { ticks: 1024, views: 1, ticksDone: 1023 },
      unexpected,
    );
    const came = vi.fn();
    residuals.at(0, came);
    residuals.at(600, came);
    answers.get(0)?.(new Float32Array(512));
    await Promise.resolve();
    expect(came).not.toHaveBeenCalled();
    expect(residuals.at(600, came)).toBeNull();
    answers.get(512)?.(new Float32Array(512).fill(7));
    await vi.waitFor(() => expect(came).toHaveBeenCalledOnce());
    expect(residuals.at(600, came)?.[0]).toBe(7);
  });
});
