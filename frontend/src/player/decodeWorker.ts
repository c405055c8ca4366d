/** The decoding worker: one a view. Speaks `protocol.ts`; all decisions are in `DecodeSession`. */

import { fetchPatiently, fetchRange, refuse } from "./bytes";
import { type DecoderLike, DecodeSession } from "./decodeSession";
import { FrameTable } from "./frameTable";
import { PixelReader } from "./pixels";
import type { FromWorker, OpenVideo, ToWorker } from "./protocol";
import { sharedLine } from "./readingAhead";
import { Reopening } from "./reopening";
import { isAbort, SourceError } from "./types";

/** A decoder that gives nothing for this long has run out of frame buffers or died. */
const STALL_MS = 4000;

/** The DOM library types `self` as a window; these are the parts of a worker scope in use here. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker, transfer: Transferable[]): void;
  close(): void;
}
const scope = self as unknown as WorkerScope;

class Decoder implements DecoderLike {
  readonly #decoder: VideoDecoder;
  readonly #roomWaiters = new Set<() => void>();

  constructor(
    config: VideoDecoderConfig,
    onFrame: (frame: VideoFrame) => void,
    onError: (error: unknown) => void,
  ) {
    this.#decoder = new VideoDecoder({ output: onFrame, error: onError });
    this.#decoder.addEventListener("dequeue", () => {
      for (const resume of this.#roomWaiters) resume();
    });
    this.#decoder.configure(config);
  }

  get decodeQueueSize(): number {
    return this.#decoder.decodeQueueSize;
  }

  decode(timestamp: number, key: boolean, data: Uint8Array<ArrayBuffer>): void {
    this.#decoder.decode(new EncodedVideoChunk({ type: key ? "key" : "delta", timestamp, data }));
  }

  flush(): Promise<void> {
    return orStall(this.#decoder.flush());
  }

  async room(): Promise<void> {
    let resume = (): void => {};
    const dequeued = new Promise<void>((resolve) => {
      resume = resolve;
      this.#roomWaiters.add(resume);
    });
    try {
      await orStall(dequeued);
    } finally {
      this.#roomWaiters.delete(resume);
    }
    if (this.#decoder.state === "closed") throw new Error("The decoder closed.");
  }

  close(): void {
    if (this.#decoder.state !== "closed") this.#decoder.close();
    for (const resume of this.#roomWaiters) resume();
  }
}

async function orStall<T>(work: Promise<T>): Promise<T> {
  let timer = 0;
  const stalled = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`The decoder gave nothing for ${STALL_MS} ms.`)),
      STALL_MS,
    ) as never;
  });
  try {
    return await Promise.race([work, stalled]);
  } finally {
    clearTimeout(timer);
  }
}

async function open(video: OpenVideo): Promise<DecodeSession<VideoFrame>> {
  const response = await fetchPatiently(video.indexUrl, {}, "The frame index");
  if (!response.ok) throw refuse(response, "The frame index");
  const table = FrameTable.parse(await response.arrayBuffer(), video.frameCount);
  const config: VideoDecoderConfig = {
    codec: video.codec,
    description: video.description,
    codedWidth: video.codedWidth,
    codedHeight: video.codedHeight,
    optimizeForLatency: true,
    // Short GOPs at random are quicker in software, whose frames can be kept without starving the decoder.
    hardwareAcceleration: "prefer-software",
  };
  return new DecodeSession<VideoFrame>(
    table,
    {
      createDecoder: (onFrame, onError) => new Decoder(config, onFrame, onError),
      fetchRange: (start, end, signal) => fetchRange(video.proxyUrl, start, end, signal),
      line: sharedLine,
      readsAhead: video.readsAhead,
    },
    keptBytes ?? video.cacheBytes,
  );
}

/** What the page allows since it opened the video; it holds for a session that is opened later, too. */
let keptBytes: number | null = null;
let session: Reopening<DecodeSession<VideoFrame>> | null = null;
const reader = new PixelReader();
const running = new Map<number, AbortController>();

/** Hand a frame over to the page; closes it. */
async function send(request: number, index: number, frame: VideoFrame): Promise<void> {
  try {
    const pixels = await reader.read(frame);
    if (pixels === null) scope.postMessage({ type: "frame", request, index, frame }, [frame]);
    else scope.postMessage({ type: "pixels", request, index, ...pixels }, [pixels.pixels]);
  } finally {
    frame.close(); // does nothing to one that was transferred
  }
}

async function get(request: number, index: number): Promise<void> {
  const cancel = new AbortController();
  running.set(request, cancel);
  try {
    if (session === null) throw new SourceError("decode_failed", "The video is not open.");
    const frame = await (await session.get()).get(index, cancel.signal);
    await send(request, index, frame);
  } catch (error) {
    if (isAbort(error)) return;
    const code = error instanceof SourceError ? error.code : "decode_failed";
    const message = error instanceof Error ? error.message : String(error);
    scope.postMessage({ type: "failed", request, code, message }, []);
  } finally {
    running.delete(request);
  }
}

scope.onmessage = ({ data: message }) => {
  switch (message.type) {
    case "open":
      session = new Reopening(() => open(message.video));
      session.get().catch(() => {}); // whoever asks for a frame opens it again and reports the reason
      return;
    case "get":
      void get(message.request, message.index);
      return;
    case "cancel":
      running.get(message.request)?.abort();
      return;
    case "keep":
      keptBytes = message.bytes;
      void session?.current?.then((opened) => opened.setCacheBytes(message.bytes)).catch(() => {});
      return;
    case "return":
      reader.giveBack(message.pixels);
      return;
    case "close":
      void Promise.resolve(session?.current)
        .then((opened) => opened?.dispose())
        .catch(() => {}) // it never opened: nothing to release
        .finally(() => scope.close());
  }
};
