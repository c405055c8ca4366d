import { render } from "preact";
import { expect, it } from "vitest";
import type { ModelPage } from "../../../src/islands/model";
import { Suspects } from "../../../src/islands/model/suspects";

const swapped = {
  video_id: 3,
  frame_index: 17,
  individual: "animal 1",
  keypoints: ["left ear", "right ear"],
  distance_px: 21.5,
  confidence: 0.9,
  kind: "left/right swapped",
};

function shown(suspects: unknown): HTMLElement {
  const page = document.createElement("div");
  const props = { urls: { studio: "/p/videos/0/label/" } };
  const data = {
    model: { id: 1, suspects },
    recordings: [{ videos: [{ id: 3, recording_name: "take" }] }],
    results: [{ id: 8, model_id: 1, video_id: 3, frames_done: 100 }],
  };
  render(<Suspects {...({ props, data } as unknown as ModelPage)} />, page);
  return page;
}

it("is not there where nothing is doubted, or nothing was held out", () => {
  expect(shown(null).childNodes).toHaveLength(0);
  expect(shown({ labels: [], total: 0, words: [] }).childNodes).toHaveLength(0);
});

it("says what seems wrong and leads to the frame, with the answer over it", () => {
  const absent = {
    ...swapped,
    frame_index: 4,
    keypoints: ["tail"],
    distance_px: null,
    kind: "absent but found",
  };
  const page = shown({
    labels: [swapped, absent],
    total: 2,
    words: [
      "left ear and right ear are swapped in 1 label.",
      "tail is far from where the networks find it in 1 label.",
    ],
  });
  expect(page.querySelector("a")?.getAttribute("href")).toBe("/p/videos/3/label/?frame=17&result=8");
  expect(page.textContent).toContain("left ear and right ear are swapped in 1 label.");
  expect(page.textContent).toContain("where the model finds it");
  const cells = [...page.querySelectorAll("tbody tr")].map((row) => row.children[3]?.textContent);
  expect(cells).toEqual(["21.5 px", "–"]);
});

it("tells of those that are not listed", () => {
  expect(shown({ labels: [swapped], total: 4, words: [] }).textContent).toContain("3 more labels like these");
});
