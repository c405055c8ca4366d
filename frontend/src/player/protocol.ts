/** Messages between `WebCodecsSource` and its worker. */

import type { SourceErrorCode } from "./types";

/** Everything the worker needs to open one video. */
export interface OpenVideo {
  readonly frameCount: number;
  readonly codec: string;
  readonly description: Uint8Array<ArrayBuffer>;
  readonly codedWidth: number;
  readonly codedHeight: number;
  readonly proxyUrl: string;
  readonly indexUrl: string;
  readonly cacheBytes: number;
  /** Whether bytes are read that nobody waits for. */
  readonly readsAhead: boolean;
}

export type ToWorker =
  | { readonly type: "open"; readonly video: OpenVideo }
  | { readonly type: "get"; readonly request: number; readonly index: number }
  | { readonly type: "cancel"; readonly request: number }
  /** How many bytes of decoded frames may be kept. */
  | { readonly type: "keep"; readonly bytes: number }
  /** Pixels that were drawn: their memory is ready for the next frame. */
  | { readonly type: "return"; readonly pixels: ArrayBuffer }
  | { readonly type: "close" };

export type FromWorker =
  | {
      readonly type: "pixels";
      readonly request: number;
      readonly index: number;
      /** RGBA, row by row. */
      readonly pixels: ArrayBuffer;
      readonly width: number;
      readonly height: number;
    }
  /** From a browser that cannot convert a frame itself: the page converts it while it draws. */
  | { readonly type: "frame"; readonly request: number; readonly index: number; readonly frame: VideoFrame }
  | {
      readonly type: "failed";
      readonly request: number;
      readonly code: SourceErrorCode;
      readonly message: string;
    };
