import { describe, expect, it } from "vitest";
import { cycled, nextToPlace, nextVisibility } from "../../src/labels/arming";
import { ABSENT, UNLABELLED } from "../../src/labels/types";
import { uuid4 } from "../../src/labels/uuid";
import { at } from "./fakes";

describe("nextToPlace", () => {
  it("goes on after the last one placed and comes round to what was left out", () => {
    const keypoints = [UNLABELLED, at(1), UNLABELLED, ABSENT];
    expect(nextToPlace(keypoints, -1)).toBe(0);
    expect(nextToPlace(keypoints, 1)).toBe(2);
    expect(nextToPlace(keypoints, 2)).toBe(0);
  });

  it("arms nothing where all is decided", () => {
    expect(nextToPlace([at(1), ABSENT], 0)).toBeNull();
    expect(nextToPlace([], -1)).toBeNull();
  });
});

describe("cycled", () => {
  it("goes round in both directions, from nothing as well", () => {
    expect([cycled(2, 1, 3), cycled(0, -1, 3), cycled(null, 1, 3), cycled(null, -1, 3)]).toEqual([
      0, 2, 0, 2,
    ]);
    expect(cycled(0, 1, 0)).toBeNull();
  });
});

describe("nextVisibility", () => {
  it("cycles visible, guessed, absent, and comes back to the place it had", () => {
    const guessed = nextVisibility(at(4, 5), null);
    expect(guessed).toEqual({ x: 4, y: 5, visibility: "guessed" });
    const absent = nextVisibility(guessed, null);
    expect(absent).toEqual(ABSENT);
    expect(nextVisibility(absent, { x: 4, y: 5 })).toEqual(at(4, 5));
  });

  it("has no position to invent for one that never was placed", () => {
    expect(nextVisibility(UNLABELLED, null)).toEqual(ABSENT);
    expect(nextVisibility(ABSENT, null)).toEqual(UNLABELLED);
  });
});

describe("uuid4", () => {
  it("has the form of a version 4 UUID and does not repeat", () => {
    const made = Array.from({ length: 200 }, uuid4);
    for (const uuid of made)
      expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(made).size).toBe(200);
  });
});
