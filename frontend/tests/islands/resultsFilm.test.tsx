import { render } from "preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createApi } from "../../src/api/client";
import type { JobFeed } from "../../src/api/jobFeed";
import type { Result, Video } from "../../src/api/types";
import { FilmButton } from "../../src/islands/resultsFilm";

const RESULT = { id: 11, model_name: "net", frame_count: 40 } as Result;
const VIDEO = { id: 3, recording_name: "take", view: "cam-1" } as Video;
const JOB = { id: "j", kind: "pose.film", state: "queued" };

describe("a labelled video", () => {
  let root: HTMLElement;
  let asked: { path: string; body: unknown }[];
  let answer: () => Response;
  const put = vi.fn();

  beforeEach(() => {
    root = document.createElement("div");
    document.body.replaceChildren(root);
    asked = [];
    put.mockReset();
    answer = () => Response.json(JOB, { status: 202 });
    const fetch = async (request: Request): Promise<Response> => {
      asked.push({ path: new URL(request.url).pathname, body: await request.json() });
      return answer();
    };
    const api = createApi({ baseUrl: "http://studio.test", fetch, csrfToken: () => "t" });
    const feed = { put } as unknown as JobFeed;
    render(<FilmButton api={api} feed={feed} video={VIDEO} result={RESULT} />, root);
  });

  afterEach(() => render(null, root));

  const field = <E extends HTMLElement = HTMLInputElement>(id: string): E =>
    root.querySelector(`#film-${id}`) as E;
  const press = (words: string): void =>
    [...root.querySelectorAll("button")].find(({ textContent }) => textContent === words)?.click();
  const type = (id: string, value: string): void => {
    field(id).value = value;
    field(id).dispatchEvent(new Event("input", { bubbles: true }));
  };

  async function open(): Promise<void> {
    press("Labelled video");
    await vi.waitFor(() => expect(root.querySelector("dialog")).not.toBeNull());
  }

  it("is of every frame as it opens, and its job goes to the feed", async () => {
    await open();
    expect([field("first").value, field("last").value, field("last").max]).toEqual(["0", "39", "39"]);
    press("Make the video");
    await vi.waitFor(() => expect(put).toHaveBeenCalledWith(JOB));
    expect(asked).toEqual([
      {
        path: "/api/v1/results/11/film",
        body: {
          ...{ min_confidence: 0.5, doubtful: "hide", trail_frames: 0 },
          ...{ first_frame: 0, last_frame: null, frame_numbers: false },
        },
      },
    ]);
    expect(root.querySelector("dialog")).toBeNull();
  });

  it("takes what was chosen", async () => {
    await open();
    type("first", "5");
    type("last", "9");
    type("confidence", "0.85");
    field<HTMLSelectElement>("trail").value = "30";
    field("trail").dispatchEvent(new Event("change", { bubbles: true }));
    for (const box of root.querySelectorAll<HTMLInputElement>("input[type=checkbox]")) box.click();
    press("Make the video");
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    expect(asked[0]?.body).toEqual({
      ...{ min_confidence: 0.85, doubtful: "hollow", trail_frames: 30 },
      ...{ first_frame: 5, last_frame: 9, frame_numbers: true },
    });
  });

  it("stays open and says why where it cannot be made", async () => {
    answer = () =>
      Response.json(
        { type: "x", code: "job_already_active", title: "t", status: 409, detail: "One is being made." },
        { status: 409, headers: { "Content-Type": "application/problem+json" } },
      );
    await open();
    press("Make the video");
    await vi.waitFor(() => expect(root.textContent).toContain("One is being made."));
    expect(root.querySelector("dialog")).not.toBeNull();
    expect(put).not.toHaveBeenCalled();
  });
});
