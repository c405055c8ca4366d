import { describe, expect, it } from "vitest";
import { changeWords, countWords, plainReason, timeWords } from "../../../src/islands/studio/words";
import type { Origin, Visibility } from "../../../src/labels/types";

const BLANK = { x: null, y: null, visibility: "unlabelled" as Visibility };
const at = (x: number, origin: Origin = "human", visibility: Visibility = "visible") => ({
  x,
  y: 10,
  visibility,
  origin,
});

describe("changeWords", () => {
  it.each([
    ["human", "snout placed"],
    ["imported", "snout imported"],
    ["demo", "snout taken from the demo labels"],
    ["accepted", "snout accepted from the model"],
  ] as const)("tells a label of origin %s from the others", (origin, words) => {
    expect(changeWords("snout", BLANK, at(5, origin))).toBe(words);
  });

  it("says how far a point moved, and else what became of it", () => {
    expect(changeWords("snout", at(5), at(8))).toBe("snout moved 3.0 px");
    expect(changeWords("snout", at(5), at(5, "human", "guessed"))).toBe("snout now guessed");
    expect(changeWords("snout", at(5), at(5))).toBe("snout confirmed");
    expect(changeWords("snout", at(5), { ...BLANK, origin: "human" })).toBe("snout removed");
    expect(changeWords("snout", BLANK, { ...BLANK, visibility: "absent", origin: "human" })).toBe(
      "snout marked absent",
    );
  });
});

describe("numbers", () => {
  it("sets thousands apart and shows minutes and seconds", () => {
    expect([countWords(999), countWords(27000)]).toEqual(["999", "27\u202f000"]);
    expect([timeWords(75.56, true), timeWords(59.9), timeWords(600)]).toEqual(["1:15.5", "0:59", "10:00"]);
  });
});

it("a reason loses the figure at its end, and nothing else", () => {
  const reasons = [
    "the model is unsure of snout (0.21)",
    "tail (tip) jumps here, by 31 px",
    "much moves here",
  ];
  expect(reasons.map(plainReason)).toEqual(["the model is unsure of snout", ...reasons.slice(1)]);
});
