import { render } from "preact";
import { expect, it, vi } from "vitest";
import { FolderBrowser } from "../../../src/islands/recordings/browser";
import type { RecordingsPage } from "../../../src/islands/recordings/index";
import { serverOf } from "../server";

const DYAD = {
  ...{ name: "dyad", path: "/data/dyad", is_dir: true, size: null },
  ...{ looks_like: "rendered", holds_videos: true },
};

function shown(missing: readonly string[]): HTMLElement {
  const { api } = serverOf(({ method }) =>
    method === "GET"
      ? { body: [DYAD] }
      : { status: 202, body: { recording: { name: "dyad" }, job_ids: [], missing } },
  );
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  const page = {
    ...{ api, props: { projectId: 1 }, refresh: async () => {} },
    recordings: { value: { value: [] } },
  } as unknown as RecordingsPage;
  render(<FolderBrowser {...page} />, root);
  return root;
}

async function registered(missing: readonly string[]): Promise<string> {
  const root = shown(missing);
  const button = () =>
    [...root.querySelectorAll("button")].find(({ textContent }) => textContent === "Register");
  await vi.waitFor(() => expect(button()).toBeDefined());
  button()?.click();
  await vi.waitFor(() => expect(root.querySelector(".note.ok")).not.toBeNull());
  return root.querySelector(".note.ok")?.textContent ?? "";
}

it("names the cameras of a rendered recording whose video is missing", async () => {
  expect(await registered(["side", "below"])).toContain("No video lies there for side, below.");
  expect(await registered([])).not.toContain("No video");
});
