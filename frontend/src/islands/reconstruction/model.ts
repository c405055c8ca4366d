/** What the 3D page knows of a reconstruction and of what it was made from. */

import { type Api, bodyOf } from "../../api/client";
import type { Reconstruction } from "../../api/types";
import { animalColour } from "../../canvas/palette";
import type { SkeletonLook } from "../../canvas/scene";
import { isAbort, SourceError } from "../../player/types";
import { POSE_STRIDE } from "../../poses3d/poseWindows";
import type { FloorBounds, SceneCamera, SceneIndividual } from "../../scene";
import { recordingOf, skeletonLook } from "../studio/gateway";
import type { StudioRecording } from "../studio/model";

export interface Space {
  readonly reconstruction: Reconstruction;
  /** Null where no video of the recording can be played; `absence` says why. */
  readonly recording: StudioRecording | null;
  readonly absence: string;
  readonly cameras: readonly SceneCamera[];
  readonly skeleton: SkeletonLook;
  readonly individuals: readonly SceneIndividual[];
}

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
  const views = recording.views.filter(({ view }) => reconstruction.views.includes(view));
  const playable = playableOf(() => recordingOf({ ...recording, views, sync: reconstruction.sync }));
  return {
    reconstruction,
    ...playable,
    cameras: (rig.document.cameras as readonly SceneCamera[]).filter(({ name }) =>
      reconstruction.views.includes(name),
    ),
    skeleton: skeletonLook(reconstruction.skeleton),
    individuals: reconstruction.individuals.map((name) => ({ name, colour: colours.get(name) ?? null })),
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

/** A range of numbers that the server sends as little-endian float32. */
export async function readFloats(url: string, signal: AbortSignal): Promise<Float32Array> {
  try {
    const response = await fetch(url, { signal, credentials: "same-origin" });
    if (!response.ok) throw new SourceError("network", `The server answered ${response.status}.`);
    return new Float32Array(await response.arrayBuffer());
  } catch (error) {
    if (isAbort(error) || error instanceof SourceError) throw error;
    throw new SourceError("network", "The server cannot be reached.", { cause: error });
  }
}

const STEP_MM = 50;
const MARGIN_MM = 60;

/** The floor below everything that is known of some poses; below the cameras' common middle where nothing is. */
export function floorOf(poses: Float32Array, cameras: readonly SceneCamera[]): FloorBounds {
  let [left, front, right, back] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let at = 0; at < poses.length; at += POSE_STRIDE) {
    const [x, y] = [poses[at] as number, poses[at + 1] as number];
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [front, back] = [Math.min(front, y), Math.max(back, y)];
  }
  if (left > right) [left, front, right, back] = middleOf(cameras);
  const low = (value: number): number => Math.floor((value - MARGIN_MM) / STEP_MM) * STEP_MM;
  const high = (value: number): number => Math.ceil((value + MARGIN_MM) / STEP_MM) * STEP_MM;
  return { minMm: [low(left), low(front)], maxMm: [high(right), high(back)] };
}

/** A square round the mean of the cameras' places, a third of their spread to each side. */
function middleOf(cameras: readonly SceneCamera[]): [number, number, number, number] {
  const places = cameras.map(placeOf);
  if (places.length === 0) return [-200, -200, 200, 200];
  const mean = [0, 1].map((axis) => places.reduce((sum, p) => sum + (p[axis] as number), 0) / places.length);
  const [x, y] = mean as [number, number];
  const reach = Math.max(200, ...places.map(([px, py]) => Math.hypot(px - x, py - y) / 3));
  return [x - reach, y - reach, x + reach, y + reach];
}

/** -R' t */
function placeOf({ R, t }: SceneCamera): [number, number, number] {
  const along = (axis: number): number =>
    -R.reduce((sum, row, at) => sum + (row[axis] as number) * (t[at] as number), 0);
  return [along(0), along(1), along(2)];
}
