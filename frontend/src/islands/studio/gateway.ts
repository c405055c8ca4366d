/** Everything the studio asks of the server, in the studio's own words. */

import { type Api, bodyOf } from "../../api/client";
import { animalColour, type Side } from "../../canvas/palette";
import type { SkeletonLook } from "../../canvas/scene";
import type { Instance } from "../../labels/types";
import { TickTable } from "../../player/tickTable";
import { RigCamera } from "../../scene/rigCamera";
import type { SceneCamera } from "../../scene/types";
import type {
  AbsentView,
  Doubts,
  HistoryLine,
  ModelFrames,
  PoseResult,
  StudioProject,
  StudioRecording,
  StudioVideo,
  Suggestion,
} from "./model";
import { type PoseWindow, parseWindow } from "./predictions";
import { changeWords } from "./words";

/** Where a recording has no time base (a folder of images). */
const DEFAULT_FPS = 25;

export class Gateway {
  readonly #api: Api;
  readonly #signal: AbortSignal;

  /** Reads end when `signal` aborts. */
  constructor(api: Api, signal: AbortSignal) {
    this.#api = api;
    this.#signal = signal;
  }

  /** A recording with the views of it that can be played; throws with what to do where none can. */
  async recording(id: number): Promise<StudioRecording> {
    const path = { recording_id: id };
    const wire = await bodyOf(this.#api.GET("/api/v1/recordings/{recording_id}", this.#with(path)));
    return recordingOf(wire);
  }

  async project(id: number): Promise<StudioProject> {
    const path = { project_id: id };
    const wire = await bodyOf(this.#api.GET("/api/v1/projects/{project_id}", this.#with(path)));
    const animals = [...wire.animals].sort((a, b) => a.slot - b.slot);
    return {
      id: wire.id,
      name: wire.name,
      skeleton: skeletonLook(wire.skeleton),
      animals: animals.map((animal) => ({ ...animal, colour: animalColour(animal.slot, animal.colour) })),
      canLabel: wire.capabilities.includes("label"),
    };
  }

  /** Labels of a video: of all frames, or of one. */
  labels(videoId: number, frame?: number): Promise<Instance[]> {
    const query = frame === undefined ? {} : { start: frame, stop: frame + 1 };
    const params = { path: { video_id: videoId }, query };
    return bodyOf(this.#api.GET("/api/v1/videos/{video_id}/labels", { params, signal: this.#signal }));
  }

  async suggestions(videoId: number): Promise<Suggestion[]> {
    const path = { video_id: videoId };
    const wire = await bodyOf(this.#api.GET("/api/v1/videos/{video_id}/suggestions", this.#with(path)));
    return wire.map(({ frame_index, method, score, reasons, batch, created_at }) => ({
      frameIndex: frame_index,
      method,
      score,
      reasons,
      batch,
      at: Date.parse(created_at),
    }));
  }

  /** Take a frame off the list of what is to be labelled. */
  async skip(videoId: number, frameIndex: number): Promise<void> {
    const path = { video_id: videoId, frame_index: frameIndex };
    await this.#api.DELETE("/api/v1/videos/{video_id}/suggestions/{frame_index}", this.#with(path));
  }

  /** What models say of suggested frames. */
  async framePredictions(videoId: number): Promise<ModelFrames[]> {
    const path = { video_id: videoId };
    const wire = await bodyOf(this.#api.GET("/api/v1/videos/{video_id}/frame-predictions", this.#with(path)));
    return wire.map(({ model_name, keypoints, frames }) => ({
      modelName: model_name,
      keypoints,
      frames: frames.map(({ frame_index, points }) => ({
        frameIndex: frame_index,
        points: points as ModelFrames["frames"][number]["points"],
      })),
    }));
  }

  async results(videoId: number): Promise<PoseResult[]> {
    const path = { video_id: videoId };
    const wire = await bodyOf(this.#api.GET("/api/v1/videos/{video_id}/results", this.#with(path)));
    return wire.map((result) => ({
      id: result.id,
      modelName: result.model_name,
      state: result.state,
      framesDone: result.frames_done,
      keypoints: result.keypoints,
      individuals: result.individuals,
    }));
  }

  /** Where the predictions of a result are doubtful. */
  async doubts(resultId: number): Promise<Doubts> {
    const path = { result_id: resultId };
    return await bodyOf(this.#api.GET("/api/v1/results/{result_id}/doubts", this.#with(path)));
  }

  /** Predictions of the frames start <= frame < stop. */
  async window(resultId: number, start: number, stop: number, signal: AbortSignal): Promise<PoseWindow> {
    const params = { path: { result_id: resultId }, query: { start, stop } };
    const options = { params, signal, parseAs: "arrayBuffer" } as const;
    const { data, response } = await this.#api.GET("/api/v1/results/{result_id}/window", options);
    const from = Number(response.headers.get("X-Start") ?? start);
    return parseWindow(data as unknown as ArrayBuffer, response.headers.get("X-Shape") ?? "", from);
  }

  /** What was done to a frame, newest first. */
  async history(videoId: number, frameIndex: number, names: readonly string[]): Promise<HistoryLine[]> {
    const path = { video_id: videoId, frame_index: frameIndex };
    const url = "/api/v1/videos/{video_id}/frames/{frame_index}/history";
    const wire = await bodyOf(this.#api.GET(url, this.#with(path)));
    return wire.map((line) => ({
      uuid: line.uuid,
      user: line.user,
      keypoint: line.keypoint,
      animalId: line.animal_id,
      words: changeWords(names[line.keypoint] ?? `keypoint ${line.keypoint}`, line.before, line.after),
      at: new Date(line.created_at),
    }));
  }

  #with<Path>(path: Path): { params: { path: Path }; signal: AbortSignal } {
    return { params: { path }, signal: this.#signal };
  }
}

/** The wire form of a recording, as far as the studio needs it. */
export interface RecordingWire {
  readonly id: number;
  readonly name: string;
  readonly views: readonly ViewWire[];
  readonly sync: unknown;
  readonly calibration?: CalibrationWire | null;
}

interface CalibrationWire {
  readonly cameras: readonly SceneCamera[];
  readonly views: readonly { readonly view: string; readonly fit: string }[];
}

interface ViewWire {
  readonly video_id: number;
  readonly view: string;
  readonly state: string;
  readonly failure: string;
  readonly frame_count: number;
  readonly width: number;
  readonly height: number;
  readonly coded_width: number | null;
  readonly coded_height: number | null;
  readonly fps: number | null;
  readonly codec: string | null;
  readonly description_base64: string | null;
  readonly proxy_url: string | null;
  readonly index_url: string | null;
  readonly frame_url_template: string | null;
}

export function recordingOf({ id, name, views, sync, calibration }: RecordingWire): StudioRecording {
  const read = views.map(viewOf);
  const videos = read.filter((view): view is StudioVideo => "frameCount" in view);
  const absent = read.filter((view): view is AbsentView => "words" in view);
  if (videos.length === 0) throw new Error(absent[0]?.words ?? "This recording has no videos.");
  const table = TickTable.parse(sync, new Map(videos.map(({ view, frameCount }) => [view, frameCount])));
  const fps = Math.max(...videos.map(({ fps }) => fps));
  return { id, name, videos, absent, table, fps, cameras: camerasOf(calibration) };
}

/** A camera that was calibrated at another picture size would lead every eye astray. */
function camerasOf(calibration: CalibrationWire | null | undefined): ReadonlyMap<string, RigCamera> {
  const usable = new Set(calibration?.views.filter(({ fit }) => fit === "usable").map(({ view }) => view));
  const cameras = calibration?.cameras.filter(({ name }) => usable.has(name)) ?? [];
  return new Map(cameras.map((camera) => [camera.name, new RigCamera(camera)]));
}

/** A view that is ready to play, or what to do about one that is not. */
function viewOf(wire: ViewWire): StudioVideo | AbsentView {
  const { view, proxy_url, index_url, frame_url_template } = wire;
  if (wire.state === "failed") {
    const words = `This video could not be read. ${wire.failure} Register it again when the file is repaired.`;
    return { view, words };
  }
  if (proxy_url === null || index_url === null || frame_url_template === null) {
    return { view, words: "This video is still being read. Open it again when its job is done." };
  }
  return {
    id: wire.video_id,
    view,
    frameCount: wire.frame_count,
    width: wire.width,
    height: wire.height,
    codedWidth: wire.coded_width ?? wire.width,
    codedHeight: wire.coded_height ?? wire.height,
    fps: wire.fps && wire.fps > 0 ? wire.fps : DEFAULT_FPS,
    codec: wire.codec ?? "",
    description: bytesOfBase64(wire.description_base64),
    proxyUrl: proxy_url,
    indexUrl: index_url,
    frameUrlTemplate: frame_url_template,
  };
}

function bytesOfBase64(text: string | null): Uint8Array<ArrayBuffer> | null {
  return text ? Uint8Array.from(atob(text), (char) => char.charCodeAt(0)) : null;
}

/** Pairs come typed as lists of names. */
interface SkeletonWire {
  readonly keypoints: readonly string[];
  readonly edges: readonly (readonly string[])[];
  readonly symmetric: readonly (readonly string[])[];
}

/** Names to numbers, and each keypoint's side. */
export function skeletonLook({ keypoints, edges, symmetric }: SkeletonWire): SkeletonLook {
  const sides: Side[] = keypoints.map((name) => {
    if (symmetric.some(([left]) => left === name)) return "left";
    return symmetric.some(([, right]) => right === name) ? "right" : "middle";
  });
  const pairs = edges.map(([a, b]) => [keypoints.indexOf(a ?? ""), keypoints.indexOf(b ?? "")] as const);
  return { names: keypoints, edges: pairs.filter(([a, b]) => a >= 0 && b >= 0), sides };
}
