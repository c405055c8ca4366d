/** What the browser tests and the benchmark of the scene drive, as `window.lab`. No part of the product. */

import "./page.css";
import { POSE_STRIDE, PoseWindows } from "../../../src/poses3d/poseWindows";
import {
  formatViewpoint,
  parseViewpoint,
  Scene3D,
  type SceneCamera,
  type SceneOptions,
} from "../../../src/scene";
import { RigCamera } from "../../../src/scene/rigCamera";
import { CAMERAS, FLOOR, KEYPOINTS, SKELETON, walk } from "../rig";

interface Wish {
  readonly animals?: number;
  readonly ticks?: number;
  readonly theme?: "light" | "dark";
  readonly cameras?: readonly SceneCamera[];
  /** Keypoints (individual, keypoint) that are unknown throughout. */
  readonly unknown?: readonly (readonly [number, number])[];
}

const NAMES = ["ash", "birch", "cedar", "dune", "elm", "fern", "gale", "hazel"];

function posesOf({ animals = 2, ticks = 2_000, unknown = [] }: Wish): PoseWindows {
  const shape = { ticks, individuals: animals, keypoints: KEYPOINTS.length };
  return new PoseWindows({
    shape,
    fetchWindow: async (start, stop) => {
      const data = walk(animals, start, stop);
      for (let row = 0; row < stop - start; row++) {
        for (const [individual, keypoint] of unknown) {
          const at = ((row * animals + individual) * KEYPOINTS.length + keypoint) * POSE_STRIDE;
          data.fill(Number.NaN, at, at + POSE_STRIDE);
        }
      }
      return data;
    },
  });
}

function optionsOf(canvas: HTMLCanvasElement, poses: PoseWindows, wish: Wish): SceneOptions {
  const individuals = NAMES.slice(0, wish.animals ?? 2).map((name) => ({ name }));
  const { theme = "light", cameras = CAMERAS } = wish;
  return { canvas, cameras, skeleton: SKELETON, individuals, floor: FLOOR, theme, poses };
}

function freshCanvas(): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.className = "scene";
  canvas.setAttribute("aria-label", "3D scene");
  document.querySelector("canvas")?.replaceWith(canvas);
  return canvas;
}

/** A picture in place of a camera's: quarters of four colours, so that its turn can be told. */
function quarters(width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  for (const [x, y, colour] of [
    [0, 0, "#c22"],
    [1, 0, "#2a2"],
    [0, 1, "#22c"],
    [1, 1, "#cc2"],
  ] as const) {
    context.fillStyle = colour;
    context.fillRect((x * width) / 2, (y * height) / 2, width / 2, height / 2);
  }
  return canvas;
}

/** Something like a picture of an arena: grey, with the animals' keypoints through the camera's lens. */
function filmed(camera: SceneCamera, animals: number, tick: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = camera.width / 2;
  canvas.height = camera.height / 2;
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  context.fillStyle = "#75716b";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = "#2c2825";
  const rig = new RigCamera(camera);
  const data = walk(animals, tick, tick + 1);
  for (let at = 0; at < data.length; at += POSE_STRIDE) {
    const point = [data[at] as number, data[at + 1] as number, data[at + 2] as number] as const;
    const pixel = rig.project(point, { lens: true });
    if (pixel === null) continue;
    context.beginPath();
    context.arc(pixel[0] / 2, pixel[1] / 2, 9, 0, 7);
    context.fill();
  }
  return canvas;
}

/** Mount a scene on a fresh canvas and resolve when its first poses are on the screen. */
async function mount(
  wish: Wish = {},
): Promise<{ scene: Scene3D; poses: PoseWindows; canvas: HTMLCanvasElement }> {
  const canvas = freshCanvas();
  const poses = posesOf(wish);
  const scene = new Scene3D(optionsOf(canvas, poses, wish));
  await shown(scene, 0);
  return { scene, poses, canvas };
}

function shown(scene: Scene3D, tick: number): Promise<void> {
  return new Promise((resolve) => {
    const stop = scene.on("shown", (event) => {
      if (event.tick !== tick) return;
      stop();
      resolve();
    });
    scene.setTick(tick);
  });
}

const lab = {
  ...{ Scene3D, PoseWindows, RigCamera, formatViewpoint, parseViewpoint },
  ...{ CAMERAS, FLOOR, KEYPOINTS, SKELETON },
  ...{ mount, shown, walk, quarters, filmed, posesOf, optionsOf, freshCanvas },
};
export type Lab = typeof lab;
Object.assign(window, { lab });
