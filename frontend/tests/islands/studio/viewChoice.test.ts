import { beforeEach, describe, expect, it } from "vitest";
import { recordingOf as fromWire } from "../../../src/islands/studio/gateway";
import { MOST_VIEWS, StudioState, type ViewState } from "../../../src/islands/studio/state";
import { ViewChoice } from "../../../src/islands/studio/viewChoice";
import { openTwoViews, project, viewWire } from "./fakes";

let state: StudioState;
let choice: ViewChoice;
let calls: string[];
let onPicture: boolean;

function open(opened: StudioState): void {
  state = opened;
  calls = [];
  onPicture = false;
  choice = new ViewChoice(state, {
    hasFocus: () => onPicture,
    focus: () => calls.push(`focus ${state.active.value.name}`),
    changing: () => calls.push("changing"),
    changed: () => calls.push("changed"),
    note: (words) => calls.push(words),
  });
}

const names = (): string[] => state.visible.value.map(({ name }) => name);
const view = (name: string): ViewState => state.views.find((one) => one.name === name) as ViewState;

beforeEach(() => open(openTwoViews()));

describe("the active view", () => {
  it("goes round, and takes the keyboard along where it was on the picture", () => {
    choice.next(1);
    expect([state.active.value.name, calls]).toEqual(["side", ["changing", "changed"]]);
    calls = [];
    onPicture = true;
    choice.next(1);
    expect(calls).toEqual(["changing", "focus top", "changed"]);
    calls = [];
    choice.activate(view("top"));
    expect(calls).toEqual([]);
  });

  it("is shown, though it was hidden", () => {
    choice.toggle(view("side"));
    expect(names()).toEqual(["top"]);
    choice.activate(view("side"));
    expect(names()).toEqual(["top", "side"]);
  });
});

describe("hiding", () => {
  it("hands the active view over, keeps the last one, and lets go what was large", () => {
    choice.enlarge(view("top"));
    choice.toggle(view("top"));
    expect([names(), state.active.value.name, state.large.value]).toEqual([["side"], "side", null]);
    choice.toggle(view("side"));
    expect(names()).toEqual(["side"]);
    choice.toggle(view("top"));
    expect([names(), state.active.value.name]).toEqual([["top", "side"], "side"]);
  });

  describe("of more views than fit", () => {
    const many = Array.from({ length: 8 }, (_, i) => `cam ${i}`);
    const runs = Object.fromEntries(many.map((name) => [name, [[0, 0, 10]]]));
    const views = many.map((name, i) => viewWire(i + 1, name));
    const sync = { ticks: 10, views: runs };
    const cams = (numbers: string): string[] => [...numbers].map((number) => `cam ${number}`);

    beforeEach(() => open(new StudioState(fromWire({ id: 1, name: "", views, sync }), project)));

    it("makes room for the one that is asked for, and no other comes of itself", () => {
      choice.toggle(view("cam 7"));
      expect(calls).toEqual([`Up to ${MOST_VIEWS} views fit at once: hide one first.`]);
      choice.toggle(view("cam 2"));
      expect(names()).toEqual(cams("01345"));
      choice.toggle(view("cam 7"));
      expect(names()).toEqual(cams("013457"));
    });

    it("gives way to the one that is worked in, which then stays, as does the one before", () => {
      choice.activate(view("cam 5"));
      choice.activate(view("cam 7"));
      expect(names()).toEqual(cams("012357"));
      choice.next(1);
      expect([state.active.value.name, names()]).toEqual(["cam 0", cams("012357")]);
    });
  });
});

describe("one view", () => {
  it("is large until it is asked for again", () => {
    choice.enlarge(view("side"));
    expect(state.large.value).toBe("side");
    choice.enlarge(view("top"));
    expect(state.large.value).toBe("top");
    choice.enlarge(view("top"));
    expect(state.large.value).toBeNull();
  });
});
