import { signal } from "@preact/signals";
import { render } from "preact";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { JobFeed } from "../../../src/api/jobFeed";
import type { Studio } from "../../../src/islands/studio/controller";
import type { StudioState } from "../../../src/islands/studio/state";
import { SuggestedGhosts } from "../../../src/islands/studio/suggestedGhosts";
import { ToLabel } from "../../../src/islands/studio/ToLabel";
import { serverOf } from "../server";
import { openState, suggested } from "./fakes";

let page: HTMLElement;
let state: StudioState;
let went: number[];

beforeEach(() => {
  page = document.createElement("div");
  state = openState();
  went = [];
});
afterEach(() => render(null, page));

function show(canLabel = true): void {
  state = Object.assign(state, { project: { ...state.project, canLabel } });
  const told = [{ modelName: "model 2", keypoints: [], frames: [{ frameIndex: 5, points: [] }] }];
  const studio = {
    state,
    suggestedGhosts: new SuggestedGhosts(told, []),
    loop: {
      here: () => state.active.value.suggestions.value.find(({ frameIndex }) => frameIndex === 5),
      skip: () => went.push(-1),
    },
    goToFrame: (_: number, frame: number) => went.push(frame),
  };
  const feed = { jobs: signal(new Map()) } as unknown as JobFeed;
  const { api } = serverOf(() => ({ body: [] }));
  render(
    <ToLabel studio={studio as unknown as Studio} api={api} feed={feed} props={{ projectId: 1 }} />,
    page,
  );
}

const rows = (): string[] => [...page.querySelectorAll("[data-frame]")].map((row) => row.textContent ?? "");

it("counts what is done and to do, lists what is not done, and leads there", () => {
  state.active.value.suggestions.value = [
    suggested(5, { reasons: ["the model is unsure of left ear (0.21)"] }),
    suggested(9, { reasons: ["tail jumps here, by 31 px"] }),
    suggested(12),
  ];
  state.active.value.progressByFrame.value = new Map([
    [9, { decided: 3, total: 4 }],
    [12, { decided: 4, total: 4 }],
  ]);
  show();
  expect(page.querySelector(".st-counts")?.textContent).toBe("2 to do1 done");
  expect(rows()).toEqual(["5the model is unsure of left ear", "9tail jumps here, by 31 px3/4"]);
  expect(page.querySelector("[aria-current]")?.getAttribute("data-frame")).toBe("5");
  page.querySelector<HTMLElement>("[data-frame='9']")?.click();
  expect(went).toEqual([9]);
});

it("says of the frame on screen why, how much it is worth and whose predictions it has", () => {
  const reasons = [
    "the model is unsure of left ear (0.21)",
    "looks unlike what is labelled (grey differs by 0.31)",
  ];
  state.active.value.suggestions.value = [suggested(5, { score: 0.934, reasons })];
  show();
  const why = page.querySelector("[data-testid=why]");
  expect([...(why?.querySelectorAll("li") ?? [])].map(({ title }) => title)).toEqual(reasons);
  expect(why?.querySelector("ul")?.textContent).toBe(
    "the model is unsure of left earlooks unlike what is labelled",
  );
  expect(why?.textContent).toContain("worth 93 of 100");
  expect(why?.textContent).toContain("Predicted by model 2.");
  [...page.querySelectorAll("button")].find(({ textContent }) => textContent === "Leave it out")?.click();
  expect(went).toEqual([-1]);
});

it("tells nothing of what is done before the labels are known", () => {
  state.active.value.suggestions.value = [suggested(5)];
  state.labelsRead.value = "reading";
  show();
  expect([page.querySelector(".st-counts"), rows()]).toEqual([null, []]);
});

it("offers nothing to whoever may not label", () => {
  show(false);
  expect(page.textContent).toContain("No frames are suggested yet.");
  expect(page.querySelectorAll("button")).toHaveLength(0);
});
