import { expect, it } from "vitest";
import { newsOf, type Sending } from "../../../src/islands/recordings/upload";

function sending(more: Partial<Sending>, sent = 1, waiting = false): Sending {
  const file = { name: "mouse.avi" } as File;
  return { key: "", file, progress: { sent, size: 100, waiting }, state: "sending", ...more };
}

it("reads out what became of a file, and nothing while its bytes tick", () => {
  const news = (more: Partial<Sending>, sent?: number, waiting?: boolean): string =>
    newsOf(sending(more, sent, waiting), "is here.");
  expect([news({}, 1), news({}, 50)]).toEqual(["", ""]);
  expect(news({}, 50, true)).toBe("mouse.avi: the connection is down, trying again.");
  expect(news({ state: "done" })).toBe("mouse.avi is here.");
  expect(news({ state: "stopped" })).toBe("mouse.avi: stopped.");
  expect(news({ state: "failed", error: "Too large." })).toBe("mouse.avi: Too large.");
});
