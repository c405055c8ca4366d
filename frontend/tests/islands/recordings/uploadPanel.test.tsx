import { render } from "preact";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { RecordingsPage } from "../../../src/islands/recordings/index";
import { UploadPanel } from "../../../src/islands/recordings/upload";
import { type Call, problem, serverOf } from "../server";

interface Kept {
  readonly id: string;
  readonly filename: string;
  readonly size: number;
  offset: number;
  readonly chunk_size: number;
  readonly purpose: string;
  state: string;
  recording_id: number | null;
}

/** A server that keeps uploads; `refuse` says which of them become nothing, the first time. */
function studio(refuse: string[] = []) {
  const uploads = new Map<string, Kept>();
  const completed: [string, unknown][] = [];
  let recordings = 40;
  const { api, calls } = serverOf(({ method, path, body }: Call) => {
    if (path.endsWith("/proposal")) {
      const { names } = body as { names: string[] };
      const views = names.map((name) => ({ path: name, view: name.split(".")[0] ?? "", problem: null }));
      return { body: [{ name: "take", views }] };
    }
    if (method === "POST" && path.endsWith("/uploads")) {
      const { filename, size, purpose } = body as { filename: string; size: number; purpose: string };
      const id = `u${uploads.size + 1}`;
      const made: Kept = {
        ...{ id, filename, size, purpose },
        ...{ offset: 0, chunk_size: 100, state: "receiving", recording_id: null },
      };
      uploads.set(id, made);
      return { status: 201, body: made };
    }
    const found = uploads.get(path.split("/")[4] ?? "");
    if (!found) return problem(404, "There is no such upload.");
    if (!path.endsWith("/complete")) return { body: found };
    const at = refuse.indexOf(found.filename);
    if (at >= 0) {
      refuse.splice(at, 1);
      return problem(409, "This recording already has such a view.");
    }
    const asked = body as { recording_id: number | null };
    if (found.state === "receiving") {
      completed.push([found.filename, asked.recording_id]);
      recordings += asked.recording_id === null ? 1 : 0;
      found.recording_id = asked.recording_id ?? recordings;
      found.state = "complete";
    }
    return { status: 202, body: found };
  });
  let sent = 0;
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    const found = uploads.get(url.split("/")[4] ?? "");
    if (!found) return new Response("{}", { status: 404 });
    const { size } = init.body as Blob;
    sent += size;
    found.offset += size;
    return new Response(JSON.stringify({ offset: found.offset }), { status: 200 });
  });
  return { api, calls, completed, sent: () => sent };
}

function shown(api: RecordingsPage["api"], as: string): (names: string[]) => void {
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  const page = {
    api,
    props: { projectId: 1 },
    signal: new AbortController().signal,
    refresh: async () => {},
    recordings: { value: { value: [] } },
  } as unknown as RecordingsPage;
  render(<UploadPanel {...page} purpose="video" />, root);
  const select = root.querySelector("select") as HTMLSelectElement;
  select.value = as;
  select.dispatchEvent(new Event("change", { bubbles: true }));
  return (names) => {
    const files = names.map((name) => new File(["0123456789"], name, { lastModified: 1 }));
    const event = new Event("drop", { bubbles: true });
    Object.assign(event, { dataTransfer: { files } });
    root.querySelector(".drop")?.dispatchEvent(event);
  };
}

function ended(): string[] {
  const lines = [...document.querySelectorAll("ul.list > li")];
  return lines.map((line) =>
    line.querySelector(".note.bad") ? "failed" : line.querySelector(".meter") ? "" : "ok",
  );
}

beforeEach(() => localStorage.clear());
afterEach(() => vi.unstubAllGlobals());

it("goes on with the views of one recording where some of them are there, whatever order they come in", async () => {
  const there = studio(["side.mp4"]);
  const choose = shown(there.api, "together");
  choose(["top.mp4", "side.mp4"]);
  await vi.waitFor(() => expect(ended().sort()).toEqual(["failed", "ok"]));
  expect(there.completed).toEqual([["top.mp4", null]]);
  const again = shown(there.api, "together"); // the page is opened anew
  again(["side.mp4", "top.mp4"]);
  await vi.waitFor(() => expect(ended()).toEqual(["ok", "ok"]));
  expect(there.completed, "no second recording").toEqual([
    ["top.mp4", null],
    ["side.mp4", 41],
  ]);
  expect(there.sent(), "no byte is sent twice").toBe(20);
  await vi.waitFor(() => expect(localStorage.length, "all are there: nothing is remembered").toBe(0));
});

it("keeps the bytes of a file that the server could not place", async () => {
  const there = studio(["top.mp4"]);
  const choose = shown(there.api, "own");
  choose(["top.mp4"]);
  await vi.waitFor(() => expect(ended()).toEqual(["failed"]));
  choose(["top.mp4"]);
  await vi.waitFor(() => expect(ended()).toEqual(["ok"]));
  expect(there.sent()).toBe(10);
  await vi.waitFor(() => expect(localStorage.length).toBe(0));
});
