import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Screen } from "../../../src/islands/studio/screen";
import type { StudioState, ViewState } from "../../../src/islands/studio/state";
import type { ViewDesk } from "../../../src/islands/studio/viewDesk";
import type { DecodedFrame } from "../../../src/player/types";
import { openTwoViews, video } from "./fakes";

/** What a desk was asked to do; draws say whether roughly. */
class FakeDesk {
  focused = 0;
  readonly draws: [frame: number, moving: boolean][] = [];
  readonly stage = {
    draw: ({ index }: DecodedFrame, moving: boolean) => void this.draws.push([index, moving]),
    drawNone: () => {},
  };

  focus(): void {
    this.focused++;
  }

  dispose(): void {}
}

let state: StudioState;
let top: ViewState;
let side: ViewState;
let screen: Screen;

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  vi.stubGlobal("fetch", async () => new Response(new Blob()));
  vi.stubGlobal("createImageBitmap", async () => ({ ...video, close: () => {} }));
  state = openTwoViews();
  [top, side] = state.views as [ViewState, ViewState];
  state.hide(new Set([side.name]));
  screen = new Screen(state, document.createElement("div"), { onPresented: () => {}, onNote: () => {} });
});
afterEach(() => {
  screen.dispose();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function attach(view: ViewState): FakeDesk {
  const desk = new FakeDesk();
  screen.attach(view, desk as unknown as ViewDesk);
  return desk;
}

describe("the keyboard", () => {
  it("comes to a view that was hidden when that is on screen, once", () => {
    const before = attach(top);
    state.active.value = side;
    state.hide(new Set());
    screen.focus();
    expect(before.focused).toBe(0);
    const after = attach(side);
    screen.detach(top);
    const again = attach(top);
    expect([before.focused, after.focused, again.focused]).toEqual([0, 1, 0]);
  });
});

describe("a picture", () => {
  it("is drawn at once when its tick is new, and smoothly when that stays", async () => {
    const desk = attach(top);
    for (const tick of [30, 40]) {
      screen.player.seek(tick);
      await vi.advanceTimersByTimeAsync(100);
      screen.player.redraw();
      await vi.advanceTimersByTimeAsync(17);
    }
    expect(desk.draws.length).toBeGreaterThan(3);
    expect(new Set(desk.draws.map(String))).toEqual(new Set(["30,true", "40,true"]));
    await vi.advanceTimersByTimeAsync(200);
    expect(desk.draws.at(-1)).toEqual([40, false]);
    screen.player.redraw();
    await vi.advanceTimersByTimeAsync(17);
    expect(desk.draws.at(-1)).toEqual([40, false]);
  });

  it("is not drawn smoothly while the next is on its way, unless that takes long", async () => {
    const desk = attach(top);
    screen.player.seek(30);
    await vi.advanceTimersByTimeAsync(100);
    vi.stubGlobal("fetch", () => new Promise(() => {}));
    screen.player.seek(40);
    await vi.advanceTimersByTimeAsync(500);
    expect(desk.draws.at(-1)).toEqual([30, true]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(desk.draws.at(-1)).toEqual([30, false]);
  });
});
