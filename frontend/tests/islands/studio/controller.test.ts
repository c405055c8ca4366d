import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Studio } from "../../../src/islands/studio/controller";
import type { Gateway } from "../../../src/islands/studio/gateway";
import type { StudioState } from "../../../src/islands/studio/state";
import { OTHER_VIDEO, VIDEO } from "../../labels/fakes";
import { openSession, openTwoViews } from "./fakes";

let state: StudioState;
let studio: Studio;
let went: number[];
const page = new AbortController();

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  state = openTwoViews();
  state.target.value = 30;
  studio = new Studio(state, openSession(), {} as Gateway, page.signal);
  went = [];
  studio.goTo = (tick) => void went.push(tick);
});
afterEach(() => void vi.useRealTimers());

describe("going to the frame of a video", () => {
  it("works in its view at the tick that shows it, and moves only where that is another one", () => {
    studio.goToFrame(OTHER_VIDEO, 19);
    expect([state.active.value.name, went]).toEqual(["side", []]);
    studio.goToFrame(VIDEO, 31);
    expect([state.active.value.name, went]).toEqual(["top", [31]]);
  });

  it("takes back a wish for another tick that is on its way", () => {
    state.target.value = 90;
    studio.goToFrame(VIDEO, 30);
    expect(went).toEqual([30]);
  });
});

describe("notes", () => {
  const words = (): string[] => state.notes.value.map((note) => note.words);

  it("are few, none twice, and the good news passes", () => {
    for (const one of ["a", "b", "a", "c", "d"]) studio.note(one === "c" ? "bad" : "info", one);
    expect(words()).toEqual(["a", "c", "d"]);
    vi.advanceTimersByTime(10_000);
    expect(words()).toEqual(["c"]);
    studio.dismiss(state.notes.value[0]?.id ?? -1);
    expect(words()).toEqual([]);
  });
});

describe("commands about the picture", () => {
  it("switch what is shown, and need no open screen", () => {
    studio.run({ do: "large" });
    studio.run({ do: "names" });
    studio.run({ do: "predictions" });
    for (const name of ["loupe", "help", "fit", "zoom-in", "leave"] as const) studio.run({ do: name });
    const { large, showNames, showPredictions, loupe, helpOpen } = state;
    expect([large, showNames, showPredictions, loupe, helpOpen].map(({ value }) => value)).toEqual([
      "top",
      true,
      false,
      true,
      true,
    ]);
  });
});
