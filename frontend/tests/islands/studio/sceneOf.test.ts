import { expect, it } from "vitest";
import type { LabelMark, PredictionMark } from "../../../src/canvas/scene";
import { sceneOf } from "../../../src/islands/studio/sceneOf";
import { StudioState, type ViewState } from "../../../src/islands/studio/state";
import { RigCamera } from "../../../src/scene/rigCamera";
import { OTHER_VIDEO, VIDEO } from "../../labels/fakes";
import { project, recordingOf, sideVideo, video } from "./fakes";

/** Side by side, 200 mm apart, looking along z. */
const camera = (name: string, x: number): [string, RigCamera] => {
  const K = [
    [800, 0, 320],
    [0, 800, 240],
    [0, 0, 1],
  ];
  const R = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  return [name, new RigCamera({ name, width: 640, height: 480, K, R, t: [x, 0, 0] } as never)];
};

function open(): StudioState {
  const cameras = new Map([camera("top", 0), camera("side", 200)]);
  const state = new StudioState({ ...recordingOf(video, sideVideo), cameras }, project);
  state.tick.value = 30;
  state.armed.value = 1;
  return state;
}

/** Keypoint 1 lies at y = the frame in the side view, and in no other. */
const labelling = {
  marks: (frame: number, animal: number, videoId = VIDEO): LabelMark[] =>
    videoId === OTHER_VIDEO && animal === 1 ? [{ keypoint: 1, x: 320, y: frame, visibility: "visible" }] : [],
};
const ghosts = { marks: (): PredictionMark[] => [] };

it("what lies over a frame is of the tick that shows it, though another one is still on screen", () => {
  const state = open();
  const [top, side] = state.views as [ViewState, ViewState];
  const scene = sceneOf(top, 80, state, labelling, ghosts);
  // The side view shows frame 69 at tick 80; its cameras differ in x alone, so lines keep their y.
  const heights = scene.guides?.flatMap(({ lines }) => lines.flat()).map(({ y }) => y) ?? [];
  expect(heights.length).toBeGreaterThan(1);
  for (const y of heights) expect(y).toBeCloseTo(69, 6);
  expect([scene.index, scene.armed]).toEqual([80, 1]);
  const other = sceneOf(side, 69, state, labelling, ghosts);
  expect([other.armed, other.guides, other.animals[0]?.labels]).toEqual([
    null,
    [],
    [{ keypoint: 1, x: 320, y: 69, visibility: "visible" }],
  ]);
});

it("no view has guides from one without a frame at the tick, nor in playback", () => {
  const state = open();
  const top = state.views[0] as ViewState;
  expect(sceneOf(top, 20, state, labelling, ghosts).guides).toEqual([]);
  expect(sceneOf(top, 21, state, labelling, ghosts).guides).toHaveLength(1);
  state.playing.value = true;
  expect(sceneOf(top, 21, state, labelling, ghosts).guides).toEqual([]);
});
