import { describe, expect, it } from "vitest";
import type { JobEventMsg } from "../../../src/api/messages.gen";
import { curvesOf } from "../../../src/islands/models/curves";

function metrics(seq: number, done: number, values: Record<string, number>, stage = "train"): JobEventMsg {
  return { job_id: "a", seq, kind: "metrics", data: { stage, done, total: 100, metrics: values }, at: "" };
}

describe("curvesOf", () => {
  it("puts loss and validation on one axis, with holes where there was no check", () => {
    const events = [metrics(1, 10, { loss: 4 }), metrics(2, 20, { loss: 2, val_mean_px: 9 })];
    expect(curvesOf(events)).toEqual({ iterations: [10, 20], loss: [4, 2], validation: [null, 9] });
  });

  it("runs forward after a resume, the later report winning", () => {
    const events = [
      metrics(1, 10, { loss: 4 }),
      metrics(2, 20, { loss: 3, val_mean_px: 8 }),
      metrics(3, 15, { loss: 2.5 }),
      metrics(4, 20, { loss: 2 }),
    ];
    expect(curvesOf(events)).toEqual({
      iterations: [10, 15, 20],
      loss: [4, 2.5, 2],
      validation: [null, null, 8],
    });
  });

  it("leaves out other stages, other kinds and figures that are no numbers", () => {
    const log: JobEventMsg = { job_id: "a", seq: 3, kind: "log", data: { message: "x" }, at: "" };
    const events = [metrics(1, 5, { loss: 1 }, "predict"), metrics(2, 5, { loss: Number.NaN }), log];
    expect(curvesOf(events)).toEqual({ iterations: [5], loss: [null], validation: [null] });
  });
});
