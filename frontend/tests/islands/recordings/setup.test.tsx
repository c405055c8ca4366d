import { render } from "preact";
import { describe, expect, it, vi } from "vitest";
import type { Recording } from "../../../src/api/types";
import type { RecordingsPage } from "../../../src/islands/recordings/index";
import { RecordingSetup } from "../../../src/islands/recordings/setup";
import { problem, serverOf } from "../server";

type Answer = Parameters<typeof serverOf>[0];

function shown(answer: Answer, more: Partial<Recording> = {}) {
  const { api, calls } = serverOf(answer);
  const view = (video_id: number, name: string, offset_ticks: number) => ({
    id: video_id,
    video_id,
    view: name,
    offset_ticks,
    state: "ready",
    frame_count: 10,
    sync_problem: null,
  });
  const recording = {
    id: 5,
    name: "take3",
    videos: [view(1, "top", 0), view(2, "side", 3)],
    sync_source: "offsets",
    ticks: 13,
    calibration: null,
    ...more,
  } as unknown as Recording;
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  const page = {
    api,
    refresh: vi.fn(async () => {}),
    calibrations: { value: { value: [{ id: 7, name: "rig" }] } },
    sessions: {
      value: { value: [{ id: 3, name: "Monday" }] },
      error: { value: null },
      refresh: async () => {},
    },
    props: { projectId: 1, capabilities: ["manage_data"] },
  } as unknown as RecordingsPage;
  render(<RecordingSetup {...page} recording={recording} />, root);
  return { root, calls };
}

function type(root: HTMLElement, label: string, value: string): HTMLInputElement {
  const field = root.querySelector<HTMLInputElement>(`[aria-label="${label}"]`);
  if (!field) throw new Error(label);
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  return field;
}

function button(root: HTMLElement, words: string): HTMLButtonElement {
  const found = [...root.querySelectorAll("button")].find(({ textContent }) => textContent === words);
  if (!found) throw new Error(words);
  return found;
}

it("sends the offsets of all views when one is changed", async () => {
  const { root, calls } = shown(() => ({ body: {} }));
  expect(button(root, "Save offsets").disabled).toBe(true);
  type(root, "Tick of the first frame of side", "-2");
  await vi.waitFor(() => expect(button(root, "Save offsets").disabled).toBe(false));
  button(root, "Save offsets").click();
  await vi.waitFor(() => expect(calls).toHaveLength(1));
  expect(calls[0]).toEqual({
    method: "PUT",
    path: "/api/v1/recordings/5/sync",
    body: { offsets: { top: 0, side: -2 } },
  });
});

it("saves no offset that is no whole number", async () => {
  const { root } = shown(() => ({ body: {} }));
  const field = type(root, "Tick of the first frame of side", "1.5");
  await vi.waitFor(() => expect(field.getAttribute("aria-invalid")).toBe("true"));
  expect(button(root, "Save offsets").disabled).toBe(true);
});

it("lets all views start together again", async () => {
  const { root, calls } = shown(() => ({ body: {} }));
  button(root, "All start together").click();
  await vi.waitFor(() => expect(calls[0]?.body).toEqual({}));
});

it("puts a name back that the server refuses, and says why", async () => {
  const { root, calls } = shown(() => problem(409, "This recording already has a view named 'top'."));
  const field = type(root, "Name of view side", "TOP");
  field.dispatchEvent(new FocusEvent("blur"));
  await vi.waitFor(() => expect(root.textContent).toContain("already has a view named"));
  expect(field.value).toBe("side");
  expect(calls[0]).toEqual({ method: "PATCH", path: "/api/v1/videos/2", body: { view: "TOP" } });
});

it("saves the names of two views at once, each with what became of it", async () => {
  const { root, calls } = shown(({ path }) =>
    path.endsWith("/1") ? problem(409, "A training knows recordings by name.") : { body: {} },
  );
  for (const [label, name] of [
    ["Name of view top", "above"],
    ["Name of view side", "left"],
  ] as const) {
    type(root, label, name).dispatchEvent(new FocusEvent("blur"));
  }
  await vi.waitFor(() => expect(root.textContent).toContain("A training knows"));
  const asked = calls.map(({ path, body }) => [path, body]);
  expect(asked).toEqual([
    ["/api/v1/videos/1", { view: "above" }],
    ["/api/v1/videos/2", { view: "left" }],
  ]);
  const [cell, other] = root.querySelectorAll(".view-cell");
  expect([cell?.textContent, other?.textContent]).toEqual(["A training knows recordings by name.", ""]);
});

it("sends a name once when Enter is pressed and the field is left", async () => {
  const { root, calls } = shown(() => ({ body: {} }));
  const field = type(root, "Name of view side", "left");
  field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  field.dispatchEvent(new FocusEvent("blur"));
  await vi.waitFor(() => expect(calls).not.toHaveLength(0));
  await vi.waitFor(() => expect(field.readOnly).toBe(false));
  expect(calls).toHaveLength(1);
});

it("moves a view up", async () => {
  const { root, calls } = shown(() => ({ body: {} }));
  root.querySelector<HTMLButtonElement>('[aria-label="Move view side up"]')?.click();
  await vi.waitFor(() => expect(calls[0]?.body).toEqual({ video_ids: [2, 1] }));
});

it("chooses a calibration, and names what does not fit", async () => {
  const calibration = {
    id: 7,
    name: "rig",
    views: [
      { view: "top", fit: "usable", problem: null },
      { view: "side", fit: "no_camera", problem: "The calibration has no camera 'side'; it has top, low." },
    ],
    without_view: ["low"],
    same_cameras: [],
  } as unknown as Recording["calibration"];
  const { root, calls } = shown(() => ({ body: {} }), { calibration });
  expect(root.textContent).toContain("no camera 'side'");
  expect(root.textContent).toContain("no view for low");
  const select = root.querySelector("select") as HTMLSelectElement;
  expect(select.value).toBe("7");
  select.value = "";
  select.dispatchEvent(new Event("change", { bubbles: true }));
  await vi.waitFor(() => expect(calls[0]?.body).toEqual({ calibration_id: null }));
});

describe("the recording session", () => {
  const choose = (root: HTMLElement, value: string) => {
    const select = root.querySelector<HTMLSelectElement>('[aria-label="Recording session of take3"]');
    if (!select) throw new Error("no field");
    select.value = value;
    select.dispatchEvent(new Event("change", { bubbles: true }));
    return select;
  };

  it("is chosen, and let go of", async () => {
    const { root, calls } = shown(() => ({ body: {} }), { session: "Monday" });
    const select = choose(root, "");
    expect([...select.options].map(({ value }) => value)).toEqual(["", "3", "new"]);
    await vi.waitFor(() => expect(calls).toHaveLength(1));
    const path = "/api/v1/recordings/5/session";
    expect(calls[0]).toEqual({ method: "PUT", path, body: { recording_session_id: null } });
  });

  it("that was made since the page was read goes by its name, never for none", () => {
    const { root } = shown(() => ({ body: {} }), { session: "Tuesday" });
    const select = root.querySelector<HTMLSelectElement>('[aria-label="Recording session of take3"]');
    expect(select?.selectedOptions[0]?.textContent).toBe("Tuesday");
  });

  it("is made where it is not known yet", async () => {
    const { root, calls } = shown(({ method }) => ({
      body: method === "POST" ? { id: 9, name: "Friday" } : {},
    }));
    choose(root, "new");
    await vi.waitFor(() => expect(root.querySelector("form")).not.toBeNull());
    expect(calls, "nothing is asked for before it has a name").toEqual([]);
    type(root, "Name of the new recording session", "Friday");
    await vi.waitFor(() => expect(button(root, "Make it").disabled).toBe(false));
    button(root, "Make it").click();
    await vi.waitFor(() => expect(calls).toHaveLength(2));
    expect(calls.map(({ path, body }) => [path, body])).toEqual([
      ["/api/v1/projects/1/recording-sessions", { name: "Friday" }],
      ["/api/v1/recordings/5/session", { recording_session_id: 9 }],
    ]);
  });

  it("says why one cannot be made", async () => {
    const { root } = shown(() =>
      problem(409, "This project already has a recording session named 'Monday'."),
    );
    choose(root, "new");
    await vi.waitFor(() => expect(root.querySelector("form")).not.toBeNull());
    type(root, "Name of the new recording session", "monday");
    await vi.waitFor(() => expect(button(root, "Make it").disabled).toBe(false));
    button(root, "Make it").click();
    await vi.waitFor(() => expect(root.textContent).toContain("already has a recording session"));
    expect(root.querySelector("form"), "another name can be typed").not.toBeNull();
  });
});
