import { expect, it } from "vitest";
import type { Recording, UsedCalibration, View } from "../../../src/api/types";
import { tableOf } from "../../../src/islands/recordings/sync";
import { doubtsOf, endsOf, fitOf, summaryOf, tickOf } from "../../../src/islands/recordings/words";

function view(name: string, frame_count: number, offset_ticks: number | null = 0): View {
  const state = frame_count > 0 ? "ready" : "pending";
  return { view: name, state, frame_count, offset_ticks } as unknown as View;
}

function recording(videos: View[], more: Partial<Recording> = {}): Recording {
  return { videos, ticks: 100, sync_source: "aligned", ...more } as unknown as Recording;
}

it("says how many views there are and how they run together", () => {
  const views = [view("top", 100), view("side", 96, 4)];
  expect(summaryOf(recording(views))).toBe("2 views · 100 ticks · views start together");
  expect(summaryOf(recording(views, { sync_source: "table" }))).toContain("views follow a sync table");
  expect(summaryOf(recording(views, { session: "Monday" }))).toMatch(/^Monday · 2 views/);
  expect(summaryOf(recording([view("top", 0), view("side", 0)])), "no length is known yet").toBe(
    "2 views · views start together",
  );
});

it("names views that end before the others", () => {
  expect(endsOf(recording([view("top", 100), view("side", 96, 4)]))).toBeNull();
  expect(endsOf(recording([view("top", 100), view("side", 90, 4)]))).toBe(
    "Of 100 ticks, side ends after 94 ticks.",
  );
  expect(endsOf(recording([view("top", 100), view("side", 0)])), "one that is still read").toBeNull();
  const lost = recording([view("top", 100), view("side", 90), view("long", 9000, null)]);
  expect(endsOf(lost), "one that is not on the clock sets no measure").toBe(
    "Of 100 ticks, side ends after 90 ticks.",
  );
  expect(endsOf(recording([view("top", 100), view("side", 90)], { sync_source: "table" }))).toBeNull();
  expect(endsOf(recording([]))).toBeNull();
});

function used(more: Partial<UsedCalibration>): UsedCalibration {
  const fits = (view: string) => ({ view, fit: "usable" as const, problem: null });
  return {
    id: 1,
    name: "rig",
    views: [fits("top"), fits("side"), fits("low")],
    without_view: [],
    same_cameras: [],
    ...more,
  };
}

it("tells a calibration that fits from one that does not, by name", () => {
  expect(fitOf(null)).toEqual({ tone: "", words: "no calibration", problems: [] });
  expect(fitOf(used({}))).toEqual({ tone: "ok", words: "calibrated", problems: [] });
  const many = fitOf(used({ without_view: ["back", "left"] }));
  expect([many.tone, many.words]).toEqual(["warn", "calibrated, with a doubt"]);
  expect(many.problems[0]).toContain("no view for back, left");
  const views = used({}).views.map((row) =>
    row.view === "low" ? { ...row, fit: "no_camera" as const, problem: "No camera 'low'." } : row,
  );
  expect(fitOf(used({ views }))).toEqual({
    tone: "warn",
    words: "2 of 3 views calibrated",
    problems: ["No camera 'low'."],
  });
  const one = views.map((row) => (row.view === "top" ? { ...row, fit: "wrong_size" as const } : row));
  expect(fitOf(used({ views: one })).tone, "nothing can be reconstructed from one view").toBe("bad");
  expect(fitOf(used({ same_cameras: [["top", "side"]] })).problems[0]).toContain("top and side stand in one");
});

it("does not call calibrated what has not been measured yet", () => {
  const views = used({}).views.map((row) => ({ ...row, fit: "unchecked" as const }));
  expect(fitOf(used({ views })).words).toBe("calibration set");
});

it("tells what of a recording is not whole, and nothing of one that is", () => {
  expect(doubtsOf(recording([view("top", 100)], { calibration: null }))).toEqual([]);
  const lost = { ...view("long", 9000, null), sync_problem: "View 'long' would end too late." };
  const views = [view("top", 100), view("side", 90), view("new", 0), lost];
  expect(doubtsOf(recording(views, { calibration: used({ without_view: ["low"] }) }))).toEqual([
    "View new is still being read.",
    "View 'long' would end too late.",
    "Of 100 ticks, side ends after 90 ticks.",
    "The recording has no view for low; rig has more cameras than it.",
  ]);
});

it("takes whole ticks and nothing else", () => {
  expect(["4", " -12 ", "+3", "0"].map(tickOf)).toEqual([4, -12, 3, 0]);
  expect(["", "1.5", "1e3", "four", "999999999"].map(tickOf)).toEqual([null, null, null, null, null]);
});

it("takes a sync table that is an object, and says what is wrong with anything else", () => {
  expect(tableOf('{"ticks": 1, "views": {}}')).toEqual({ ticks: 1, views: {} });
  expect(() => tableOf("{")).toThrow("not JSON");
  expect(() => tableOf("[1]")).toThrow('"ticks" and "views"');
  expect(() => tableOf("null")).toThrow('"ticks" and "views"');
});
