/**
 * Pictures and films of the scene. The film is encoded frame by frame (WebCodecs), so its time is exact however
 * slowly the scene is drawn; a recording of the canvas as it runs would show every hitch.
 */

import { type Mp4Sample, type Mp4Track, writeMp4 } from "./mp4";
import { SceneError } from "./types";

export interface TurntableOptions {
  readonly seconds?: number;
  readonly fps?: number;
  /** Longer side, pixels. */
  readonly longSidePx?: number;
  readonly signal?: AbortSignal;
  /** Share that is done, 0..1. */
  readonly onProgress?: (share: number) => void;
}

/** What is filmed: it draws itself, turned by degrees, into a canvas of the film's size; refuses where it cannot. */
export interface Turntable {
  readonly canvas: HTMLCanvasElement;
  draw(azimuthDeg: number): void;
}

interface Codec {
  readonly config: VideoEncoderConfig;
  readonly kind: "avc" | "vp9";
}

const SECONDS = 8;
const FPS = 30;
const LONG_SIDE_PX = 1280;
/** A key frame a second, so that the film can be sought. */
const BITS_PER_PIXEL = 0.14;
const MOST_QUEUED = 4;
/** H.264 first: it plays wherever a talk is given. Levels by size, 4.0 up to 1080p, 5.1 above. */
const AVC = ["avc1.640028", "avc1.640033", "avc1.4d0028", "avc1.42e028"];
const VP9_LEVELS: readonly (readonly [mostPixels: number, level: number])[] = [
  [36_864, 10],
  [552_960, 30],
  [983_040, 31],
  [2_228_224, 40],
  [8_912_896, 50],
];

/** PNG of what the canvas shows now; call in the task that drew it. */
export async function pngOf(canvas: HTMLCanvasElement): Promise<Blob> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (blob === null) {
    throw new SceneError("capture_failed", "The picture could not be written; try a smaller size.");
  }
  return blob;
}

export function planOf(
  options: TurntableOptions,
  aspect: number,
): { readonly frames: number; readonly fps: number; readonly width: number; readonly height: number } {
  const { seconds = SECONDS, fps = FPS, longSidePx = LONG_SIDE_PX } = options;
  const sound =
    seconds > 0 && seconds <= 60 && fps >= 1 && fps <= 60 && longSidePx >= 64 && longSidePx <= 3840;
  if (!sound) {
    throw new SceneError(
      "capture_failed",
      `A turntable takes 0 to 60 s at 1 to 60 frames/s and 64 to 3840 px, ` +
        `got ${seconds} s, ${fps} frames/s and ${longSidePx} px.`,
    );
  }
  const [wide, high] = aspect >= 1 ? [longSidePx, longSidePx / aspect] : [longSidePx * aspect, longSidePx];
  // Encoders take even sizes only.
  const even = (length: number): number => Math.max(2, 2 * Math.round(length / 2));
  return { frames: Math.max(1, Math.round(seconds * fps)), fps, width: even(wide), height: even(high) };
}

/** Film one turn. Rejects with `no_video` where the browser cannot encode, and with the signal's reason. */
export async function filmTurntable(
  plan: ReturnType<typeof planOf>,
  { signal, onProgress }: TurntableOptions,
  begin: (width: number, height: number) => Turntable,
): Promise<Blob> {
  signal?.throwIfAborted();
  const codec = await codecFor(plan);
  const samples: Mp4Sample[] = [];
  let record: Uint8Array | null = null;
  const failure: { error: DOMException | null } = { error: null };
  const encoder = new VideoEncoder({
    output: (chunk, metadata) => {
      const data = new Uint8Array(chunk.byteLength);
      chunk.copyTo(data);
      samples.push({ data, key: chunk.type === "key" });
      record ??= bytesOf(metadata?.decoderConfig?.description);
    },
    error: (error) => {
      failure.error = error;
    },
  });
  try {
    encoder.configure(codec.config);
    const stage = begin(plan.width, plan.height);
    for (let frame = 0; frame < plan.frames; frame++) {
      await roomIn(encoder, failure);
      signal?.throwIfAborted();
      stage.draw((360 * frame) / plan.frames);
      encode(encoder, stage.canvas, frame, plan.fps);
      onProgress?.((frame + 1) / plan.frames);
    }
    await encoder.flush();
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (error instanceof SceneError) throw error;
    throw new SceneError("capture_failed", "The film could not be encoded; try a smaller size.", {
      cause: failure.error ?? error,
    });
  } finally {
    if (encoder.state !== "closed") encoder.close();
  }
  return writeMp4({ ...plan, samples, codec: trackCodec(codec, record) });
}

function encode(encoder: VideoEncoder, canvas: HTMLCanvasElement, index: number, fps: number): void {
  const timestamp = Math.round((index * 1e6) / fps);
  const frame = new VideoFrame(canvas, { timestamp, duration: Math.round(1e6 / fps) });
  encoder.encode(frame, { keyFrame: index % Math.round(fps) === 0 });
  frame.close();
}

/** Also lets the page breathe: the loop would else hold it for seconds. */
async function roomIn(encoder: VideoEncoder, failure: { error: DOMException | null }): Promise<void> {
  do {
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (failure.error !== null) throw failure.error;
  } while (encoder.encodeQueueSize >= MOST_QUEUED);
}

async function codecFor({ width, height, fps }: ReturnType<typeof planOf>): Promise<Codec> {
  if (typeof VideoEncoder === "undefined") {
    throw new SceneError(
      "no_video",
      window.isSecureContext
        ? "This browser cannot encode video. Save pictures instead, or use a current Chrome, Edge, Firefox or Safari."
        : "Browsers encode video only on pages opened over HTTPS or on localhost. Save pictures instead, or " +
            "open the studio over HTTPS.",
    );
  }
  const common = {
    width,
    height,
    framerate: fps,
    bitrate: Math.round(width * height * fps * BITS_PER_PIXEL),
  };
  const level = VP9_LEVELS.find(([most]) => width * height <= most)?.[1] ?? 51;
  const choices: Codec[] = [
    ...AVC.map((codec) => ({
      kind: "avc" as const,
      config: { ...common, codec, avc: { format: "avc" as const } },
    })),
    { kind: "vp9", config: { ...common, codec: `vp09.00.${level}.08` } },
  ];
  for (const choice of choices) {
    if ((await VideoEncoder.isConfigSupported(choice.config)).supported === true) return choice;
  }
  throw new SceneError(
    "no_video",
    `This browser encodes neither H.264 nor VP9 at ${width} x ${height}. Save pictures instead, or try a smaller film.`,
  );
}

function trackCodec({ kind, config }: Codec, record: Uint8Array | null): Mp4Track["codec"] {
  if (kind === "vp9") return { kind, profile: 0, level: Number(config.codec.split(".")[2]) };
  if (record === null)
    throw new SceneError("capture_failed", "The encoder told nothing of its H.264 stream.");
  return { kind, record };
}

function bytesOf(source: AllowSharedBufferSource | undefined): Uint8Array | null {
  if (source === undefined) return null;
  if (ArrayBuffer.isView(source)) {
    return new Uint8Array(source.buffer as ArrayBuffer, source.byteOffset, source.byteLength).slice();
  }
  return new Uint8Array(source as ArrayBuffer).slice();
}
