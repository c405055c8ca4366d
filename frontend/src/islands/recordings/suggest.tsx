import type { JSX } from "preact";
import type { Video } from "../../api/types";
import { AskForFrames } from "../parts/askForFrames";
import { counted } from "../parts/format";
import { studioUrl } from "../parts/project";
import type { RecordingsPage } from "./index";

type SuggestProps = Pick<RecordingsPage, "api" | "feed" | "props"> & { readonly video: Video };

/** Asks for frames that are worth labelling, and leads to them when they are found. */
export function SuggestFrames({ api, feed, props, video }: SuggestProps): JSX.Element {
  const name = `${video.recording_name} · ${video.view}`;
  return (
    <AskForFrames
      api={api}
      feed={feed}
      props={props}
      videos={[{ id: video.id, name, frameCount: video.frame_count }]}
      look="link"
      found={(videoId, frames) => (
        <p class="small">
          <a href={studioUrl(props.urls, videoId, { frame: frames[0] ?? 0 })}>
            Label the {counted(frames.length, "suggested frame")}
          </a>
        </p>
      )}
    />
  );
}
