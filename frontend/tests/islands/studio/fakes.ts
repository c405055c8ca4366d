import type { StudioProject, StudioVideo } from "../../../src/islands/studio/model";
import { StudioState } from "../../../src/islands/studio/state";
import { MemoryLabelDatabase } from "../../../src/labels/database";
import { LabelSession } from "../../../src/labels/labelSession";
import { LabelStore } from "../../../src/labels/labelStore";
import { FakeServer, KEYPOINTS, VIDEO } from "../../labels/fakes";

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
  recordingName: "open field",
  view: "top",
  sourceNames: null,
};

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
  const state = new StudioState(video, { ...project, ...more });
  state.presented.value = 5;
  state.labelsRead.value = "known";
  return state;
}

export function openSession(): LabelSession {
  return new LabelSession(new LabelStore(VIDEO, KEYPOINTS), new MemoryLabelDatabase(), new FakeServer());
}
