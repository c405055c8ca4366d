import { describe, expect, it } from "vitest";
import { clusterColour, rangeOf, UNKNOWN, valueColour, viridis } from "../../../src/islands/maps/colours";
import { colourBy } from "../../../src/islands/maps/form";
import { dotAt, fitInto } from "../../../src/islands/maps/places";

describe("colours of a map", () => {
  it("are those of the animals for clusters, from 1, and begin again", () => {
    expect([clusterColour(1), clusterColour(2), clusterColour(9)]).toEqual(["#e69f00", "#56b4e9", "#e69f00"]);
  });

  it("span what most of the values span", () => {
    const values = [...Array(1000).keys(), 1e9, null];
    const range = rangeOf(values);
    expect(range?.low).toBeCloseTo(10, -1);
    expect(range?.high).toBeLessThan(1000);
    expect(rangeOf([null, null])).toBeNull();
    expect(rangeOf([-5])).toEqual({ low: -5, high: -5 });
  });

  it("go from dark to light, are cut at the ends, and grey where nothing is known", () => {
    const range = { low: 10, high: 20 };
    expect(valueColour(10, range)).toBe("rgb(68 1 84)");
    expect(valueColour(-99, range)).toBe(valueColour(10, range));
    expect(valueColour(20, range)).toBe("rgb(253 231 37)");
    expect(valueColour(null, range)).toBe(UNKNOWN);
    expect(valueColour(3, { low: 3, high: 3 })).toBe(viridis(0.5));
  });
});

describe("places of a map", () => {
  const places = { x: [-10, 10, 10], y: [0, 0, 5] };

  it("keep their shape, with y upwards", () => {
    const fit = fitInto(places, 428, 300);
    expect([fit.left(-10), fit.left(10)]).toEqual([14, 414]);
    expect(fit.top(0) - fit.top(5)).toBeCloseTo(100); // 20 units are 400 px, so 5 are 100
  });

  it("are found by a press near them alone", () => {
    const fit = fitInto(places, 428, 300);
    expect(dotAt(places, fit, 410, fit.top(5) + 8)).toBe(2);
    expect(dotAt(places, fit, 20, fit.top(0))).toBe(0);
    expect(dotAt(places, fit, 214, 150)).toBeNull();
  });

  it("of one pose, or none, have a place too", () => {
    expect(fitInto({ x: [3], y: [4] }, 200, 100).left(3)).toBe(100);
    expect(Number.isFinite(fitInto({ x: [], y: [] }, 200, 100).left(0))).toBe(true);
  });
});

describe("what is asked of the server", () => {
  it("is speed, and a quantity with as many keypoints as it needs", () => {
    expect(colourBy("", ["nose"])).toEqual(["speed"]);
    expect(colourBy("angle", ["left ear", "nose", "right ear", "tail"])).toEqual([
      "speed",
      "angle:left ear,nose,right ear",
    ]);
  });
});
