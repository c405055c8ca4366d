/** What the player needs from a video, and what it gives back: frames named by their integer index. */

export type SourceKind = "webcodecs" | "images";

/** One video as the player sees it; sizes in pixels. */
export interface PlayableVideo {
  readonly id: number;
  readonly frameCount: number;
  /** True, upright size of the recording. */
  readonly width: number;
  readonly height: number;
  /** Frames a second to play at; the time base of the recording where it is known. */
  readonly fps: number;
  /** WebCodecs codec string, for example `avc1.64001f`. */
  readonly codec: string;
  /** The avcC box; null where the proxy carries none, and then only images can be shown. */
  readonly description: Uint8Array<ArrayBuffer> | null;
  /** Size that the proxy was encoded with: the true size padded to even numbers. */
  readonly codedWidth: number;
  readonly codedHeight: number;
  readonly proxyUrl: string;
  readonly indexUrl: string;
  /** Holds `{n}` where the frame index goes. */
  readonly frameUrlTemplate: string;
}

/** Pixels of one frame. Whoever receives it owns it and must call `close` exactly once. */
export interface DecodedFrame {
  readonly index: number;
  readonly image: VideoFrame | ImageBitmap | OffscreenCanvas;
  close(): void;
}

/** A supply of frames by index. `get` rejects with the signal's reason when it is aborted. */
export interface FrameSource {
  readonly kind: SourceKind;
  get(index: number, signal: AbortSignal): Promise<DecodedFrame>;
  /** How many bytes of frames may be kept beside those that were given out. */
  setCacheBytes(bytes: number): void;
  dispose(): void;
}

export type SourceErrorCode =
  | "network"
  | "signed_out"
  | "not_found"
  | "bad_index"
  | "decode_failed"
  | "unsupported";

/** A frame could not be had; `code` says which remedy fits. */
export class SourceError extends Error {
  readonly code: SourceErrorCode;

  constructor(code: SourceErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SourceError";
    this.code = code;
  }
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}
