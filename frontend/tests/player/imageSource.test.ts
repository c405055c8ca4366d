import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ImageSource } from "../../src/player/imageSource";
import type { PlayableVideo } from "../../src/player/types";
import { settle } from "./fakes";

const video = { frameCount: 50, frameUrlTemplate: "/media/1/frames/{n}.jpg" } as PlayableVideo;
let open: number;
let asked: string[];

beforeEach(() => {
  open = 0;
  asked = [];
  vi.stubGlobal("createImageBitmap", () => {
    open++;
    return Promise.resolve({ width: 10, height: 10, close: () => void open-- });
  });
  vi.stubGlobal("fetch", (url: string) => {
    asked.push(url);
    return Promise.resolve(url.includes("/13.") ? new Response("", { status: 404 }) : new Response("jpeg"));
  });
});
afterEach(() => vi.unstubAllGlobals());

const never = (): AbortSignal => new AbortController().signal;

describe("ImageSource", () => {
  it("asks for one address a frame, once", async () => {
    const source = new ImageSource(video);
    (await source.get(30, never())).close();
    (await source.get(30, never())).close();
    expect(asked).toEqual(["/media/1/frames/30.jpg"]);
  });

  it("keeps a bitmap open for whoever shows it, though the cache let it go", async () => {
    const source = new ImageSource(video, 400);
    const shown = await source.get(30, never());
    (await source.get(0, never())).close();
    expect(open).toBe(2);
    shown.close();
    shown.close();
    expect(open).toBe(1);
    source.dispose();
    expect(open).toBe(0);
  });

  it("fetches ahead in the direction of travel", async () => {
    const source = new ImageSource(video);
    (await source.get(30, never())).close();
    (await source.get(29, never())).close();
    for (let i = 0; i < 20; i++) await settle();
    expect(asked.map((url) => Number(/(\d+)\.jpg/.exec(url)?.[1]))).toEqual([
      30, 29, 28, 27, 26, 25, 24, 23, 22, 21,
    ]);
  });

  it("says which frame is missing", async () => {
    await expect(new ImageSource(video).get(13, never())).rejects.toMatchObject({
      code: "not_found",
      message: "Frame 13 is not on the server.",
    });
  });
});
