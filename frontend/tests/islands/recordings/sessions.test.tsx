import { signal } from "@preact/signals";
import { render } from "preact";
import { expect, it, vi } from "vitest";
import type { RecordingsPage } from "../../../src/islands/recordings/index";
import { Sessions } from "../../../src/islands/recordings/sessions";
import { problem, serverOf } from "../server";

type Answer = Parameters<typeof serverOf>[0];

function shown(answer: Answer, capabilities = ["manage_data"]) {
  const { api, calls } = serverOf(answer);
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  const sessions = signal([
    { id: 3, name: "Monday" },
    { id: 4, name: "Tuesday" },
  ]);
  const refresh = vi.fn(async () => {
    sessions.value = sessions.value.filter(({ id }) => id !== 3);
  });
  const page = {
    api,
    refresh,
    sessions: { value: sessions },
    recordings: {
      value: signal([
        { name: "take1", session: "Monday" },
        { name: "take2", session: null },
      ]),
    },
    calibrations: { value: signal([{ name: "rig", session: "Monday" }]) },
    props: { projectId: 1, capabilities },
  } as unknown as RecordingsPage;
  render(<Sessions {...page} />, root);
  return { root, calls, refresh };
}

function press(root: HTMLElement, words: string): void {
  const found = [...root.querySelectorAll("button")].find(
    (button) => (button.getAttribute("aria-label") ?? button.textContent) === words,
  );
  if (!found) throw new Error(words);
  found.click();
}

it("tells what belongs to each", () => {
  const { root } = shown(() => ({ body: {} }));
  const lines = [...root.querySelectorAll("li")].map(({ textContent }) => textContent);
  expect(lines).toEqual(["Mondaytake1, rigDelete", "Tuesdaynothing belongs to itDelete"]);
});

it("says what stays before one is deleted, and deletes it", async () => {
  const { root, calls, refresh } = shown(() => ({ body: {} }));
  press(root, "Delete recording session Monday");
  await vi.waitFor(() => expect(root.querySelector("dialog")).not.toBeNull());
  const words = root.querySelector("dialog")?.textContent;
  expect(words).toContain("take1, rig will belong to no recording session then.");
  expect(words).toContain("Recordings with their labels and results stay");
  expect(calls).toHaveLength(0);
  press(root, "Delete recording session");
  await vi.waitFor(() => expect(refresh).toHaveBeenCalled());
  expect(calls.map(({ method, path }) => [method, path])).toEqual([
    ["DELETE", "/api/v1/recording-sessions/3"],
  ]);
  await vi.waitFor(() => expect(root.querySelector("dialog")).toBeNull());
  expect(root.textContent).not.toContain("Monday");
});

it("says why one was not deleted, and keeps it", async () => {
  const { root } = shown(() => problem(404, "There is no such recording session."));
  press(root, "Delete recording session Monday");
  await vi.waitFor(() => expect(root.querySelector("dialog")).not.toBeNull());
  press(root, "Delete recording session");
  await vi.waitFor(() => expect(root.textContent).toContain("There is no such recording session."));
  expect(root.querySelector("dialog")).not.toBeNull();
});

it("lets nobody delete who does not manage the data", () => {
  const { root } = shown(() => ({ body: {} }), ["view"]);
  expect(root.textContent).toContain("Monday");
  expect(root.querySelector("button")).toBeNull();
});
