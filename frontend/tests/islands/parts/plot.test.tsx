import { render } from "preact";
import { expect, it, vi } from "vitest";
import { type Mark, nearest, Plot, pathOf, type Scale } from "../../../src/islands/parts/plot";
import { roundTicks } from "../../../src/islands/parts/ticks";

const scale: Scale = { x: (value) => 10 * value, y: (value) => 100 - 10 * value };
const marks: Mark[] = [
  { x: 1, y: 1, words: "first" },
  { x: 5, y: 5, words: "second" },
];

it("finds the mark that is pointed at, and none in the open", () => {
  expect(nearest(marks, scale, 12, 88)).toBe(0);
  expect(nearest(marks, scale, 50, 51)).toBe(1);
  expect(nearest(marks, scale, 300, 300)).toBeNull();
});

it("draws a line in the units of the axes", () => {
  expect(
    pathOf(
      [
        [0, 0],
        [1, 2],
      ],
      scale,
    ),
  ).toBe("M0.0 100.0L10.0 80.0");
});

it.each([
  [0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]],
  [0, 320, 5, [0, 100, 200, 300]],
  [18, 47, 5, [20, 30, 40]],
  [0, 0.3, 3, [0, 0.1, 0.2, 0.3]],
  [7, 7, 4, [7]],
])("divides %d to %d roundly", (from, to, parts, ticks) => {
  expect(roundTicks(from, to, parts)).toEqual(ticks);
});

it("goes from mark to mark by arrow keys and tells each", async () => {
  const axis = { from: 0, to: 10, ticks: [0, 10], name: "", words: String };
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  render(<Plot x={axis} y={axis} marks={marks} words="all" summary="Two points." />, root);
  const [svg, told] = [root.querySelector("svg"), () => root.querySelector("figcaption")?.textContent];
  expect(told()).toBe("all");
  const press = (key: string) => svg?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  for (const [key, words] of [
    ["ArrowRight", "first"],
    ["ArrowRight", "second"],
    ["ArrowRight", "second"],
    ["ArrowLeft", "first"],
  ] as const) {
    press(key);
    await vi.waitFor(() => expect(told()).toBe(words));
  }
  svg?.dispatchEvent(new FocusEvent("blur"));
  await vi.waitFor(() => expect(told()).toBe("all"));
});
