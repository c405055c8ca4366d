import { beforeEach, describe, expect, it } from "vitest";
import {
  isNeutral,
  loadAdjustment,
  NO_ADJUSTMENT,
  saveAdjustment,
  transferTable,
} from "../../src/canvas/adjust";

describe("adjustment", () => {
  beforeEach(() => localStorage.clear());

  it("leaves the picture as it is when neutral", () => {
    const table = transferTable(NO_ADJUSTMENT);
    expect(table[0]).toBe(0);
    expect(table[16]).toBeCloseTo(0.5, 12);
    expect(table[32]).toBe(1);
  });

  it("lifts shadows with gamma and stays within black and white", () => {
    const lifted = transferTable({ brightness: 0, contrast: 1, gamma: 2 });
    expect(lifted[8]).toBeCloseTo(0.5, 12);
    const hard = transferTable({ brightness: 0.5, contrast: 3, gamma: 1 });
    expect([Math.min(...hard), Math.max(...hard)]).toEqual([0, 1]);
  });

  it("is remembered a video, and only where it differs", () => {
    const bright = { brightness: 0.25, contrast: 1.5, gamma: 1 };
    saveAdjustment(3, bright, localStorage);
    expect(loadAdjustment(3, localStorage)).toEqual(bright);
    expect(isNeutral(loadAdjustment(4, localStorage))).toBe(true);
    saveAdjustment(3, NO_ADJUSTMENT, localStorage);
    expect(localStorage.length).toBe(0);
  });

  it.each(["{", "null", '{"gamma":"x","contrast":1e9}'])("survives damaged storage: %s", (text) => {
    localStorage.setItem("sbea.adjust.3", text);
    expect(loadAdjustment(3, localStorage)).toEqual(NO_ADJUSTMENT);
  });
});
