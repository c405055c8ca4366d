import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { bodyOf } from "../../api/client";
import type { PoseMap, PoseMapPoints, Result, Video } from "../../api/types";
import { count } from "../parts/format";
import { cropAround, MarkedFrame, type Point } from "../parts/markedFrame";
import { readPredictedPoints } from "../parts/predictedPoints";
import { studioUrl } from "../parts/project";
import { Loaded, Resource } from "../parts/resource";
import { clusterColour, type Range, rangeOf, VIRIDIS_GRADIENT, valueColour } from "./colours";
import type { MapsPage } from "./index";
import { Scatter } from "./scatter";

interface MapViewProps extends MapsPage {
  readonly map: PoseMap;
  readonly video: Video | undefined;
  readonly result: Result | undefined;
}

/** The dots of a map, the frame of the one that is pressed, and examples of each cluster. */
export function MapView(props: MapViewProps): JSX.Element {
  const { api, map } = props;
  const points = useMemo(
    () =>
      new Resource(() =>
        bodyOf(api.GET("/api/v1/maps/{map_id}/points", { params: { path: { map_id: map.id } } })),
      ),
    [api, map.id],
  );
  return (
    <div class="stack tight">
      {map.warnings.map((warning) => (
        <p key={warning} class="note warn">
          {warning}
        </p>
      ))}
      <Loaded of={points} what="the map">
        {(value) => <Dots {...props} points={value} />}
      </Loaded>
      {map.montage_url && (
        <figure class="stack hair montage">
          <figcaption class="dim small">
            Examples of each cluster from all over the recording, turned to the body.
          </figcaption>
          <img
            src={map.montage_url}
            alt={`Examples of ${map.cluster_sizes.length} clusters`}
            loading="lazy"
          />
        </figure>
      )}
    </div>
  );
}

function Dots({ points, ...props }: MapViewProps & { readonly points: PoseMapPoints }): JSX.Element {
  const { map } = props;
  const by = useSignal("");
  const chosen = useSignal<number | null>(null);
  const numbers = points.numbers.find(({ name }) => name === by.value);
  const range = numbers ? rangeOf(numbers.values) : null;
  const colours = useMemo(
    () =>
      numbers && range
        ? numbers.values.map((value) => valueColour(value, range))
        : points.cluster.map(clusterColour),
    [points, numbers?.name],
  );
  return (
    <div class="map-parts">
      <div class="stack hair">
        <div class="row">
          <label for={`map-by-${map.id}`}>Colour by</label>
          <select
            id={`map-by-${map.id}`}
            class="short"
            value={by.value}
            onChange={(event) => {
              by.value = event.currentTarget.value;
            }}
          >
            <option value="">cluster</option>
            {points.numbers.map(({ name }) => (
              <option key={name} value={name}>
                {inWords(name)}
              </option>
            ))}
          </select>
        </div>
        <Scatter
          places={points}
          colours={colours}
          chosen={chosen.value}
          onChoose={(at) => {
            chosen.value = at;
          }}
          words={`Map of ${map.poses} poses in ${map.cluster_sizes.length} clusters.`}
        />
        {numbers && range ? <Legend range={range} unit={numbers.unit} /> : <Clusters map={map} />}
      </div>
      <Chosen {...props} points={points} at={chosen} />
    </div>
  );
}

function Legend({ range, unit }: { readonly range: Range; readonly unit: string }): JSX.Element {
  return (
    <div class="row small num-text">
      <span>{figure(range.low)}</span>
      <span class="ramp" style={{ backgroundImage: VIRIDIS_GRADIENT }} />
      <span>
        {figure(range.high)} {unit}
      </span>
      <span class="dim">grey: not known</span>
    </div>
  );
}

function Clusters({ map }: { readonly map: PoseMap }): JSX.Element {
  return (
    <ul class="keys small num-text">
      {map.cluster_sizes.map((size, n) => (
        <li key={n}>
          <i style={{ background: clusterColour(n + 1) }} /> {n + 1}: {count(size)}
        </li>
      ))}
    </ul>
  );
}

/** The frame of the dot that was pressed. */
function Chosen({
  props,
  video,
  result,
  points,
  at,
}: MapViewProps & { readonly points: PoseMapPoints; readonly at: Signal<number | null> }): JSX.Element {
  const read: Signal<{ readonly row: number; readonly points: readonly Point[] } | null> = useSignal(null);
  const row = at.value;
  const marks = read.value !== null && read.value.row === row ? read.value.points : [];
  const frame = row === null ? undefined : points.frame[row];
  const who = row === null ? undefined : points.individual[row];
  const place = who === undefined ? -1 : (result?.individuals.indexOf(who) ?? -1);
  useEffect(() => {
    if (row === null || frame === undefined || !result) return;
    let stale = false;
    readPredictedPoints(result.id, frame, place < 0 ? undefined : place)
      .then((found) => {
        if (!stale) read.value = { row, points: found };
      })
      // The picture is still worth having without its marks.
      .catch((error: unknown) => console.warn("the pose of a dot could not be read", error));
    return () => {
      stale = true;
    };
  }, [row, frame, place, result?.id]);
  if (row === null || frame === undefined || !video || !result) {
    return <p class="dim small">Press a dot to see its frame. Dots that lie together are poses alike.</p>;
  }
  const known = points.numbers.flatMap(({ name, unit, values }) => {
    const value = values[row] ?? null;
    return value === null ? [] : [`${inWords(name)} ${figure(value)} ${unit}`];
  });
  return (
    <div class="stack hair" aria-live="polite">
      <MarkedFrame
        video={video}
        frame={frame}
        labels={[]}
        answers={marks}
        crop={cropAround(marks, video)}
        words={`Frame ${frame} of ${video.recording_name}`}
      />
      <span class="small num-text">
        Frame {count(frame)}
        {result.individuals.length > 1 && ` · ${who}`} · cluster {points.cluster[row]}
        {known.map((words) => ` · ${words}`)}
      </span>
      <span class="actions">
        <a class="btn small" href={studioUrl(props.urls, video.id, { frame, result: result.id })}>
          Open frame {count(frame)}
        </a>
      </span>
    </div>
  );
}

/** "angle:a,b,c" as "angle of a, b, c". */
function inWords(name: string): string {
  return name.replace(":", " of ").replaceAll(",", ", ");
}

function figure(value: number): string {
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
