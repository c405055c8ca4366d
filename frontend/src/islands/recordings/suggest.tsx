import type { JSX } from "preact";
import { bodyOf } from "../../api/client";
import type { Video } from "../../api/types";
import { Failure, useAction } from "../parts/action";
import { isActive, JobProgress } from "../parts/job";
import { studioUrl } from "../parts/project";
import type { RecordingsPage } from "./index";

/** Enough for a first training, and half an hour of labelling at most. */
const FRAMES = 20;

type SuggestProps = Pick<RecordingsPage, "api" | "feed" | "props"> & { readonly video: Video };

/** Asks for frames that differ from one another, and leads to them when they are found. */
export function SuggestFrames({ api, feed, props, video }: SuggestProps): JSX.Element {
  const action = useAction();
  const job = [...feed.jobs.value.values()].find(
    ({ kind, params }) => kind === "video.suggest" && params.video_id === video.id,
  );
  const suggest = () =>
    action.run(async () => {
      const started = await bodyOf(
        api.POST("/api/v1/videos/{video_id}/suggestions", {
          params: { path: { video_id: video.id } },
          body: { count: FRAMES, method: "mixed" },
        }),
      );
      feed.put(started);
    });
  if (job && isActive(job)) return <JobProgress job={job} />;
  return (
    <>
      <p class="small">
        {job?.state === "done" && (
          <>
            <a href={studioUrl(props.urls, video.id)}>Suggested frames are marked</a>
            {" · "}
          </>
        )}
        <button type="button" class="link" disabled={action.busy.value} onClick={suggest}>
          {job ? "Suggest more frames to label" : `Suggest ${FRAMES} frames to label`}
        </button>
      </p>
      {job?.state === "failed" && <p class="note bad small">{job.error?.message}</p>}
      <Failure of={action.error} />
    </>
  );
}
