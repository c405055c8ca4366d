import { afterEach, expect, it, vi } from "vitest";
import { onDensityChange } from "../../src/canvas/density";

afterEach(() => vi.unstubAllGlobals());

it("hears of every change of the pixel density until it is told to stop", () => {
  const queries: { text: string; target: EventTarget }[] = [];
  vi.stubGlobal("matchMedia", (text: string) => {
    const target = new EventTarget();
    queries.push({ text, target });
    return target;
  });
  const heard: number[] = [];
  const page = new AbortController();
  vi.stubGlobal("devicePixelRatio", 1);
  onDensityChange(() => heard.push(devicePixelRatio), page.signal);
  for (const ratio of [2, 1.5]) {
    vi.stubGlobal("devicePixelRatio", ratio);
    queries.at(-1)?.target.dispatchEvent(new Event("change"));
  }
  expect(heard).toEqual([2, 1.5]);
  expect(queries.map(({ text }) => text)).toEqual([
    "(resolution: 1dppx)",
    "(resolution: 2dppx)",
    "(resolution: 1.5dppx)",
  ]);
  page.abort();
  queries.at(-1)?.target.dispatchEvent(new Event("change"));
  expect(heard).toHaveLength(2);
});
