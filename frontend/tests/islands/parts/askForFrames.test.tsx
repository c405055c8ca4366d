import { signal } from "@preact/signals";
import { render } from "preact";
import { afterEach, expect, it, vi } from "vitest";
import type { JobFeed } from "../../../src/api/jobFeed";
import type { JobState } from "../../../src/api/messages.gen";
import { AskForFrames } from "../../../src/islands/parts/askForFrames";
import { newestSearch } from "../../../src/islands/parts/methods";
import { problem, serverOf } from "../server";

type Answer = Parameters<typeof serverOf>[0];

const MODELS = [
  { id: 8, name: "third", state: "training" },
  { id: 7, name: "second", state: "ready" },
  { id: 4, name: "first", state: "ready" },
];
const QUEUED = search({ state: "queued", attempt: 0 });

let page: HTMLElement;
afterEach(() => render(null, page));

function search(more: Partial<JobState>): JobState {
  const progress = { stage: "", done: 0, total: 0, metrics: {}, rate: null, eta_s: null };
  const facts = {
    id: "a",
    kind: "video.suggest",
    params: { video_id: 3 },
    created_at: "2026-01-01T00:00:00Z",
  };
  return { ...facts, state: "done", result: null, error: null, progress, ...more } as unknown as JobState;
}

function open(answer: Answer, jobs: JobState[] = [], model?: { id: number; name: string }) {
  page = document.createElement("div");
  document.body.replaceChildren(page);
  const { api, calls } = serverOf(answer);
  const known = signal(new Map(jobs.map((job) => [job.id, job])));
  const put = (job: JobState): void => {
    known.value = new Map([...known.value, [job.id, job]]);
  };
  render(
    <AskForFrames
      api={api}
      feed={{ jobs: known, put } as unknown as JobFeed}
      props={{ projectId: 1, capabilities: ["label"] }}
      videos={[{ id: 3, name: "open field", frameCount: 12 }]}
      {...(model ? { model } : {})}
      look="btn"
      found={(videoId, frames) => <p class="found">{`${videoId}: ${frames.join(" ")}`}</p>}
    />,
    page,
  );
  return { calls, put };
}

function press(words: string): void {
  const found = [...page.querySelectorAll("button")].find(({ textContent }) => textContent === words);
  if (!found) throw new Error(`no button '${words}' in ${page.innerHTML}`);
  found.click();
}

const select = (label: string): HTMLSelectElement => {
  const field = [...page.querySelectorAll("label")].find(({ textContent }) => textContent?.startsWith(label));
  return field?.querySelector("select") as HTMLSelectElement;
};

function choose(label: string, value: string): void {
  const box = select(label);
  box.value = value;
  box.dispatchEvent(new Event("change", { bubbles: true }));
}

it("asks the newest model that is ready, for as many frames as there are at most", async () => {
  const { calls, put } = open(({ method }) => ({ body: method === "GET" ? MODELS : QUEUED }));
  press("What should I label next?");
  await vi.waitFor(() => expect(select("Choose by")?.value).toBe("model"));
  expect([...select("Model").options].map(({ textContent }) => textContent)).toEqual([
    "second (newest)",
    "first",
  ]);
  press("Find frames");
  await vi.waitFor(() => expect(page.textContent).toContain("Waits for a free worker"));
  expect(calls.at(-1)).toMatchObject({
    path: "/api/v1/videos/3/suggestions",
    body: { method: "model", model_id: 7, count: 12 },
  });
  put(search({ result: { frames: [2, 9] } }));
  await vi.waitFor(() => expect(page.querySelector(".found")?.textContent).toBe("3: 2 9"));
});

it("offers ways that need no model, in words", async () => {
  const { calls } = open(({ method }) => ({ body: method === "GET" ? MODELS : QUEUED }));
  press("What should I label next?");
  await vi.waitFor(() => expect(select("Choose by")).toBeTruthy());
  const ways = [...select("Choose by").options].map(({ textContent }) => textContent);
  for (const words of ["Spread evenly", "Different looks", "What the model is unsure of"])
    expect(ways).toContain(words);
  choose("Choose by", "uniform");
  await vi.waitFor(() => expect(select("Model")).toBeUndefined());
  press("Find frames");
  await vi.waitFor(() => expect(calls.at(-1)?.body).toEqual({ method: "uniform", count: 12 }));
});

it("another model than the newest can be asked", async () => {
  const { calls } = open(({ method }) => ({ body: method === "GET" ? MODELS : QUEUED }));
  press("What should I label next?");
  await vi.waitFor(() => expect(select("Model")).toBeTruthy());
  choose("Model", "4");
  await vi.waitFor(() => expect(select("Model").value).toBe("4"));
  press("Find frames");
  await vi.waitFor(() => expect(calls.at(-1)?.body).toMatchObject({ model_id: 4 }));
});

it("does not offer to ask a model where none is trained", async () => {
  open(() => ({ body: MODELS.slice(0, 1) }));
  press("What should I label next?");
  await vi.waitFor(() => expect(select("Choose by")?.value).toBe("mixed"));
  const option = [...select("Choose by").options].find(({ value }) => value === "model");
  expect([option?.disabled, option?.textContent]).toEqual([
    true,
    "What the model is unsure of (train one first)",
  ]);
});

it("on the page of a model asks that one, without reading others", async () => {
  const { calls } = open(() => ({ body: QUEUED }), [], { id: 4, name: "first" });
  press("What should I label next?");
  await vi.waitFor(() => press("Find frames"));
  await vi.waitFor(() => expect(calls).toHaveLength(1));
  expect(calls[0]?.body).toEqual({ method: "model", model_id: 4, count: 12 });
});

it("says why the server refuses, and lets ask again", async () => {
  open(({ method }) => (method === "GET" ? { body: MODELS } : problem(422, "Label something first.")));
  press("What should I label next?");
  await vi.waitFor(() => press("Find frames"));
  await vi.waitFor(() => expect(page.textContent).toContain("Label something first."));
  expect(page.textContent).toContain("Find frames");
});

it("shows why a search failed", () => {
  open(
    () => ({ body: [] }),
    [search({ state: "failed", error: { code: "x", message: "No labels." } as never })],
  );
  expect(page.querySelector(".note.bad")?.textContent).toContain("No labels.");
});

it("means the newest search in its videos", () => {
  const jobs = [
    search({ id: "old" }),
    search({ id: "new", created_at: "2026-01-02T00:00:00Z" }),
    search({ id: "other video", created_at: "2026-01-03T00:00:00Z", params: { video_id: 4 } }),
    search({ id: "other kind", created_at: "2026-01-03T00:00:00Z", kind: "pose.train" }),
  ];
  expect([newestSearch(jobs, [3])?.id, newestSearch(jobs, [])]).toEqual(["new", undefined]);
});
