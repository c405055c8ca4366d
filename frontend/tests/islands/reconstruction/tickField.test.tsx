import { signal } from "@preact/signals";
import { render } from "preact";
import { expect, it, vi } from "vitest";
import type { Desk } from "../../../src/islands/reconstruction/desk";
import { TickField } from "../../../src/islands/reconstruction/Transport";

/** A page that says where it goes only when `target` is set, as with pictures that are on their way. */
function shown() {
  const target = signal(0);
  const seek = vi.fn((tick: number) => {
    player.target = Math.min(tick, 599);
  });
  const player = { ticks: 600, seek, target: 0 };
  const root = document.createElement("div");
  const desk = { target, player } as unknown as Desk;
  render(<TickField desk={desk} />, root);
  const field = root.querySelector("input") as HTMLInputElement;
  const type = (text: string) => {
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  return { target, seek, field, type };
}

it("keeps what is being typed while other ticks come in", async () => {
  const { target, seek, field, type } = shown();
  type("59");
  target.value = 7;
  await new Promise((resolve) => setTimeout(resolve, 50)); // drawn anew
  expect(field.value).toBe("59");
  type("599");
  field.dispatchEvent(new Event("change", { bubbles: true }));
  expect(seek).toHaveBeenCalledExactlyOnceWith(599);
  target.value = 12;
  await vi.waitFor(() => expect(field.value).toBe("12"));
});

it("keeps what was entered until the page goes there, and is drawn once", async () => {
  const { target, field, type } = shown();
  type("599");
  field.dispatchEvent(new Event("change", { bubbles: true }));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(field.value).toBe("599");
  target.value = 599;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(field.value).toBe("599");
  target.value = 12;
  await vi.waitFor(() => expect(field.value).toBe("12"));
});

it("shows where one is when what was entered leads nowhere else", async () => {
  const { target, field, type } = shown();
  for (const text of ["599", "100000"]) {
    type(text);
    field.dispatchEvent(new Event("change", { bubbles: true }));
    target.value = 599;
    await vi.waitFor(() => expect(field.value).toBe("599"));
  }
});

it("shows the tick again when what was typed is left", async () => {
  const { target, seek, field, type } = shown();
  target.value = 7;
  await vi.waitFor(() => expect(field.value).toBe("7"));
  type("");
  field.dispatchEvent(new Event("blur"));
  await vi.waitFor(() => expect(field.value).toBe("7"));
  expect(seek).not.toHaveBeenCalled();
});
