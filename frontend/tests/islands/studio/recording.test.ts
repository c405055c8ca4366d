import { describe, expect, it } from "vitest";
import { addressOf } from "../../../src/islands/studio/address";
import { recordingOf as fromWire } from "../../../src/islands/studio/gateway";
import { rememberViews } from "../../../src/islands/studio/remembered";
import { MOST_VIEWS, StudioState, type ViewState } from "../../../src/islands/studio/state";
import { BadTicks } from "../../../src/player/tickTable";
import { OTHER_VIDEO, VIDEO } from "../../labels/fakes";
import {
  openState,
  openTwoViews,
  project,
  recordingOf,
  sideVideo,
  suggested,
  video,
  viewWire as view,
} from "./fakes";

const sync = (views: Record<string, number[][]>) => ({ ticks: 12, views });
const PENDING = { state: "ingesting", proxy_url: null, index_url: null, frame_url_template: null };

describe("a recording from the server", () => {
  it("has its views with the frames that each shows", () => {
    const views = [view(1, "top"), view(2, "side", { fps: null })];
    const { table, videos, absent, fps } = fromWire({
      id: 3,
      name: "take",
      views,
      sync: sync({ top: [[0, 0, 10]], side: [[2, 0, 10]] }),
    });
    expect(videos.map(({ id }) => id)).toEqual([1, 2]);
    expect([table.frameAt("side", 2), absent, fps]).toEqual([0, [], 30]);
  });

  it("shows the views that are ready, and says what is with the others", () => {
    const views = [
      view(1, "top"),
      view(2, "side", PENDING),
      view(4, "low", { state: "failed", failure: "No." }),
    ];
    const { videos, absent } = fromWire({ id: 3, name: "take", views, sync: sync({ top: [[0, 0, 10]] }) });
    expect(videos.map((one) => one.view)).toEqual(["top"]);
    expect(absent.map((one) => one.view)).toEqual(["side", "low"]);
    expect(absent[0]?.words).toMatch(/still being read/);
    expect(absent[1]?.words).toMatch(/could not be read. No. Register it again/);
  });

  it("of which no view is ready, or whose ticks make no sense, is refused in words", () => {
    const none = [view(2, "side", PENDING)];
    expect(() => fromWire({ id: 3, name: "take", views: none, sync: null })).toThrow(/still being read/);
    const views = [view(1, "top")];
    expect(() => fromWire({ id: 3, name: "take", views, sync: sync({ top: [[0, 0, 11]] }) })).toThrow(
      BadTicks,
    );
  });
});

describe("the views of the studio", () => {
  const names = (views: readonly ViewState[]): string[] => views.map(({ name }) => name);

  it("are shown but for the hidden ones; the active one is always there", () => {
    const state = openTwoViews();
    state.hide(new Set(["top", "side"]));
    expect([names(state.visible.value), state.presented.value]).toEqual([["top"], 30]);
  });

  it("are at most six at a time, the active one among them", () => {
    const many = Array.from({ length: 8 }, (_, i) => ({ ...video, id: i + 1, view: `cam ${i}` }));
    const runs = Object.fromEntries(many.map((one) => [one.view, [[0, 0, 10]]]));
    const views = many.map((one) => view(one.id, one.view));
    const recording = fromWire({ id: 1, name: "", views, sync: sync(runs) });
    const state = new StudioState(recording, project, 8);
    expect(names(state.visible.value)).toHaveLength(MOST_VIEWS);
    expect(names(state.visible.value)).toContain("cam 7");
    state.hide(new Set(["cam 0", "cam 7"]));
    expect(names(state.visible.value)).toEqual(["cam 1", "cam 2", "cam 3", "cam 4", "cam 5", "cam 7"]);
  });

  it("put what is labelled and suggested in any of them on one clock", () => {
    const state = openTwoViews();
    const [top, side] = state.views as [ViewState, ViewState];
    top.progressByFrame.value = new Map([[5, { decided: 1, total: 4 }]]);
    side.progressByFrame.value = new Map([[5, { decided: 4, total: 4 }]]);
    side.suggestions.value = [suggested(10)];
    expect(state.labelledTicks(side)).toEqual([15]);
    expect(state.stops.value).toEqual([5, 15, 21]);
  });

  it("count frames of one view in step, and ticks of anything else", () => {
    expect([openState().byTick, openTwoViews().byTick]).toEqual([false, true]);
    expect(new StudioState(recordingOf(sideVideo), project).byTick).toBe(true);
  });
});

describe("the address", () => {
  const at = (path: string): URL => new URL(`http://studio${path}`);

  it("of one view names the frame, as it always did", () => {
    const address = addressOf(openState(), at(`/projects/p/videos/${VIDEO}/studio/?result=3&tick=9`));
    expect(address.pathname + address.search).toBe(`/projects/p/videos/${VIDEO}/studio/?result=3&frame=5`);
  });

  it("names the view on screen, not the one that was asked for and cannot be shown", () => {
    const address = addressOf(openState(), at(`/projects/p/videos/${OTHER_VIDEO}/studio/?frame=40&result=3`));
    expect(address.pathname + address.search).toBe(`/projects/p/videos/${VIDEO}/studio/?frame=5`);
  });

  it("takes no result of one view along to another", () => {
    const state = openTwoViews();
    const [top, side] = state.views as [ViewState, ViewState];
    const asked = at(`/projects/videos/videos/${VIDEO}/studio/?result=3`);
    // Not known yet which results there are: the wish stands.
    expect(addressOf(state, asked).searchParams.get("result")).toBe("3");
    top.resultId.value = 3;
    state.active.value = side;
    expect(addressOf(state, asked).search).toBe("?tick=30");
    side.resultId.value = 4;
    const again = addressOf(state, at(`/projects/videos/videos/${VIDEO}/studio/?result=3`));
    expect(again.pathname + again.search).toBe(
      `/projects/videos/videos/${OTHER_VIDEO}/studio/?result=4&tick=30`,
    );
  });

  it("of several views names the tick and the active view", () => {
    const state = openTwoViews();
    state.active.value = state.views[1] as ViewState;
    const address = addressOf(state, at(`/projects/p/videos/${VIDEO}/studio/?frame=4`));
    expect(address.pathname + address.search).toBe(`/projects/p/videos/${OTHER_VIDEO}/studio/?tick=30`);
  });
});

describe("the arrangement of the views", () => {
  it("is remembered by recording, and damaged memory is no harm", () => {
    localStorage.clear();
    const first = openTwoViews();
    const stop = rememberViews(first, localStorage);
    first.hide(new Set(["side"]));
    first.large.value = "top";
    stop();
    const second = openTwoViews();
    rememberViews(second, localStorage)();
    expect([[...second.hidden], second.large.value]).toEqual([["side"], "top"]);
    for (const damage of ["{", "null", '{"hidden": 3, "large": {}}']) {
      localStorage.setItem("sbea.views.2", damage);
      const third = openTwoViews();
      rememberViews(third, localStorage)();
      expect([third.hidden.size, third.large.value]).toEqual([0, null]);
    }
  });

  it("is no reason to hide the view that is opened: it stays when another one is worked in", () => {
    localStorage.setItem("sbea.views.2", '{"hidden": ["top", "gone"], "large": "gone"}');
    const state = openTwoViews();
    rememberViews(state, localStorage)();
    state.active.value = state.views[1] as ViewState;
    expect(state.visible.value.map(({ name }) => name)).toEqual(["top", "side"]);
    expect(JSON.parse(localStorage.getItem("sbea.views.2") ?? "")).toEqual({ hidden: [], large: null });
  });
});
