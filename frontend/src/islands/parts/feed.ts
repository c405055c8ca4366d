import type { Api } from "../../api/client";
import { bodyOf } from "../../api/client";
import { JobFeed } from "../../api/jobFeed";

let shared: { feed: JobFeed; projectId: number; users: number } | null = null;

/** The page's one feed, whichever islands ask for it; it closes when the last of them goes. */
export function pageFeed(api: Api, projectId: number, signal: AbortSignal): JobFeed {
  if (!shared || shared.projectId !== projectId) {
    shared?.feed.close();
    shared = { feed: openFeed(api, projectId), projectId, users: 0 };
  }
  const mine = shared;
  mine.users += 1;
  signal.addEventListener(
    "abort",
    () => {
      mine.users -= 1;
      if (mine.users > 0) return;
      mine.feed.close();
      if (shared === mine) shared = null;
    },
    { once: true },
  );
  return mine.feed;
}

function openFeed(api: Api, projectId: number): JobFeed {
  const url = new URL(`/ws/projects/${projectId}/`, window.location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return new JobFeed({
    url: url.href,
    reads: {
      jobs: () =>
        bodyOf(
          api.GET("/api/v1/projects/{project_id}/jobs", { params: { path: { project_id: projectId } } }),
        ),
      events: (jobId, since) =>
        bodyOf(
          api.GET("/api/v1/jobs/{job_id}/events", { params: { path: { job_id: jobId }, query: { since } } }),
        ),
    },
  });
}
