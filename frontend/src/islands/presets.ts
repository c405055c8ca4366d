/** Skeletons to start from: what people film most. Each name can be changed before the project is made. */

export interface SkeletonPreset {
  readonly key: string;
  readonly name: string;
  readonly hint: string;
  readonly keypoints: readonly string[];
  readonly edges: readonly (readonly [string, string])[];
  readonly symmetric: readonly (readonly [string, string])[];
  readonly heading: readonly [string, string] | null;
}

export const DEEPLABCUT = "deeplabcut";

export const PRESETS: readonly SkeletonPreset[] = [
  {
    key: "mouse-above",
    name: "Mouse from above",
    hint: "8 points, nose to tail",
    keypoints: ["nose", "left ear", "right ear", "neck", "centre", "tail base", "tail middle", "tail tip"],
    edges: [
      ["nose", "left ear"],
      ["nose", "right ear"],
      ["left ear", "neck"],
      ["right ear", "neck"],
      ["neck", "centre"],
      ["centre", "tail base"],
      ["tail base", "tail middle"],
      ["tail middle", "tail tip"],
    ],
    symmetric: [["left ear", "right ear"]],
    heading: ["tail base", "neck"],
  },
  {
    key: "mouse-free",
    name: "Mouse with limbs",
    hint: "16 points, for several cameras",
    keypoints: [
      "nose",
      "left ear",
      "right ear",
      "neck",
      "left front limb",
      "right front limb",
      "left hind limb",
      "right hind limb",
      "left front claw",
      "right front claw",
      "left hind claw",
      "right hind claw",
      "back",
      "root tail",
      "mid tail",
      "tip tail",
    ],
    edges: [
      ["nose", "left ear"],
      ["nose", "right ear"],
      ["left ear", "neck"],
      ["right ear", "neck"],
      ["neck", "back"],
      ["back", "root tail"],
      ["root tail", "mid tail"],
      ["mid tail", "tip tail"],
      ["neck", "left front limb"],
      ["neck", "right front limb"],
      ["left front limb", "left front claw"],
      ["right front limb", "right front claw"],
      ["root tail", "left hind limb"],
      ["root tail", "right hind limb"],
      ["left hind limb", "left hind claw"],
      ["right hind limb", "right hind claw"],
    ],
    symmetric: [
      ["left ear", "right ear"],
      ["left front limb", "right front limb"],
      ["left hind limb", "right hind limb"],
      ["left front claw", "right front claw"],
      ["left hind claw", "right hind claw"],
    ],
    heading: ["root tail", "neck"],
  },
  {
    key: DEEPLABCUT,
    name: "A project of another tool",
    hint: "DeepLabCut, SLEAP, Lightning Pose, COCO: its keypoints come with it",
    // A project has at least one keypoint; the import puts the project's own in its place.
    keypoints: ["body"],
    edges: [],
    symmetric: [],
    heading: null,
  },
  {
    key: "own",
    name: "My own points",
    hint: "write the names yourself",
    keypoints: [],
    edges: [],
    symmetric: [],
    heading: null,
  },
];

/** Pairs "left x" / "right x" and "x_L" / "x_R" that a list of names suggests. */
export function guessSymmetric(keypoints: readonly string[]): [string, string][] {
  const names = new Set(keypoints);
  const pairs: [string, string][] = [];
  for (const left of keypoints) {
    const right = mirrored(left);
    if (right && names.has(right)) pairs.push([left, right]);
  }
  return pairs;
}

function mirrored(name: string): string | null {
  const word = name.replace(/\bleft\b/i, (found) => (found[0] === "L" ? "Right" : "right"));
  if (word !== name) return word;
  const joined = name.replace(/^left(?=[_A-Z-])/, "right").replace(/(?<=[_-])left$/, "right");
  if (joined !== name) return joined;
  if (/[_ -]L$/.test(name)) return `${name.slice(0, -1)}R`;
  if (/[_ -]l$/.test(name)) return `${name.slice(0, -1)}r`;
  return null;
}

/** Names from a text of lines or commas, trimmed, without empty ones. */
export function namesOf(text: string): string[] {
  return text
    .split(/[\n,;]+/)
    .map((name) => name.trim())
    .filter(Boolean);
}

/** Pairs from lines "a - b" (also "a, b" or "a → b"), with what is wrong where a line cannot be read. */
export function pairsOf(
  text: string,
  keypoints: readonly string[],
): { pairs: [string, string][]; wrong: string[] } {
  const names = new Set(keypoints);
  const pairs: [string, string][] = [];
  const wrong: string[] = [];
  for (const line of text.split("\n").map((part) => part.trim())) {
    if (!line) continue;
    const [first, second, ...rest] = line.split(/\s*(?:→|->|–|,|;|\s-\s)\s*/);
    if (first && second && rest.length === 0 && first !== second && names.has(first) && names.has(second)) {
      pairs.push([first, second]);
    } else {
      wrong.push(line);
    }
  }
  return { pairs, wrong };
}

export function textOfPairs(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([a, b]) => `${a} → ${b}`).join("\n");
}
