/** What the studio knows of the recording, and of the project around it. */

import type { SkeletonLook } from "../../canvas/scene";
import type { TickTable } from "../../player/tickTable";
import type { PlayableVideo } from "../../player/types";
import type { RigCamera } from "../../scene/rigCamera";

export interface StudioProps {
  /** The view to begin with. */
  readonly videoId: number;
  readonly recordingId: number;
  readonly projectId: number;
  readonly projectName?: string;
  readonly recordingName?: string;
  readonly userId?: number;
  /** Frame of that view, or tick of the recording, to open. */
  readonly frame?: number | null;
  readonly tick?: number | null;
  readonly resultId?: number | null;
  readonly capabilities?: readonly string[];
  readonly urls?: Readonly<Record<string, string>>;
}

export interface Animal {
  readonly id: number;
  readonly name: string;
  readonly slot: number;
  readonly colour: string;
}

/** One view of a recording that can be played. */
export interface StudioVideo extends PlayableVideo {
  readonly view: string;
}

/** A view that cannot be shown (yet), and why, in words fit to show. */
export interface AbsentView {
  readonly view: string;
  readonly words: string;
}

export interface StudioRecording {
  readonly id: number;
  readonly name: string;
  /** At least one. */
  readonly videos: readonly StudioVideo[];
  readonly absent: readonly AbsentView[];
  /** Which frame each of the videos shows at each tick. */
  readonly table: TickTable;
  /** Ticks a second to play at. */
  readonly fps: number;
  /** By view, of those that the calibration fits; none without a calibration. */
  readonly cameras: ReadonlyMap<string, RigCamera>;
}

export interface StudioProject {
  readonly id: number;
  readonly name: string;
  readonly skeleton: SkeletonLook;
  readonly animals: readonly Animal[];
  readonly canLabel: boolean;
}

export interface Suggestion {
  readonly frameIndex: number;
  readonly method: string;
  /** 0..1, the larger the more worth labelling in its batch. */
  readonly score: number;
  /** In words fit to show, the strongest first. */
  readonly reasons: readonly string[];
  /** What was proposed together; null of what came with a demo. */
  readonly batch: string | null;
  readonly at: number;
}

/** What a model says of suggested frames, whether or not it ran over the whole video. */
export interface ModelFrames {
  readonly modelName: string;
  readonly keypoints: readonly string[];
  readonly frames: readonly {
    readonly frameIndex: number;
    /** [individual][keypoint] of x, y and confidence; null where there is no answer. */
    readonly points: readonly (readonly (readonly [number, number, number] | null)[])[];
  }[];
}

/** A model's output over this video, as far as it goes. */
export interface PoseResult {
  readonly id: number;
  readonly modelName: string;
  readonly state: "running" | "ready" | "failed";
  readonly framesDone: number;
  readonly keypoints: readonly string[];
  readonly individuals: readonly string[];
}

/** Frames first..last in which predictions are doubtful; `worst` is the one to look at. */
export interface Doubt {
  readonly first: number;
  readonly last: number;
  readonly worst: number;
  /** 0..1. */
  readonly severity: number;
  readonly reasons: readonly string[];
}

/** The worst stretches in time order, of `total` that there are. */
export interface Doubts {
  readonly total: number;
  readonly stretches: readonly Doubt[];
}

export interface HistoryLine {
  readonly uuid: string;
  readonly user: string;
  readonly keypoint: number;
  readonly animalId: number;
  readonly words: string;
  readonly at: Date;
}
