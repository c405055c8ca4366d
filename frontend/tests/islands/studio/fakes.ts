import type { RecordingWire } from "../../../src/islands/studio/gateway";
import type {
  StudioProject,
  StudioRecording,
  StudioVideo,
  Suggestion,
} from "../../../src/islands/studio/model";
import { StudioState } from "../../../src/islands/studio/state";
import { MemoryLabelDatabase } from "../../../src/labels/database";
import { LabelSession } from "../../../src/labels/labelSession";
import { LabelStore } from "../../../src/labels/labelStore";
import { TickTable } from "../../../src/player/tickTable";
import { FakeServer, KEYPOINTS, OTHER_VIDEO, VIDEO } from "../../labels/fakes";

export const video: StudioVideo = {
  id: VIDEO,
  frameCount: 100,
  width: 640,
  height: 480,
  fps: 30,
  codec: "",
  description: null,
  codedWidth: 640,
  codedHeight: 480,
  proxyUrl: "",
  indexUrl: "",
  frameUrlTemplate: "",
  view: "top",
};

/** A second view of the recording; it shows everything ten ticks later, and drops tick 20. */
export const sideVideo: StudioVideo = { ...video, id: OTHER_VIDEO, view: "side" };

export function recordingOf(...videos: StudioVideo[]): StudioRecording {
  const runs: Record<string, number[][]> = {
    top: [[0, 0, 100]],
    side: [
      [10, 0, 10],
      [21, 10, 79],
    ],
  };
  const frameCounts = new Map(videos.map(({ view, frameCount }) => [view, frameCount]));
  const table = TickTable.parse({ ticks: 100, views: runs }, frameCounts);
  return { id: 2, name: "open field", videos, absent: [], table, fps: 30, cameras: new Map() };
}

const names = Array.from({ length: KEYPOINTS }, (_, k) => `keypoint ${k}`);

export const project: StudioProject = {
  id: 1,
  name: "Mice",
  skeleton: { names, edges: [], sides: names.map(() => "middle") },
  animals: [
    { id: 1, name: "mouse", slot: 0, colour: "#e69f00" },
    { id: 2, name: "other mouse", slot: 1, colour: "#56b4e9" },
  ],
  canLabel: true,
};

/** A studio on frame 5 whose labels are known, without a page around it. */
export function openState(more: Partial<StudioProject> = {}): StudioState {
  const state = new StudioState(recordingOf(video), { ...project, ...more });
  state.tick.value = 5;
  state.labelsRead.value = "known";
  return state;
}

/** The same of two views, on tick 30: frame 30 of `top`, which is active, and frame 19 of `side`. */
export function openTwoViews(): StudioState {
  const state = new StudioState(recordingOf(video, sideVideo), project);
  state.tick.value = 30;
  for (const view of state.views) view.labelsRead.value = "known";
  return state;
}

export function openSession(): LabelSession {
  const stores = [VIDEO, OTHER_VIDEO].map((id) => new LabelStore(id, KEYPOINTS));
  return new LabelSession(stores, new MemoryLabelDatabase(), new FakeServer());
}

/** A frame that a model asked for; `at` tells batches apart. */
export const suggested = (frameIndex: number, more: Partial<Suggestion> = {}): Suggestion => ({
  frameIndex,
  method: "model",
  score: 0.5,
  reasons: [],
  batch: "job",
  at: 1,
  ...more,
});

/** A view as the server tells of it. */
export const viewWire = (id: number, name: string, more = {}): RecordingWire["views"][number] => ({
  video_id: id,
  view: name,
  state: "ready",
  failure: "",
  frame_count: 10,
  width: 640,
  height: 480,
  coded_width: null,
  coded_height: null,
  fps: 30,
  codec: "avc1.64001f",
  description_base64: null,
  proxy_url: "/p",
  index_url: "/i",
  frame_url_template: "/f/{n}.jpg",
  ...more,
});
