import { IMAGE_CACHE_BYTES } from "./imageSource";
import type { FrameSource, SourceKind } from "./types";
import { DECODED_CACHE_BYTES } from "./webCodecsSource";

/** One view by itself may keep so much; several share twice of it. */
const ONE_VIEW_BYTES: Readonly<Record<SourceKind, number>> = {
  webcodecs: DECODED_CACHE_BYTES,
  images: IMAGE_CACHE_BYTES,
};

/** Share the memory for frames out among the visible views, so that all together stay within a bound. */
export function shareMemory(sources: ReadonlyMap<string, FrameSource>): void {
  for (const source of sources.values()) source.setCacheBytes(cacheShare(source.kind, sources.size));
}

/** Bytes that one of so many visible views may keep. */
export function cacheShare(kind: SourceKind, views: number): number {
  const most = ONE_VIEW_BYTES[kind];
  return Math.floor(Math.min(most, (2 * most) / Math.max(1, views)));
}
