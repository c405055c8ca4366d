import { render } from "preact";
import { expect, it, vi } from "vitest";
import type { Api } from "../../../src/api/client";
import type { Recording } from "../../../src/api/types";
import { RenameRecording } from "../../../src/islands/recordings/rename";
import { problem, serverOf } from "../server";

function shown(api: Api, onClose: () => void): HTMLElement {
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  const recording = { id: 3, name: "+30 min", videos: [] } as unknown as Recording;
  render(
    <RenameRecording api={api} refresh={async () => {}} recording={recording} onClose={onClose} />,
    root,
  );
  const field = root.querySelector("input") as HTMLInputElement;
  field.value = "30 min";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  root.querySelector("form")?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  return root;
}

it("sends the new name and closes", async () => {
  const { api, calls } = serverOf(() => ({ body: {} }));
  const onClose = vi.fn();
  shown(api, onClose);
  await vi.waitFor(() => expect(onClose).toHaveBeenCalledOnce());
  expect(calls).toEqual([{ method: "PATCH", path: "/api/v1/recordings/3", body: { name: "30 min" } }]);
});

it("stays open with the reason where the name is refused", async () => {
  const { api } = serverOf(() => problem(409, "Another recording is called so."));
  const onClose = vi.fn();
  const root = shown(api, onClose);
  await vi.waitFor(() => expect(root.textContent).toContain("Another recording is called so."));
  expect(onClose).not.toHaveBeenCalled();
});
