import { describe, expect, it } from "vitest";
import { guessSymmetric, namesOf, PRESETS, pairsOf, textOfPairs } from "../../src/islands/presets";

describe("presets", () => {
  it.each(PRESETS.map((preset) => [preset.name, preset] as const))(
    "%s contradicts itself nowhere",
    (_, preset) => {
      const names = new Set(preset.keypoints);
      expect(names.size).toBe(preset.keypoints.length);
      const pairs = [...preset.edges, ...preset.symmetric, ...(preset.heading ? [preset.heading] : [])];
      for (const [a, b] of pairs) {
        expect(names).toContain(a);
        expect(names).toContain(b);
        expect(a).not.toBe(b);
      }
    },
  );
});

describe("guessSymmetric", () => {
  it.each([
    [["nose", "left ear", "right ear"], [["left ear", "right ear"]]],
    [["leftear", "rightear", "snout"], []],
    [["Left Ear", "Right Ear"], [["Left Ear", "Right Ear"]]],
    [["ear_L", "ear_R"], [["ear_L", "ear_R"]]],
    [["ear_left", "ear_right"], [["ear_left", "ear_right"]]],
    [["left_paw", "right_paw"], [["left_paw", "right_paw"]]],
    [["left ear"], []],
  ])("%j", (names, pairs) => {
    expect(guessSymmetric(names)).toEqual(pairs);
  });
});

describe("reading what a person wrote", () => {
  it("takes names by line or comma, trimmed", () => {
    expect(namesOf(" nose\nleft ear,  right ear\n\n")).toEqual(["nose", "left ear", "right ear"]);
  });

  it("reads pairs back as it writes them, and names with hyphens", () => {
    const pairs = [["nose", "mid-tail"]] as [string, string][];
    expect(pairsOf(textOfPairs(pairs), ["nose", "mid-tail"])).toEqual({ pairs, wrong: [] });
  });

  it("names each line that is no pair of two known points", () => {
    const { pairs, wrong } = pairsOf("nose, tail\nnose → nose\nnose → wing\nnose", ["nose", "tail"]);
    expect(pairs).toEqual([["nose", "tail"]]);
    expect(wrong).toEqual(["nose → nose", "nose → wing", "nose"]);
  });
});
