import { describe, expect, it } from "vitest";
import { HELP, type KeyPress, pictureCommand, studioCommand } from "../../../src/islands/studio/keys";

function press(key: string, more: Partial<KeyPress> = {}): KeyPress {
  const none = { shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, repeat: false };
  return { key, code: "", ...none, ...more };
}

const shift = { shiftKey: true };
const ctrl = { ctrlKey: true };

describe("keys on the picture", () => {
  it.each([
    [press("ArrowRight"), { do: "nudge", dx: 1, dy: 0 }],
    [press("ArrowUp", shift), { do: "nudge", dx: 0, dy: -0.1 }],
    [press("ArrowLeft", ctrl), { do: "pan", dx: -1, dy: 0 }],
    [press("ArrowDown", { metaKey: true }), { do: "pan", dx: 0, dy: 1 }],
    [press("Tab"), { do: "cycle", step: 1 }],
    [press("Tab", shift), { do: "cycle", step: -1 }],
    [press("Enter"), { do: "place", guessed: false }],
    [press("Enter", shift), { do: "place", guessed: true }],
    [press("Enter", { repeat: true }), null],
    [press("Tab", ctrl), null],
    [press("ArrowLeft", { altKey: true }), null],
    [press("v"), null],
  ])("%o", (key, command) => expect(pictureCommand(key)).toEqual(command));
});

describe("keys everywhere", () => {
  it.each([
    [press("z", ctrl), { do: "undo" }],
    [press("Z", { ...ctrl, ...shift }), { do: "redo" }],
    [press("y", { metaKey: true }), { do: "redo" }],
    [press("a", ctrl), null],
    [press("a"), { do: "accept" }],
    [press("A", shift), { do: "accept-next" }],
    [press(","), { do: "step", frames: -1 }],
    [press("."), { do: "step", frames: 1 }],
    [press("<", shift), { do: "step", frames: -10 }],
    [press(":", { ...shift, code: "Period" }), { do: "step", frames: 10 }],
    [press("2"), { do: "animal", slot: 1 }],
    [press("V"), { do: "visibility" }],
    [press("V", shift), { do: "rest-absent" }],
    [press("Backspace"), { do: "remove" }],
    [press("Escape"), { do: "leave" }],
    [press("["), { do: "view", step: -1 }],
    [press("]"), { do: "view", step: 1 }],
    [press("]", { ctrlKey: true, altKey: true }), { do: "view", step: 1 }],
    [press("[", { altKey: true, code: "Digit5" }), { do: "view", step: -1 }], // a German Mac
    [press("]", { altKey: true, ...shift, code: "Minus" }), { do: "view", step: 1 }], // a French Mac
    [press("]", { code: "Equal" }), { do: "view", step: 1 }], // Dvorak
    [press("]", ctrl), null],
    [press("[", { metaKey: true }), null],
    [press("ü", { code: "BracketLeft" }), { do: "view", step: -1 }],
    [press("Ü", { ...shift, code: "BracketLeft" }), null],
    [press("ü", { altKey: true, code: "BracketLeft" }), null],
    [press("ü", { ...ctrl, code: "BracketLeft" }), null],
    [press("Dead", { code: "BracketLeft" }), { do: "view", step: -1 }],
    [press("¨", { code: "BracketRight" }), { do: "view", step: 1 }],
    [press("+", { code: "BracketRight" }), { do: "zoom-in" }], // German, Italian, Spanish
    [press("=", { code: "BracketRight" }), { do: "zoom-in" }], // Dvorak
    [press("+", { ...shift, code: "Equal" }), { do: "zoom-in" }],
    [press("?", { code: "BracketLeft" }), { do: "help" }],
    [press("e"), { do: "large" }],
    [press("q"), null],
  ])("%o", (key, command) => expect(studioCommand(key)).toEqual(command));
});

describe("the dialog of keys", () => {
  const told = HELP.flatMap(({ rows }) => rows.flatMap(([keys, meaning]) => [...keys, meaning])).join(" ");
  const names: Readonly<Record<string, string>> = {
    ArrowLeft: "←",
    ArrowRight: "→",
    ArrowUp: "↑",
    ArrowDown: "↓",
    Escape: "Esc",
    "-": "−",
  };
  const printable = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).filter(
    (key) => !/[A-Z]/.test(key),
  );
  const others = [
    "Tab",
    "Enter",
    "Escape",
    "Delete",
    "Backspace",
    "Home",
    "End",
    "F1",
    ...Object.keys(names),
  ];

  it.each([
    ["", {}],
    ["Ctrl", ctrl],
  ])("tells every key that does something %s", (_, modifiers) => {
    const working = [...printable, ...others]
      .map((key) => press(key, modifiers))
      .filter((key) => (pictureCommand(key) ?? studioCommand(key)) !== null)
      .map(({ key }) => key);
    const words = told.split(/[\s;,()]+(?=\S)|[;()]/);
    const untold = working.filter((key) => {
      if (/^[1-9]$/.test(key)) return !told.includes("1 … 9");
      const name = names[key] ?? key;
      return !words.some((word) => word.toLowerCase() === name.toLowerCase()) && !told.includes(` ${name} `);
    });
    expect(working.length).toBeGreaterThan(5);
    expect(untold).toEqual([]);
  });
});
