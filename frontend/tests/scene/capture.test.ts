import { afterEach, describe, expect, it, vi } from "vitest";
import { filmTurntable, planOf } from "../../src/scene/capture";

afterEach(() => vi.unstubAllGlobals());

describe("a turntable's plan", () => {
  it("has even sides of the canvas's shape, and a whole number of frames", () => {
    expect(planOf({}, 1.6)).toEqual({ frames: 240, fps: 30, width: 1280, height: 800 });
    expect(planOf({ seconds: 1.5, fps: 25, longSidePx: 501 }, 0.5)).toEqual({
      frames: 38,
      fps: 25,
      width: 250,
      height: 502,
    });
  });

  it.each([{ seconds: 0 }, { fps: 0 }, { longSidePx: 10_000 }])(
    "is refused where it is senseless: %o",
    (wrong) => {
      expect(() => planOf(wrong, 1)).toThrow(/A turntable takes/);
    },
  );
});

describe("a browser that cannot encode", () => {
  const begin = vi.fn();

  it("is told how it could, before anything is drawn", async () => {
    vi.stubGlobal("VideoEncoder", undefined);
    vi.stubGlobal("isSecureContext", false);
    await expect(filmTurntable(planOf({}, 1), {}, begin)).rejects.toMatchObject({
      code: "no_video",
      message: expect.stringContaining("HTTPS"),
    });
    expect(begin).not.toHaveBeenCalled();
  });

  it("is refused where it has no codec for the size", async () => {
    vi.stubGlobal("VideoEncoder", { isConfigSupported: async () => ({ supported: false }) });
    await expect(filmTurntable(planOf({}, 1), {}, begin)).rejects.toMatchObject({
      code: "no_video",
      message: expect.stringContaining("neither H.264 nor VP9 at 1280 x 1280"),
    });
  });

  it("does not begin what is cancelled already", async () => {
    const signal = AbortSignal.abort();
    await expect(filmTurntable(planOf({}, 1), { signal }, begin)).rejects.toBe(signal.reason);
  });
});
