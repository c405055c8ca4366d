import { PixelCanvases, type Pixels } from "./pixels";
import type { FromWorker, ToWorker } from "./protocol";
import { savesData } from "./readingAhead";
import { type DecodedFrame, type FrameSource, type PlayableVideo, SourceError } from "./types";

/** Of one view by itself; frames as they were decoded, 1.5 bytes a pixel. */
export const DECODED_CACHE_BYTES = 192 * 2 ** 20;

interface Pending {
  readonly index: number;
  resolve(frame: DecodedFrame): void;
  reject(error: unknown): void;
}

/** Whether this page and browser can decode this video by frame. WebCodecs needs HTTPS or localhost. */
export async function canUseWebCodecs(video: PlayableVideo): Promise<boolean> {
  if (!window.isSecureContext || typeof VideoDecoder === "undefined" || video.description === null)
    return false;
  try {
    const { supported } = await VideoDecoder.isConfigSupported({
      codec: video.codec,
      description: video.description,
      codedWidth: video.codedWidth,
      codedHeight: video.codedHeight,
    });
    return supported === true;
  } catch {
    return false; // a codec string that the browser cannot parse is one that it cannot play
  }
}

/** Frames decoded by WebCodecs in a worker of its own, straight from byte ranges of the proxy. */
export class WebCodecsSource implements FrameSource {
  readonly kind = "webcodecs";
  readonly #worker: Worker;
  readonly #canvases: PixelCanvases;
  readonly #pending = new Map<number, Pending>();
  #nextRequest = 1;
  #dead: SourceError | null = null;

  /** `readBack`: the pixels of its frames are read again, as the 3D scene does, and not only drawn. */
  constructor(video: PlayableVideo, worker: Worker = startWorker(), readBack = false) {
    if (video.description === null)
      throw new SourceError("unsupported", "This proxy has no decoder description.");
    this.#canvases = new PixelCanvases(readBack);
    this.#worker = worker;
    worker.addEventListener("message", (event: MessageEvent<FromWorker>) => this.#receive(event.data));
    worker.addEventListener("error", (event) => this.#die(`The decoding worker stopped: ${event.message}`));
    this.#post({
      type: "open",
      video: {
        frameCount: video.frameCount,
        codec: video.codec,
        description: video.description,
        codedWidth: video.codedWidth,
        codedHeight: video.codedHeight,
        proxyUrl: new URL(video.proxyUrl, location.href).href,
        indexUrl: new URL(video.indexUrl, location.href).href,
        cacheBytes: DECODED_CACHE_BYTES,
        readsAhead: !savesData(),
      },
    });
  }

  get(index: number, signal: AbortSignal): Promise<DecodedFrame> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#dead !== null) return Promise.reject(this.#dead);
    const request = this.#nextRequest++;
    return new Promise((resolve, reject) => {
      const cancel = (): void => {
        this.#pending.delete(request);
        this.#post({ type: "cancel", request });
        reject(signal.reason);
      };
      signal.addEventListener("abort", cancel, { once: true });
      const settle =
        <T>(then: (value: T) => void) =>
        (value: T): void => {
          signal.removeEventListener("abort", cancel);
          then(value);
        };
      this.#pending.set(request, { index, resolve: settle(resolve), reject: settle(reject) });
      this.#post({ type: "get", request, index });
    });
  }

  setCacheBytes(bytes: number): void {
    this.#post({ type: "keep", bytes });
  }

  dispose(): void {
    this.#post({ type: "close" });
    // The worker closes its frames and then itself; one that hangs in decoding is ended from here.
    setTimeout(() => this.#worker.terminate(), 2000);
    const closed = new DOMException("The video was closed.", "AbortError");
    for (const pending of this.#pending.values()) pending.reject(closed);
    this.#pending.clear();
  }

  #post(message: ToWorker, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #receive(message: FromWorker): void {
    const pending = this.#pending.get(message.request);
    this.#pending.delete(message.request);
    if (message.type === "failed") {
      pending?.reject(new SourceError(message.code, message.message));
      return;
    }
    const wanted = pending?.index === message.index ? pending : undefined;
    if (message.type === "pixels") {
      if (wanted !== undefined) this.#hold(wanted, message);
      this.#post({ type: "return", pixels: message.pixels }, [message.pixels]);
      return;
    }
    const { frame, index } = message;
    if (wanted === undefined) frame.close();
    else wanted.resolve({ index, image: frame, close: () => frame.close() });
  }

  /** Whoever waits hears of it, also where the page has no memory left for a canvas. */
  #hold(wanted: Pending, pixels: Pixels): void {
    try {
      wanted.resolve(this.#canvases.hold(wanted.index, pixels));
    } catch (cause) {
      const words = `Frame ${wanted.index} could not be laid into a canvas of this page.`;
      wanted.reject(new SourceError("decode_failed", words, { cause }));
    }
  }

  #die(reason: string): void {
    this.#dead = new SourceError("decode_failed", reason);
    for (const pending of this.#pending.values()) pending.reject(this.#dead);
    this.#pending.clear();
  }
}

function startWorker(): Worker {
  return new Worker(new URL("./decodeWorker.ts", import.meta.url), { type: "module" });
}
