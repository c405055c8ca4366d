import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PixelReader } from "../../src/player/pixels";
import type { FromWorker, ToWorker } from "../../src/player/protocol";
import type { PlayableVideo } from "../../src/player/types";
import { WebCodecsSource } from "../../src/player/webCodecsSource";

class FakeWorker extends EventTarget {
  readonly received: ToWorker[] = [];

  postMessage(message: ToWorker): void {
    this.received.push(message);
  }

  terminate(): void {}

  answer(data: FromWorker): void {
    this.dispatchEvent(new MessageEvent("message", { data }));
  }
}

class FakeCanvas {
  static made = 0;
  settings: CanvasRenderingContext2DSettings = {};
  content: Uint8ClampedArray | null = null;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    FakeCanvas.made++;
  }

  getContext(
    _kind: string,
    settings: CanvasRenderingContext2DSettings,
  ): { putImageData: (image: { data: Uint8ClampedArray }) => void } {
    this.settings = settings;
    return {
      putImageData: ({ data }) => {
        this.content = data;
      },
    };
  }
}

class FakeImageData {
  constructor(readonly data: Uint8ClampedArray) {}
}

const video = {
  frameCount: 10,
  codec: "avc1.64001f",
  description: new Uint8Array(1),
  codedWidth: 2,
  codedHeight: 2,
  proxyUrl: "/proxy.mp4",
  indexUrl: "/frames.bin",
} as PlayableVideo;

function open(): { source: WebCodecsSource; worker: FakeWorker } {
  const worker = new FakeWorker();
  return { source: new WebCodecsSource(video, worker as unknown as Worker), worker };
}

const pixels = (value: number, width = 2): FromWorker => ({
  type: "pixels",
  request: 0,
  index: 0,
  pixels: new Uint8ClampedArray(width * 2 * 4).fill(value).buffer,
  width,
  height: 2,
});

describe("WebCodecsSource", () => {
  beforeEach(() => {
    FakeCanvas.made = 0;
    vi.stubGlobal("OffscreenCanvas", FakeCanvas);
    vi.stubGlobal("ImageData", FakeImageData);
  });
  afterEach(() => void vi.unstubAllGlobals());

  it("reads ahead, unless the browser was told to save data", () => {
    const readsAhead = (): unknown => {
      const message = open().worker.received[0];
      return message?.type === "open" ? message.video.readsAhead : undefined;
    };
    const connection = vi.fn((): { saveData: boolean } | undefined => undefined);
    vi.stubGlobal("navigator", {
      get connection() {
        return connection();
      },
    });
    expect(readsAhead()).toBe(true);
    connection.mockReturnValue({ saveData: false });
    expect(readsAhead()).toBe(true);
    connection.mockReturnValue({ saveData: true });
    expect(readsAhead()).toBe(false);
  });

  it("gives the pixels of the frame that was asked for, and their memory back", async () => {
    const { source, worker } = open();
    const wanted = source.get(3, new AbortController().signal);
    worker.answer({ ...pixels(7), request: 1, index: 3 } as FromWorker);
    const frame = await wanted;
    expect(frame.index).toBe(3);
    expect((frame.image as unknown as FakeCanvas).content?.[0]).toBe(7);
    expect(worker.received.at(-1)?.type).toBe("return");
  });

  it.each([true, false])("keeps frames in memory where they are read back: %s", async (readBack) => {
    const worker = new FakeWorker();
    const source = new WebCodecsSource(video, worker as unknown as Worker, readBack);
    const wanted = source.get(3, new AbortController().signal);
    worker.answer({ ...pixels(7), request: 1, index: 3 } as FromWorker);
    const { settings } = (await wanted).image as unknown as FakeCanvas;
    expect(settings.willReadFrequently).toBe(readBack);
  });

  it("uses canvases again, but none that is still open or has another size", async () => {
    const { source, worker } = open();
    const shown = async (request: number, width = 2): Promise<{ image: unknown; close: () => void }> => {
      const wanted = source.get(request, new AbortController().signal);
      worker.answer({ ...pixels(request, width), request, index: request } as FromWorker);
      return wanted;
    };
    const first = await shown(1);
    const second = await shown(2);
    expect(second.image).not.toBe(first.image);
    first.close();
    first.close();
    const third = await shown(3);
    const fourth = await shown(4);
    expect(third.image).toBe(first.image);
    expect(fourth.image).not.toBe(third.image);
    third.close();
    expect((await shown(5, 4)).image).not.toBe(third.image);
    expect(FakeCanvas.made).toBe(4);
  });

  it("drops the pixels of a wish that was given up", async () => {
    const { source, worker } = open();
    const wish = new AbortController();
    const wanted = source.get(3, wish.signal);
    wish.abort();
    await expect(wanted).rejects.toMatchObject({ name: "AbortError" });
    worker.answer({ ...pixels(7), request: 1, index: 3 } as FromWorker);
    expect(worker.received.at(-1)?.type).toBe("return");
    expect(FakeCanvas.made).toBe(0);
  });

  it("says so where the page has no canvas for a frame, and gives the memory back all the same", async () => {
    const { source, worker } = open();
    const wanted = source.get(3, new AbortController().signal);
    vi.stubGlobal("ImageData", function refuses() {
      throw new RangeError("Out of memory.");
    });
    const told = expect(wanted).rejects.toMatchObject({
      code: "decode_failed",
      message: expect.stringContaining("Frame 3"),
    });
    try {
      worker.answer({ ...pixels(7), request: 1, index: 3 } as FromWorker);
    } finally {
      await told;
    }
    expect(worker.received.at(-1)?.type).toBe("return");
  });

  it("draws the frame itself where the browser cannot convert it", async () => {
    const { source, worker } = open();
    const wanted = source.get(3, new AbortController().signal);
    const close = vi.fn();
    const frame = { close } as unknown as VideoFrame;
    worker.answer({ type: "frame", request: 1, index: 3, frame });
    const given = await wanted;
    expect(given.image).toBe(frame);
    given.close();
    expect(close).toHaveBeenCalledOnce();
  });
});

describe("PixelReader", () => {
  const frame = (copyTo: (target: ArrayBuffer) => Promise<unknown>, size = 16): VideoFrame =>
    ({ visibleRect: { width: 2, height: 2 }, allocationSize: () => size, copyTo }) as unknown as VideoFrame;

  it("reads into memory that came back", async () => {
    const reader = new PixelReader();
    const targets: ArrayBuffer[] = [];
    const copy = async (target: ArrayBuffer): Promise<void> => void targets.push(target);
    const first = await reader.read(frame(copy));
    await reader.read(frame(copy));
    reader.giveBack(first?.pixels as ArrayBuffer);
    await reader.read(frame(copy));
    expect(targets[2]).toBe(targets[0]);
    expect(targets[1]).not.toBe(targets[0]);
  });

  it("gives nothing where the browser only copies planes", async () => {
    const refuses = async (): Promise<never> => {
      throw new DOMException("no", "NotSupportedError");
    };
    expect(await new PixelReader().read(frame(refuses))).toBeNull();
    expect(await new PixelReader().read(frame(async () => {}, 6))).toBeNull();
  });

  it("does not hide a frame that cannot be read", async () => {
    const fails = async (): Promise<never> => {
      throw new DOMException("closed", "InvalidStateError");
    };
    await expect(new PixelReader().read(frame(fails))).rejects.toThrow("closed");
  });
});
