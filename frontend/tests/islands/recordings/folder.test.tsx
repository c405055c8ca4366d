import { render } from "preact";
import { expect, it, vi } from "vitest";
import type { Api } from "../../../src/api/client";
import { FolderOutcome, RegisterVideos, useFolderOfVideos } from "../../../src/islands/recordings/folder";
import type { RecordingsPage } from "../../../src/islands/recordings/index";
import { problem, serverOf } from "../server";

function Folder(page: RecordingsPage) {
  const folder = useFolderOfVideos(page, "/data/takes");
  return (
    <>
      <RegisterVideos folder={folder}>Register all</RegisterVideos>
      <FolderOutcome folder={folder} />
    </>
  );
}

function shown(api: Api, refresh = async () => {}): HTMLElement {
  const root = document.createElement("div");
  const page = { api, refresh, props: { projectId: 7 } } as unknown as RecordingsPage;
  render(<Folder {...page} />, root);
  root.querySelector("button")?.click();
  return root;
}

it("registers every video of a folder in one step and tells what was left out and why", async () => {
  const { api, calls } = serverOf(() => ({
    status: 202,
    body: [
      { file: "a.mp4", recording: { id: 1, name: "a" }, problem: null },
      { file: "b.mp4", recording: null, problem: "The file is empty." },
    ],
  }));
  const refresh = vi.fn(async () => {});
  const root = shown(api, refresh);
  await vi.waitFor(() => expect(root.textContent).toContain("b.mp4: The file is empty."));
  expect(root.textContent).toContain("1 video is registered");
  expect(root.textContent).not.toContain("a.mp4");
  expect(refresh).toHaveBeenCalledOnce();
  expect(calls).toEqual([
    { method: "POST", path: "/api/v1/projects/7/recordings/folder", body: { path: "/data/takes" } },
  ]);
});

it("says why a folder cannot be taken at all", async () => {
  const { api } = serverOf(() => problem(403, "The studio may not read it."));
  const root = shown(api);
  await vi.waitFor(() => expect(root.querySelector("[role=alert]")?.textContent).toContain("may not read"));
  expect(root.querySelector("button")?.disabled).toBe(false);
});
