import { render } from "preact";
import { afterEach, expect, it, vi } from "vitest";
import type { ProjectUrls } from "../../src/islands/parts/project";
import { WhereDoubtful } from "../../src/islands/resultsDoubts";
import { problem, serverOf } from "./server";

const page = document.createElement("div");
afterEach(() => render(null, page));

function open(answer: Parameters<typeof serverOf>[0]): void {
  const { api } = serverOf(answer);
  const urls = { studio: "/p/videos/0/studio/" } as ProjectUrls;
  render(<WhereDoubtful api={api} urls={urls} result={{ id: 3, video_id: 7, frame_count: 1000 }} />, page);
  page.querySelector("button")?.click();
}

const stretch = (first: number, last: number, severity: number, reason: string) => ({
  ...{ first, last, worst: first, severity },
  reasons: [reason],
});

it("draws stretches along the video, tells the worst with their reasons, and leads to their frames", async () => {
  const many = Array.from({ length: 6 }, (_, i) => stretch(100 * i, 100 * i + 9, i / 10, `reason ${i}`));
  open(() => ({ body: { frames_done: 1000, doubtful_frames: 60, total: 8, stretches: many } }));
  await vi.waitFor(() => expect(page.querySelectorAll(".doubt-strip a")).toHaveLength(6));
  const bar = page.querySelectorAll<HTMLAnchorElement>(".doubt-strip a")[2];
  expect([bar?.style.left, bar?.style.width]).toEqual(["20%", "1%"]);
  expect(bar?.getAttribute("href")).toBe("/p/videos/7/studio/?frame=200&result=3");
  expect(page.textContent).toContain("8 doubtful stretches, 6.0 % of the frames.");
  const listed = [...page.querySelectorAll("li")].map(({ textContent }) => textContent);
  expect(listed).toHaveLength(5);
  expect(listed[0]).toBe("Frames 500 to 509 reason 5");
});

it("says so where nothing is doubtful", async () => {
  open(() => ({ body: { frames_done: 1000, doubtful_frames: 0, total: 0, stretches: [] } }));
  await vi.waitFor(() => expect(page.textContent).toContain("nothing jumps"));
});

it("says why it could not look, and looks again where somebody asks it to", async () => {
  let broken = true;
  const nothing = { frames_done: 1000, doubtful_frames: 0, total: 0, stretches: [] };
  open(() => (broken ? problem(500, "The disk is away.") : { body: nothing }));
  await vi.waitFor(() => expect(page.querySelector("[role=alert]")?.textContent).toContain("disk is away"));
  const buttons = [...page.querySelectorAll("button")];
  expect(buttons.map(({ textContent }) => textContent)).toEqual(["Try again"]);
  broken = false;
  buttons[0]?.click();
  await vi.waitFor(() => expect(page.textContent).toContain("nothing jumps"));
  expect(page.querySelector("[role=alert]")).toBeNull();
});
