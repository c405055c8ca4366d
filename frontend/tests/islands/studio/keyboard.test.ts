import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Studio } from "../../../src/islands/studio/controller";
import { returnFocus } from "../../../src/islands/studio/focus";
import { readKeyboard } from "../../../src/islands/studio/keyboard";
import type { Command } from "../../../src/islands/studio/keys";

let root: HTMLElement;
let page: AbortController;
let done: string[];

beforeEach(() => {
  document.body.innerHTML = `
    <main>
      <div class="st-surface" tabindex="0"></div>
      <div class="st-tools"><button id="tool"></button></div>
      <select id="speed"><option>1</option></select>
      <input id="threshold" type="range" />
      <input id="frame" />
      <button id="sliders" aria-expanded="false"></button>
    </main>`;
  root = document.querySelector("main") as HTMLElement;
  page = new AbortController();
  done = [];
  const studio = {
    run: (command: Command) => done.push(command.do),
    toggle: () => done.push("toggle"),
    holdPan: (held: boolean) => done.push(held ? "hold" : "release"),
    abandon: () => false,
  };
  readKeyboard(root, studio as unknown as Studio, page.signal);
  returnFocus(root, page.signal);
});

afterEach(() => page.abort());

const find = (selector: string): HTMLElement => root.querySelector(selector) as HTMLElement;

function key(on: HTMLElement, name: string, more: KeyboardEventInit = {}): void {
  for (const type of ["keydown", "keyup"]) {
    on.dispatchEvent(new KeyboardEvent(type, { key: name, bubbles: true, cancelable: true, ...more }));
  }
}

describe("readKeyboard", () => {
  it("works on the picture and, but for the keys that move between controls, beside it", () => {
    for (const name of ["Tab", "ArrowLeft", "Enter", "v"]) key(find(".st-surface"), name);
    expect(done).toEqual(["cycle", "nudge", "place", "visibility"]);
    done.length = 0;
    for (const name of ["Tab", "ArrowLeft", "Enter", "v"]) key(find("#tool"), name);
    expect(done).toEqual(["visibility"]);
  });

  it("labels for Enter only where the picture has the focus", () => {
    for (const name of ["Enter", "ArrowLeft"]) key(document.body, name);
    expect(done).toEqual(["nudge"]);
  });

  it("leaves text fields and choices their keys", () => {
    for (const field of ["#frame", "#speed"]) key(find(field), "v");
    expect(done).toEqual([]);
    key(find("#threshold"), "v");
    expect(done).toEqual(["visibility"]);
  });

  it("plays for Space, and does not where Space was held to move the picture", () => {
    key(find(".st-surface"), " ");
    expect(done).toEqual(["hold", "release", "toggle"]);
    done.length = 0;
    const surface = find(".st-surface");
    surface.dispatchEvent(new KeyboardEvent("keydown", { key: " ", bubbles: true }));
    surface.dispatchEvent(new MouseEvent("pointermove", { buttons: 1, bubbles: true }));
    surface.dispatchEvent(new KeyboardEvent("keyup", { key: " ", bubbles: true }));
    expect(done).toEqual(["hold", "release"]);
  });

  it("leaves the picture for Escape", () => {
    find(".st-surface").focus();
    key(find(".st-surface"), "Escape");
    expect(document.activeElement).toBe(find("#tool"));
  });
});

describe("returnFocus", () => {
  const point = (on: string): boolean => find(on).dispatchEvent(new Event("pointerdown", { bubbles: true }));
  const use = (on: string, type: string): void => {
    find(on).focus();
    find(on).dispatchEvent(new Event(type, { bubbles: true }));
  };

  it.each([
    ["#tool", "click"],
    ["#speed", "change"],
    ["#threshold", "change"],
  ])("gives the keys back to the picture after the pointer used %s", (control, type) => {
    point(control);
    use(control, type);
    expect(document.activeElement).toBe(find(".st-surface"));
  });

  it("leaves the focus with whoever uses the keyboard", () => {
    point("#speed");
    key(find("#speed"), "ArrowDown");
    use("#speed", "change");
    expect(document.activeElement).toBe(find("#speed"));
  });

  it("leaves the focus where a control opened something", () => {
    point("#sliders");
    use("#sliders", "click");
    expect(document.activeElement).toBe(find("#sliders"));
  });
});
