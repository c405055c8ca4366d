import { expect, it } from "vitest";
import type { Proposal } from "../../../src/api/types";
import {
  askedOf,
  changedView,
  complaintOf,
  type Draft,
  draftsOf,
  fileName,
  renamed,
} from "../../../src/islands/recordings/drafts";

const PROPOSAL: Proposal = {
  name: "take3",
  views: [
    { view: "top", path: "/d/take3_top.mp4", problem: null },
    { view: "side", path: "/d/take3_side.mp4", problem: "The file is empty." },
    { view: "low", path: "/d/take3_low.mp4", problem: null },
  ],
};

function draft(): Draft {
  const [one] = draftsOf([PROPOSAL]);
  if (!one) throw new Error("no draft");
  return one;
}

it("takes what can be taken and leaves out the rest", () => {
  expect(askedOf(draft())).toEqual({
    name: "take3",
    sources: [
      { view: "top", path: "/d/take3_top.mp4" },
      { view: "low", path: "/d/take3_low.mp4" },
    ],
  });
});

it("asks for nothing where no file is wanted", () => {
  let drafts = draftsOf([PROPOSAL]);
  drafts = changedView(drafts, 0, 0, { wanted: false });
  drafts = changedView(drafts, 0, 2, { wanted: false });
  expect(drafts.map(askedOf)).toEqual([null]);
  expect(drafts.map(complaintOf)).toEqual([null]);
});

it("changes one name and leaves every other as it is", () => {
  const two = draftsOf([PROPOSAL, { ...PROPOSAL, name: "take4" }]);
  expect(renamed(two, 1, "new").map(({ name }) => name)).toEqual(["take3", "new"]);
  const changed = changedView(two, 1, 0, { view: "front" });
  expect(changed.map(({ views }) => views.map(({ view }) => view))).toEqual([
    ["top", "side", "low"],
    ["front", "side", "low"],
  ]);
});

it("says what has to be mended, and only about files that are wanted", () => {
  const say = (name: string, view: string) =>
    complaintOf({ ...(changedView([draft()], 0, 2, { view })[0] ?? draft()), name });
  expect(say("take3", "low")).toBeNull();
  expect(say(" ", "low")).toBe("Give the recording a name.");
  expect(say("take3", " ")).toBe("Give each view a name.");
  expect(say("take3", "TOP ")).toBe("Two views are called “TOP”. Give each its own name.");
  expect(say("take3", "side"), "the other side is not wanted").toBeNull();
});

it("knows a file by the last part of its path, whichever way the slashes lean", () => {
  expect([fileName("/a/b.mp4"), fileName("C:\\a\\b.mp4"), fileName("b.mp4")]).toEqual(Array(3).fill("b.mp4"));
});
