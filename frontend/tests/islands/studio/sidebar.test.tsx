import { render } from "preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Studio } from "../../../src/islands/studio/controller";
import { Labelling } from "../../../src/islands/studio/labelling";
import { NotReady } from "../../../src/islands/studio/NotReady";
import { Sidebar } from "../../../src/islands/studio/Sidebar";
import type { StudioState, ViewState } from "../../../src/islands/studio/state";
import { SuggestedGhosts } from "../../../src/islands/studio/suggestedGhosts";
import type { LabelSession } from "../../../src/labels/labelSession";
import { openSession, openState, openTwoViews } from "./fakes";

let page: HTMLElement;
let state: StudioState;
let session: LabelSession;
let labelling: Labelling;
const readLabels = vi.fn();

beforeEach(() => {
  page = document.createElement("div");
  state = openState();
  session = openSession();
  labelling = new Labelling(state, session, {
    ghostsOf: () => [],
    redraw: () => {},
    nudged: () => {},
    goTo: () => {},
    note: () => {},
  });
  session.on("labels", () => state.labelsVersion.value++);
  labelling.rearm();
  readLabels.mockReset();
});

afterEach(() => {
  render(null, page);
  session.close();
});

function show(): void {
  const studio = {
    state,
    labelling,
    reads: { failedLabels: readLabels },
    predictedCount: () => 0,
    suggestedGhosts: new SuggestedGhosts([], []),
    run: (command: { do: string }) => command.do === "remove" && labelling.remove(),
  };
  render(<Sidebar studio={studio as unknown as Studio} />, page);
}

const button = (words: string): HTMLButtonElement => {
  const all = [...page.querySelectorAll("button")];
  const found = all.find((b) => b.textContent?.trim() === words || b.getAttribute("aria-label") === words);
  if (found === undefined) throw new Error(`no button '${words}'`);
  return found;
};

const row = (keypoint: number): HTMLElement =>
  page.querySelector(`[data-keypoint="${keypoint}"]`) as HTMLElement;

describe("the sidebar", () => {
  it("counts nothing before the labels are known, and offers to read them again", () => {
    state.labelsRead.value = "failed";
    show();
    expect(page.textContent).toContain("The labels could not be read.");
    expect(page.textContent).not.toContain("0/4");
    expect(page.textContent).not.toContain("next");
    expect(button("Visible").disabled).toBe(true);
    button("Try again").click();
    expect(readLabels).toHaveBeenCalledOnce();
    state.labelsRead.value = "known";
    show();
    expect(page.textContent).toContain("0/4");
    expect(page.textContent).not.toContain("could not be read");
  });

  it("tells an unknown history from an empty one", () => {
    show();
    expect(page.textContent).toContain("Not known yet.");
    state.history.value = [];
    show();
    expect(page.textContent).toContain("Nothing was labelled here.");
  });

  it("marks the keypoint that a click places, also while another one is armed", () => {
    labelling.place({ x: 1, y: 1 }, false);
    labelling.grab({ animalId: 1, keypoint: 0 });
    labelling.drop(true);
    show();
    expect([row(0).getAttribute("aria-pressed"), row(1).textContent]).toEqual(["true", "keypoint 1next"]);
  });

  it("has buttons for what V and Delete do", () => {
    labelling.place({ x: 1, y: 1 }, false);
    labelling.arm(0);
    show();
    button("Guessed").click();
    show();
    expect(row(0).dataset.visibility).toBe("guessed");
    expect(button("Guessed").getAttribute("aria-pressed")).toBe("true");
    button("Remove label").click();
    show();
    expect(row(0).dataset.visibility).toBe("unlabelled");
    expect(button("Remove label").disabled).toBe(true);
  });
});

describe("the list of views", () => {
  const words = (view: string): string =>
    page.querySelector(`[data-view-row="${view}"]`)?.textContent?.replace(view, "") ?? "";

  it("is not there for one view", () => {
    show();
    expect(page.querySelector('[data-testid="views"]')).toBeNull();
  });

  it("says what is missing of the active animal in each view, and which view has no frame", () => {
    state = openTwoViews();
    labelling = new Labelling(state, session, {
      ghostsOf: () => [],
      redraw: () => {},
      nudged: () => {},
      goTo: () => {},
      note: () => {},
    });
    labelling.place({ x: 1, y: 1 }, false);
    show();
    expect([words("top"), words("side")]).toEqual(["3 missing", "no labels"]);
    for (const x of [2, 3, 4]) labelling.place({ x, y: 1 }, false);
    state.tick.value = 20;
    show();
    expect([words("top"), words("side")]).toEqual(["no labels", "no frame"]);
    state.tick.value = 30;
    (state.views[1] as ViewState).labelsRead.value = "reading";
    show();
    expect([words("top"), words("side")]).toEqual(["complete", "…"]);
  });
});

describe("a video that cannot be shown", () => {
  it("says why, and shows the ways on", () => {
    render(<NotReady words="Still being read." urls={{ home: "/p/", recordings: "/p/r/" }} />, page);
    expect(page.querySelector("[role=alert]")?.textContent).toBe("Still being read.");
    expect([...page.querySelectorAll("a")].map((a) => a.getAttribute("href")).slice(0, 2)).toEqual([
      "/p/",
      "/p/r/",
    ]);
  });
});
