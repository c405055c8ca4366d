import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { StudioVideo } from "../studio/model";
import type { Desk } from "./desk";
import { ViewPicture } from "./viewPicture";

/** The videos of the recording in step with the scene, each with its reprojection error. */
export function Views({ desk }: { readonly desk: Desk }): JSX.Element {
  const { recording, cameras, reconstruction } = desk.space;
  const absent = recording?.absent ?? [];
  const videos = recording?.videos ?? [];
  return (
    <section
      class="sp-views"
      style={{ "--views": videos.length + absent.length }}
      aria-label="Videos of the same tick"
    >
      {videos.map((video) => (
        <View
          key={video.view}
          desk={desk}
          video={video}
          place={reconstruction.views.indexOf(video.view)}
          hasCamera={cameras.some(({ name }) => name === video.view)}
        />
      ))}
      {absent.map(({ view, words }) => (
        <p key={view} class="note info">
          <b>{view}</b> {words}
        </p>
      ))}
    </section>
  );
}

interface ViewProps {
  readonly desk: Desk;
  readonly video: StudioVideo;
  /** On the view axis of the reconstruction. */
  readonly place: number;
  readonly hasCamera: boolean;
}

function View({ desk, video, place, hasCamera }: ViewProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current === null) return;
    desk.attachPicture(video.view, new ViewPicture(canvas.current, video));
    // In another size it is drawn with other pixels.
    const size = new ResizeObserver(() => desk.player.redraw());
    size.observe(canvas.current);
    return () => {
      size.disconnect();
      desk.attachPicture(video.view, null);
    };
  }, []);
  const tick = desk.tick.value;
  const frame = tick < 0 ? null : (desk.space.recording?.table.frameAt(video.view, tick) ?? null);
  const error = desk.residuals.value?.[place];
  const failure = desk.views.failed.value.get(video.view);
  return (
    <figure class="sp-view" data-view-name={video.view}>
      <div class="sp-picture" style={{ "--ratio": video.width / video.height }}>
        <canvas ref={canvas} />
        {failure === undefined && tick >= 0 && frame === null && (
          <span class="sp-none">No frame at this tick</span>
        )}
        {failure !== undefined && (
          <span class="sp-none" role="alert">
            {failure}
            <button type="button" class="st-button small" onClick={() => void desk.views.retry()}>
              Try again
            </button>
          </span>
        )}
      </div>
      <figcaption>
        <b>{video.view}</b>
        {frame !== null && <span class="dim">{frame}</span>}
        <span
          class="push"
          title="Median distance between what this view saw and where the 3D pose falls in it"
        >
          {error !== undefined && Number.isFinite(error) ? `${error.toFixed(1)} px` : "– px"}
        </span>
        {hasCamera && (
          <button
            type="button"
            class="st-button small"
            title={`Look at the scene as ${video.view} does`}
            disabled={desk.scene === null}
            onClick={() => desk.scene?.lookThrough(video.view)}
          >
            Look
          </button>
        )}
      </figcaption>
    </figure>
  );
}
