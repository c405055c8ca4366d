import { describe, expect, it } from "vitest";
import { type QueueView, saveStateOf } from "../../src/labels/saveState";
import type { LabelConflict, Operation } from "../../src/labels/types";
import { at } from "./fakes";

const OWN = 1;
const OTHER = 2;

const operation = (video_id: number, keypoint = 0): Operation => ({
  uuid: `${video_id}/${keypoint}`,
  seq: 1,
  video_id,
  frame_index: 0,
  animal_id: 0,
  keypoint,
  base_rev: 0,
  change: at(1),
  attempted: true,
});
const conflict = (met: Operation): LabelConflict => ({
  operation: met,
  mine: met.change,
  theirs: at(2),
  rev: 1,
  instance: null,
});
const queue = (parts: Partial<QueueView>): QueueView => ({
  waiting: [],
  conflicts: [],
  held: new Map(),
  fault: null,
  ...parts,
});
const own = operation(OWN);
const other = operation(OTHER);
const held = (videoId: number): ReadonlyMap<number, string> => new Map([[videoId, "why"]]);

describe("the state of saving", () => {
  it.each<[string, Partial<QueueView>]>([
    ["saved", {}],
    ["saving", { waiting: [own] }],
    ["saving", { waiting: [other] }],
    ["offline", { waiting: [own], fault: "offline" }],
    ["conflict", { waiting: [own], conflicts: [conflict(own)] }],
    ["conflict", { waiting: [own, operation(OWN, 1)], conflicts: [conflict(own)] }],
    ["offline", { waiting: [own, operation(OWN, 1)], conflicts: [conflict(own)], fault: "offline" }],
    ["conflict", { waiting: [own], conflicts: [conflict(own)], fault: "offline" }],
    ["saved", { waiting: [other], conflicts: [conflict(other)] }],
    ["saving", { waiting: [other, own], conflicts: [conflict(other)] }],
    ["signed_out", { waiting: [other, own], conflicts: [conflict(other)], fault: "signed_out" }],
    ["forbidden", { waiting: [own], held: held(OWN) }],
    ["forbidden", { waiting: [own], held: held(OWN), conflicts: [conflict(own)] }],
    ["saved", { waiting: [other], held: held(OTHER) }],
  ])("is %s for %j", (state, parts) => {
    expect(saveStateOf(queue(parts), new Set([OWN]), true).state).toBe(state);
  });
});
