/** What the 3D page knows of a reconstruction and of what it was made from. */

import { type Api, bodyOf } from "../../api/client";
import type { Reconstruction } from "../../api/types";
import { animalColour } from "../../canvas/palette";
import type { SkeletonLook } from "../../canvas/scene";
import { refuse } from "../../player/bytes";
import { isAbort, SourceError } from "../../player/types";
import type { SceneCamera, SceneIndividual } from "../../scene";
import { recordingOf, skeletonLook } from "../studio/gateway";
import type { StudioRecording } from "../studio/model";

export interface Space {
  readonly reconstruction: Reconstruction;
  /** Null where no video of the recording can be played; `absence` says why. */
  readonly recording: StudioRecording | null;
  readonly absence: string;
  /** Frames a second of the videos; null where they have no time base, as folders of pictures have none. */
  readonly fps: number | null;
  readonly cameras: readonly SceneCamera[];
  readonly skeleton: SkeletonLook;
  /** At least one: where none is known yet, the poses are of a nameless animal. */
  readonly individuals: readonly SceneIndividual[];
}

const NAMELESS: SceneIndividual = { name: "animal", colour: null };

/** Read all of it; what cannot be played is left out with its reason, since the poses stand by themselves. */
export async function readSpace(api: Api, id: number, signal: AbortSignal): Promise<Space> {
  const reconstruction = await readReconstruction(api, id, signal);
  const path = { params: { path: { recording_id: reconstruction.recording_id } }, signal };
  const project = { params: { path: { project_id: reconstruction.project_id } }, signal };
  const calibration = { params: { path: { calibration_id: reconstruction.calibration_id } }, signal };
  const [recording, wire, rig] = await Promise.all([
    bodyOf(api.GET("/api/v1/recordings/{recording_id}", path)),
    bodyOf(api.GET("/api/v1/projects/{project_id}", project)),
    bodyOf(api.GET("/api/v1/calibrations/{calibration_id}", calibration)),
  ]);
  const colours = new Map(wire.animals.map(({ name, slot, colour }) => [name, animalColour(slot, colour)]));
  // The clock that it was made with, which may have been set anew since; views that it does not know stay out.
  // Videos may have been renamed since as well: they are known by their numbers, and called as they were then.
  const names = new Map(reconstruction.inputs.map(({ view, video_id }) => [video_id, view]));
  const views = recording.views.flatMap((wire) => {
    const view = names.get(wire.video_id);
    return view === undefined ? [] : [{ ...wire, view }];
  });
  const rates = views.flatMap(({ fps }) => (fps !== null && fps > 0 ? [fps] : []));
  const named = reconstruction.individuals.map((name) => ({ name, colour: colours.get(name) ?? null }));
  const playable = playableOf(() => recordingOf({ ...recording, views, sync: reconstruction.sync }));
  return {
    reconstruction,
    ...playable,
    fps: rates.length === 0 ? null : Math.max(...rates),
    cameras: (rig.document.cameras as readonly SceneCamera[]).filter(({ name }) =>
      reconstruction.views.includes(name),
    ),
    skeleton: skeletonLook(reconstruction.skeleton),
    individuals: named.length === 0 ? [NAMELESS] : named,
  };
}

export async function readReconstruction(api: Api, id: number, signal: AbortSignal): Promise<Reconstruction> {
  const params = { path: { reconstruction_id: id } };
  return bodyOf(api.GET("/api/v1/reconstructions/{reconstruction_id}", { params, signal }));
}

function playableOf(read: () => StudioRecording): { recording: StudioRecording | null; absence: string } {
  try {
    return { recording: read(), absence: "" };
  } catch (error) {
    return { recording: null, absence: error instanceof Error ? error.message : String(error) };
  }
}

/** Numbers of the ticks start <= tick < stop. */
export type FetchRange = (start: number, stop: number, signal: AbortSignal) => Promise<Float32Array>;

/** A range of numbers that the server sends as little-endian float32; `what` names them where it refuses. */
export async function readFloats(what: string, url: string, signal: AbortSignal): Promise<Float32Array> {
  try {
    const response = await fetch(url, { signal, credentials: "same-origin" });
    if (!response.ok) throw refuse(response, what);
    return new Float32Array(await response.arrayBuffer());
  } catch (error) {
    if (isAbort(error) || error instanceof SourceError) throw error;
    throw new SourceError("network", "The server cannot be reached.", { cause: error });
  }
}
