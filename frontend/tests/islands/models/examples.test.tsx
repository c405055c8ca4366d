import { signal } from "@preact/signals";
import { render } from "preact";
import { expect, it } from "vitest";
import type { JobFeed } from "../../../src/api/jobFeed";
import type { JobEventMsg } from "../../../src/api/messages.gen";
import type { Recording } from "../../../src/api/types";
import { newestExamples, TrainingExamples } from "../../../src/islands/models/examples";
import type { ProjectUrls } from "../../../src/islands/parts/project";

const example = (index: number, x: number, video = "take 1/top") => ({
  ...{
    video,
    index,
    labels_px: [[[10, 20], null]],
    points_px: [
      [
        [x, 20],
        [5, 5],
      ],
    ],
  },
});
const event = (kind: string, done: number, examples?: readonly object[]) =>
  ({ kind, data: { stage: "train", done, metrics: {}, examples } }) as unknown as JobEventMsg;

function shown(events: readonly JobEventMsg[]) {
  const feed = { follow: () => signal(events) } as unknown as JobFeed;
  const video = {
    ...{ id: 7, view: "top", state: "ready", width: 640, height: 480, frame_widths: [] },
    frame_url_template: "/frames/{n}.jpg",
  };
  const recordings = [{ name: "take 1", videos: [video] }] as unknown as Recording[];
  const urls = { studio: "/videos/0/label/" } as unknown as ProjectUrls;
  const root = document.createElement("div");
  render(<TrainingExamples {...{ feed, recordings, urls }} jobId="j" />, root);
  return root;
}

it("takes the newest examples, wherever they are in the log", () => {
  const events = [
    event("metrics", 10, [example(3, 1)]),
    event("metrics", 20, [example(3, 2)]),
    event("metrics", 25),
    event("progress", 30),
  ];
  expect(newestExamples(events)).toEqual({ iteration: 20, frames: [example(3, 2)] });
  expect(newestExamples([event("progress", 5)])).toBeNull();
});

it("draws labels, answers and the way between them, and opens the frame", () => {
  const root = shown([event("metrics", 1200, [example(3, 40), example(9, 12)])]);
  expect(root.textContent).toContain("after 1\u2009200 iterations");
  const tiles = [...root.querySelectorAll("a.tile")];
  expect(tiles).toHaveLength(2);
  expect(tiles[0]?.getAttribute("href")).toBe("/videos/7/label/?frame=3");
  expect(tiles[0]?.querySelectorAll(".ring")).toHaveLength(1);
  expect(tiles[0]?.querySelectorAll(".cross")).toHaveLength(2);
  expect(tiles[0]?.querySelectorAll(".miss")).toHaveLength(1);
  expect(tiles[0]?.querySelector("image")?.getAttribute("href")).toBe("/frames/3.jpg");
});

it("shows nothing before the first check, and no frame of a video that is not here", () => {
  expect(shown([event("metrics", 5)]).innerHTML).toBe("");
  const root = shown([event("metrics", 10, [example(3, 1, "elsewhere/top")])]);
  expect(root.querySelectorAll("a.tile")).toHaveLength(0);
});
