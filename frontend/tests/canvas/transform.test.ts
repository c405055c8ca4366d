import { describe, expect, it } from "vitest";
import {
  canvasFromImage,
  clampToImage,
  fitView,
  imageFromCanvas,
  isOnImage,
  MAX_SCALE,
  pan,
  pinched,
  resized,
  zoomAt,
} from "../../src/canvas/transform";

const image = { width: 640, height: 480 };
const canvas = { width: 1000, height: 600 };

describe("view transform", () => {
  it("puts the centre of the top-left pixel half a pixel inside the picture", () => {
    const view = { scale: 10, offsetX: 100, offsetY: 50 };
    expect(canvasFromImage(view, { x: 0, y: 0 })).toEqual({ x: 105, y: 55 });
    expect(imageFromCanvas(view, { x: 100, y: 50 })).toEqual({ x: -0.5, y: -0.5 });
  });

  it("fits the whole picture, centred", () => {
    const view = fitView(image, canvas);
    expect(view.scale).toBe(1.25);
    expect(canvasFromImage(view, { x: -0.5, y: -0.5 })).toEqual({ x: 100, y: 0 });
    expect(canvasFromImage(view, { x: 639.5, y: 479.5 })).toEqual({ x: 900, y: 600 });
  });

  it("keeps the image point under the pointer while zooming", () => {
    const at = { x: 333, y: 222 };
    const before = fitView(image, canvas);
    const after = zoomAt(before, at, 7.3, image, canvas);
    const [a, b] = [imageFromCanvas(before, at), imageFromCanvas(after, at)];
    expect(b.x).toBeCloseTo(a.x, 9);
    expect(b.y).toBeCloseTo(a.y, 9);
  });

  it("bounds the zoom on both sides", () => {
    const view = fitView(image, canvas);
    expect(zoomAt(view, { x: 0, y: 0 }, 1e9, image, canvas).scale).toBe(MAX_SCALE);
    expect(zoomAt(view, { x: 0, y: 0 }, 1e-9, image, canvas).scale).toBe(0.5);
  });

  it("never lets the picture leave the window", () => {
    const gone = pan(fitView(image, canvas), 1e6, -1e6, image, canvas);
    const corner = canvasFromImage(gone, { x: -0.5, y: 479.5 });
    expect(corner.x).toBeLessThanOrEqual(canvas.width - 48);
    expect(corner.y).toBeGreaterThanOrEqual(48);
  });

  it("follows two fingers", () => {
    const before = [
      { x: 400, y: 300 },
      { x: 500, y: 300 },
    ] as const;
    const after = [
      { x: 380, y: 320 },
      { x: 580, y: 320 },
    ] as const;
    const start = fitView(image, canvas);
    const view = pinched(start, before, after, image, canvas);
    expect(view.scale).toBeCloseTo(start.scale * 2, 9);
    const under = imageFromCanvas(start, before[0]);
    expect(canvasFromImage(view, under).x).toBeCloseTo(after[0].x, 9);
    expect(canvasFromImage(view, under).y).toBeCloseTo(after[0].y, 9);
  });

  it("keeps the middle in the middle when the window changes size", () => {
    const view = zoomAt(fitView(image, canvas), { x: 500, y: 300 }, 3, image, canvas);
    const smaller = { width: 700, height: 500 };
    const middle = imageFromCanvas(view, { x: 500, y: 300 });
    const now = imageFromCanvas(resized(view, canvas, smaller, image), { x: 350, y: 250 });
    expect(now.x).toBeCloseTo(middle.x, 9);
    expect(now.y).toBeCloseTo(middle.y, 9);
  });

  it("knows the picture from what is beside it", () => {
    expect(isOnImage({ x: -0.5, y: 479.5 }, image)).toBe(true);
    expect(isOnImage({ x: -0.51, y: 0 }, image)).toBe(false);
    expect(clampToImage({ x: 9999, y: -7 }, image)).toEqual({ x: 639.5, y: -0.5 });
  });
});
