import { wordsOf } from "../../api/problem";
import { FallbackSource } from "../../player/fallbackSource";
import { ImageSource } from "../../player/imageSource";
import type { FrameSource } from "../../player/types";
import { canUseWebCodecs, WebCodecsSource } from "../../player/webCodecsSource";
import type { StudioVideo } from "../studio/model";
import type { OpenSource } from "./viewSources";

/** Opens views: WebCodecs wherever it works. `onNote` hears where it does not. */
export function sourceOpener(onNote: (words: string) => void): OpenSource {
  return async (video) => {
    const pictures = (): FrameSource => new ImageSource(video);
    if (!(await canUseWebCodecs(video))) return pictures();
    // The scene copies each frame onto its camera's image plane.
    return new FallbackSource(new WebCodecsSource(video, undefined, true), pictures, (error) =>
      onNote(`${wordsOf(error)} Showing single pictures of ${video.view} instead; frames are the same.`),
    );
  };
}

export async function openSources(
  videos: readonly StudioVideo[],
  open: OpenSource,
): Promise<Map<string, FrameSource>> {
  return new Map(await Promise.all(videos.map(async (video) => [video.view, await open(video)] as const)));
}
