import { render } from "preact";
import { expect, it } from "vitest";
import type { ModelPage } from "../../../src/islands/model";
import { agreementWords, Quality } from "../../../src/islands/model/quality";

const row = { n: 8, mean_px: 4.1, median_px: 1.4, pck5: 0.9 };

function shown(more: object, farthest: object = {}): string[][] {
  const test = { ...row, pck10: 1, by_keypoint: { snout: row } };
  const model = { id: 5, holdout: "last:0.2", metrics: { test, ...more }, worst_by_keypoint: farthest };
  const results = [{ id: 9, model_id: 5, video_id: 3, frames_done: 40 }];
  const props = { urls: { studio: "/p/videos/0/studio/" } };
  const page = { props, data: { model, results, recordings: [] } } as unknown as ModelPage;
  const root = document.createElement("div");
  render(<Quality {...page} />, root);
  document.body.replaceChildren(root);
  return [...root.querySelectorAll("tr")].map((line) =>
    [...line.children].map(({ textContent }) => textContent ?? ""),
  );
}

it("has no column for people while nobody has measured them, and says so", () => {
  const [head] = shown({});
  expect(head).toEqual(["keypoint", "points", "mean", "median", "within 5 px", "mean error"]);
  expect(document.body.textContent).toContain(agreementWords(null));
});

it("puts people beside the model once they are measured", () => {
  const people = { mean_px: 1.2, by_keypoint: { snout: { n: 20, mean_px: 0.8 } } };
  const [head, first] = shown({ human_agreement: people });
  expect(head?.slice(2, 5)).toEqual(["mean", "median", "two people"]);
  expect(first?.slice(2, 5)).toEqual(["4.1 px", "1.4 px", "0.8 px"]);
  expect(document.body.textContent).toContain("1.2 px apart on average");
});

it("leads to where a keypoint was farthest off, with the prediction where the model ran", () => {
  const place = (frame_index: number) => ({
    snout: [{ video_id: 3, frame_index, individual: "mouse", distance_px: 30 }],
  });
  expect(shown({}, place(12))[1]?.[5]).toBe("30.0 px");
  const link = () => document.body.querySelector("td a")?.getAttribute("href");
  expect(link()).toBe("/p/videos/3/studio/?frame=12&result=9");
  shown({}, place(40)); // not predicted yet
  expect(link()).toBe("/p/videos/3/studio/?frame=40");
});
