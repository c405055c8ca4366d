/** What the studio knows of the project around the video. */

import type { SkeletonLook } from "../../canvas/scene";
import type { PlayableVideo } from "../../player/types";

export interface StudioProps {
  readonly videoId: number;
  readonly projectId: number;
  readonly projectName?: string;
  readonly recordingName?: string;
  readonly userId?: number;
  readonly frame?: number | null;
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

export interface StudioVideo extends PlayableVideo {
  readonly recordingName: string;
  readonly view: string;
  /** File names of an image sequence. */
  readonly sourceNames: readonly string[] | null;
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

export interface HistoryLine {
  readonly uuid: string;
  readonly user: string;
  readonly keypoint: number;
  readonly animalId: number;
  readonly words: string;
  readonly at: Date;
}
