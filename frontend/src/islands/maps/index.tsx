import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Api } from "../../api/client";
import type { JobFeed } from "../../api/jobFeed";
import type { PoseMap } from "../../api/types";
import { Confirm } from "../parts/confirm";
import { ago, count, counted } from "../parts/format";
import { isActive, JobButtons, JobError, JobProgress } from "../parts/job";
import { mayDelete, type ProjectProps } from "../parts/project";
import type { VideoResults } from "../results";
import { type Choosable, MapForm } from "./form";
import { MapView } from "./view";

export interface MapsPage {
  readonly api: Api;
  readonly feed: JobFeed;
  readonly props: ProjectProps;
  readonly refresh: () => Promise<void>;
}

interface MapsProps extends MapsPage {
  readonly videos: readonly VideoResults[];
  readonly maps: readonly PoseMap[];
}

/** Which poses there are: a form to map those of a result, and the maps that were made. */
export function Maps({ videos, maps, ...page }: MapsProps): JSX.Element | null {
  const all: Choosable[] = videos.flatMap(({ video, results }) =>
    results.map((result) => ({ video, result })),
  );
  const [first, ...more] = all.filter(
    ({ result }) => result.state === "ready" && result.keypoints.length > 1,
  );
  const jobs = [...page.feed.jobs.value.values()].filter(
    (job) => job.kind === "pose.map" && (isActive(job) || job.state === "failed"),
  );
  if (!first && maps.length === 0) return null;
  return (
    <section class="card stack tight" aria-labelledby="maps-title">
      <div class="card-head">
        <h2 id="maps-title">Maps of poses</h2>
        <span class="dim small">
          Which poses there are: like ones side by side, in clusters, with examples of each.
        </span>
      </div>
      {first && <MapForm {...page} of={[first, ...more]} />}
      {jobs.map((job) => (
        <div key={job.id} class="stack hair">
          <div class="row">
            <span>{job.label}</span>
            <span class="actions push">
              <JobButtons api={page.api} feed={page.feed} job={job} props={page.props} />
            </span>
          </div>
          <JobProgress job={job} />
          <JobError job={job} />
        </div>
      ))}
      {maps.map((map) => (
        <MadeMap
          key={map.id}
          {...page}
          map={map}
          of={all.find(({ result }) => result.id === map.result_id)}
        />
      ))}
    </section>
  );
}

function MadeMap({
  map,
  of,
  ...page
}: MapsPage & { readonly map: PoseMap; readonly of: Choosable | undefined }): JSX.Element {
  const open = useSignal(false);
  const deleting = useSignal(false);
  const name = `${map.recording_name} ${map.view} by ${map.model_name}`;
  const remove = async () => {
    await page.api.DELETE("/api/v1/maps/{map_id}", { params: { path: { map_id: map.id } } });
    await page.refresh();
  };
  return (
    <article class="stack tight" aria-label={`Map of ${name}`}>
      <div class="row">
        <span>
          {name}{" "}
          <span class="dim small num-text">
            {count(map.poses)} poses in {counted(map.cluster_sizes.length, "cluster")} · {ago(map.created_at)}
          </span>
        </span>
        <span class="actions push">
          <button
            type="button"
            class="btn small"
            aria-expanded={open.value}
            onClick={() => {
              open.value = !open.value;
            }}
          >
            {open.value ? "Close" : "Show"}
          </button>
          <a class="btn small" href={map.table_url} download>
            Table
          </a>
          {mayDelete(page.props, map) && (
            <button
              type="button"
              class="btn small quiet danger"
              onClick={() => {
                deleting.value = true;
              }}
            >
              Delete
            </button>
          )}
        </span>
      </div>
      {open.value && <MapView {...page} map={map} video={of?.video} result={of?.result} />}
      {deleting.value && (
        <Confirm
          title={`Delete this map of ${map.recording_name}?`}
          verb="Delete map"
          onConfirm={remove}
          onClose={() => {
            deleting.value = false;
          }}
        >
          <p>Only the map goes. The predictions stay, and it can be made again.</p>
        </Confirm>
      )}
    </article>
  );
}
