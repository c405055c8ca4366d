import { beforeEach, describe, expect, it, vi } from "vitest";
import { EMPTY_SKELETON, type OverlayScene } from "../../src/canvas/scene";
import { Stage } from "../../src/canvas/stage";
import type { DecodedFrame } from "../../src/player/types";

/** Records in order what reaches which canvas. */
let log: string[];
/** Horizontal scale of every transform that was set. */
let scales: number[];
/** How smoothly each picture was drawn. */
let qualities: string[];

function canvas(name: string): HTMLCanvasElement {
  const context = new Proxy(
    {
      drawImage: (_: unknown, ...numbers: number[]) => log.push(`${name} image ${numbers.join(" ")}`),
      arc: () => log.push(`${name} mark`),
      fillText: (words: string) => log.push(`${name} says ${words}`),
      clearRect: () => log.push(`${name} cleared`),
      setTransform: (scale: number) => scales.push(scale),
    } as Record<string, unknown>,
    {
      get: (target, key) => target[key as string] ?? (() => {}),
      set: (_, key, value) => {
        if (key === "imageSmoothingQuality") qualities.push(value as string);
        return true;
      },
    },
  );
  const element = document.createElement("canvas");
  vi.spyOn(element, "getContext").mockReturnValue(context as never);
  return element;
}

function scene(index: number): OverlayScene {
  const label = { keypoint: 0, x: index, y: 0, visibility: "visible" } as const;
  const animal = { animalId: 1, colour: "#e69f00", active: true, labels: [label], predictions: [] };
  return { index, skeleton: EMPTY_SKELETON, animals: [animal], armed: null, showNames: false };
}

/** What was drawn, without the wiping before it. */
const ink = (): string[] => log.filter((line) => !line.endsWith("cleared"));

const frame = (index: number): DecodedFrame => ({ index, image: {} as ImageBitmap, close: () => {} });

describe("Stage", () => {
  let elements: Record<"video" | "overlay" | "loupe", HTMLCanvasElement>;
  let asked: number[];
  let answer: (index: number) => OverlayScene;
  let stage: Stage;

  beforeEach(() => {
    log = [];
    scales = [];
    qualities = [];
    asked = [];
    answer = scene;
    elements = { video: canvas("video"), overlay: canvas("overlay"), loupe: canvas("loupe") };
    stage = new Stage({
      ...elements,
      image: { width: 641, height: 479 },
      sceneOf: (index) => {
        asked.push(index);
        return answer(index);
      },
      requestDraw: () => {},
      onView: () => {},
    });
    stage.resize({ width: 641, height: 479 });
    log = [];
  });

  it("draws picture and marks of one index in one call", () => {
    stage.draw(frame(5));
    expect(asked).toEqual([5]);
    expect(ink()).toEqual(["video image 0 0 641 479 0 0 641 479", "overlay mark"]);
    expect([elements.video.dataset.frame, elements.overlay.dataset.frame]).toEqual(["5", "5"]);
  });

  it("draws no marks rather than those of another frame", () => {
    answer = () => scene(4);
    stage.draw(frame(5));
    expect(ink().filter((line) => line.startsWith("overlay"))).toEqual([]);
  });

  it("leaves the picture alone where only marks changed", () => {
    stage.draw(frame(5));
    log = [];
    stage.draw(frame(5));
    expect(ink()).toEqual(["overlay mark"]);
  });

  it("says that there is no frame, over neither the last picture nor its marks, and once", () => {
    stage.draw(frame(5));
    log = [];
    stage.drawNone();
    stage.drawNone();
    expect(log).toEqual(["overlay cleared", "video cleared", "video says no frame at this tick"]);
    expect([elements.video.dataset.frame, elements.overlay.dataset.frame]).toEqual(["none", "none"]);
    log = [];
    stage.draw(frame(5));
    expect(ink()).toEqual(["video image 0 0 641 479 0 0 641 479", "overlay mark"]);
    stage.drawNone();
    log = [];
    stage.resize({ width: 300, height: 200 });
    stage.drawNone();
    expect(ink()).toEqual(["video says no frame at this tick"]);
  });

  it("draws a small picture roughly in passing, and smoothly once it stays", () => {
    stage.resize({ width: 300, height: 200 });
    for (const [index, moving] of [
      [5, true],
      [6, true],
      [6, true],
      [6, false],
      [6, false],
    ] as const) {
      stage.draw(frame(index), moving);
    }
    expect(qualities).toEqual(["low", "low", "medium"]);
    stage.resize({ width: 641, height: 479 });
    stage.draw(frame(7), true);
    stage.draw(frame(7), false);
    expect(qualities.slice(3)).toEqual(["low"]);
  });

  it("crops the padding of an odd-sized proxy", () => {
    stage.zoom(2, { x: 0, y: 0 });
    stage.draw(frame(5));
    expect(ink()[0]).toBe("video image 0 0 641 479 0 0 1282 958");
  });

  it("draws by the pixel density that the canvases were made for, until they get a new size", () => {
    const ratio = vi.spyOn(window, "devicePixelRatio", "get").mockReturnValue(2);
    stage.draw(frame(5));
    expect(scales.at(-1)).toBe(1);
    stage.resize({ width: 641, height: 479 });
    stage.draw(frame(5));
    expect([elements.video.width, scales.at(-1)]).toEqual([1282, 2]);
    ratio.mockRestore();
  });
});
