import { describe, expect, it, vi } from "vitest";
import { handleKey, type SceneHand, wireHand } from "../../src/scene/hand";

function handOf() {
  const hand = {
    turn: vi.fn(),
    pan: vi.fn(),
    zoom: vi.fn(),
    preset: vi.fn(),
    nextCamera: vi.fn(),
    nextAnimal: vi.fn(),
    stopFollowing: vi.fn(),
    hover: vi.fn(),
    press: vi.fn(),
  } satisfies SceneHand;
  return hand;
}

function key(name: string, more: Partial<KeyboardEvent> = {}) {
  return { key: name, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...more };
}

describe("keys", () => {
  it("turn, move, zoom and choose", () => {
    const hand = handOf();
    expect(handleKey(key("ArrowLeft"), hand)).toBe(true);
    expect(hand.turn).toHaveBeenCalledWith(-6, -0);
    handleKey(key("ArrowUp", { shiftKey: true }), hand);
    expect(hand.pan).toHaveBeenCalledWith(-0, 24);
    handleKey(key("+"), hand);
    expect(hand.zoom.mock.calls[0]?.[0]).toBeGreaterThan(1);
    handleKey(key("t"), hand);
    expect(hand.preset).toHaveBeenCalledWith("top");
    handleKey(key("c"), hand);
    expect(hand.nextCamera).toHaveBeenCalledOnce();
  });

  it("leave to the browser what is the browser's", () => {
    const hand = handOf();
    expect(handleKey(key("c", { ctrlKey: true }), hand)).toBe(false);
    expect(handleKey(key("Tab"), hand)).toBe(false);
    expect(hand.nextCamera).not.toHaveBeenCalled();
  });
});

describe("the pointer", () => {
  function canvasOf() {
    const canvas = document.createElement("canvas");
    canvas.setPointerCapture = () => {};
    const hand = handOf();
    const stop = new AbortController();
    wireHand(canvas, hand, stop.signal);
    const send = (type: string, x: number, y: number, more: PointerEventInit = {}): void => {
      canvas.dispatchEvent(
        new PointerEvent(type, {
          clientX: x,
          clientY: y,
          pointerId: 1,
          button: 0,
          pointerType: "mouse",
          ...more,
        }),
      );
    };
    return { hand, send, stop };
  }

  it("turns when it drags, and presses when it does not", () => {
    const { hand, send } = canvasOf();
    send("pointerdown", 100, 100);
    send("pointermove", 120, 100);
    send("pointermove", 130, 90);
    send("pointerup", 130, 90);
    const turned = hand.turn.mock.calls.reduce((sum, [azimuth]) => sum + azimuth, 0);
    expect(turned).toBeCloseTo(-12, 9);
    expect(hand.press).not.toHaveBeenCalled();
    send("pointerdown", 50, 60);
    send("pointerup", 50, 60);
    expect(hand.press).toHaveBeenCalledWith({ x: 50, y: 60 }, false);
  });

  it("moves the picture with Shift and with the right button", () => {
    const { hand, send } = canvasOf();
    send("pointerdown", 0, 0, { shiftKey: true });
    send("pointermove", 9, 4, { shiftKey: true });
    send("pointerup", 9, 4);
    send("pointerdown", 0, 0, { button: 2 });
    send("pointermove", 3, 1);
    send("pointerup", 3, 1);
    expect(hand.pan.mock.calls).toEqual([
      [9, 4],
      [3, 1],
    ]);
    expect(hand.turn).not.toHaveBeenCalled();
  });

  it("takes two fingers for zoom and not for a press", () => {
    const { hand, send } = canvasOf();
    const touch = (pointerId: number): PointerEventInit => ({ pointerId, pointerType: "touch" });
    send("pointerdown", 100, 100, touch(1));
    send("pointerdown", 200, 100, touch(2));
    send("pointermove", 300, 100, touch(2));
    send("pointerup", 300, 100, touch(2));
    send("pointerup", 100, 100, touch(1));
    expect(hand.zoom).toHaveBeenCalledWith(2);
    expect(hand.press).not.toHaveBeenCalled();
  });

  it("hears nothing after the end", () => {
    const { hand, send, stop } = canvasOf();
    stop.abort();
    send("pointerdown", 50, 60);
    send("pointerup", 50, 60);
    expect(hand.press).not.toHaveBeenCalled();
  });
});
