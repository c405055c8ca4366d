import { describe, expect, it } from "vitest";
import { Reopening } from "../../src/player/reopening";

describe("Reopening", () => {
  it("opens once for all who ask", async () => {
    let opened = 0;
    const video = new Reopening(async () => ++opened);
    expect(await Promise.all([video.get(), video.get()])).toEqual([1, 1]);
    expect(await video.get()).toBe(1);
  });

  it("forgets a failure, so that the next to ask tries again", async () => {
    const answers = [() => Promise.reject(new Error("no connection")), () => Promise.resolve("open")];
    const video = new Reopening<string>(() => (answers.shift() as () => Promise<string>)());
    const both = await Promise.allSettled([video.get(), video.get()]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(video.current).toBeNull();
    expect(await video.get()).toBe("open");
  });
});
