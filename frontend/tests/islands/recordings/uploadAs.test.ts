import { expect, it } from "vitest";
import type { RecordingsPage } from "../../../src/islands/recordings/index";
import { placesOf } from "../../../src/islands/recordings/uploadAs";
import { problem, serverOf } from "../server";

const FILES = ["m_left.avi", "m_right.avi"].map((name) => ({ name }) as File);
const recordings = {
  value: { value: [{ id: 3, name: "take3", videos: [{ view: "top" }] }] },
} as unknown as RecordingsPage["recordings"];
const props = { projectId: 7 } as RecordingsPage["props"];

it("asks nobody where each file is a recording of its own", async () => {
  const { api, calls } = serverOf(() => ({ body: [] }));
  expect(await placesOf({ api, props, recordings }, "own", FILES)).toEqual([{}, {}]);
  expect(calls).toEqual([]);
});

it("names the views of a recording that is here as their files", async () => {
  const { api } = serverOf(() => ({ body: [] }));
  expect(await placesOf({ api, props, recordings }, 3, FILES)).toEqual([
    { recording_id: 3, view: "m_left" },
    { recording_id: 3, view: "m_right" },
  ]);
});

it("refuses a name that the recording has, or that comes twice, before anything is sent", async () => {
  const { api, calls } = serverOf(() => ({ body: [] }));
  const files = (...names: string[]) => names.map((name) => ({ name }) as File);
  const asked = (...names: string[]) => placesOf({ api, props, recordings }, 3, files(...names));
  await expect(asked("low.mp4", "TOP.avi")).rejects.toThrow("take3 would have two views named “TOP”");
  await expect(asked("a.mp4", "a.avi")).rejects.toThrow("two views named “a”");
  expect(calls).toEqual([]);
});

it("lets the server name the recording and its views from the files together", async () => {
  const { api, calls } = serverOf(() => ({
    body: [
      {
        name: "m",
        views: [
          { view: "right", path: "m_right.avi", problem: null },
          { view: "left", path: "m_left.avi", problem: null },
        ],
      },
    ],
  }));
  expect(await placesOf({ api, props, recordings }, "together", FILES)).toEqual([
    { joins: true, name: "m", view: "left" },
    { joins: true, name: "m", view: "right" },
  ]);
  expect(calls[0]?.body).toEqual({ names: ["m_left.avi", "m_right.avi"] });
});

it("sends nothing where the server refuses the names", async () => {
  const { api } = serverOf(() => problem(422, "'a.avi' stands there twice."));
  await expect(placesOf({ api, props, recordings }, "together", FILES)).rejects.toThrow("stands there twice");
});
