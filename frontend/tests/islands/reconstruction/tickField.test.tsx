import { signal } from "@preact/signals";
import { render } from "preact";
import { expect, it, vi } from "vitest";
import type { Desk } from "../../../src/islands/reconstruction/desk";
import { TickField } from "../../../src/islands/reconstruction/Transport";

function shown() {
  const target = signal(0);
  const seek = vi.fn((tick: number) => {
    target.value = tick;
  });
  const root = document.createElement("div");
  const desk = { target, player: { ticks: 600, seek } } as unknown as Desk;
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

it("shows the tick again when what was typed is left", async () => {
  const { target, seek, field, type } = shown();
  target.value = 7;
  await vi.waitFor(() => expect(field.value).toBe("7"));
  type("");
  field.dispatchEvent(new Event("blur"));
  await vi.waitFor(() => expect(field.value).toBe("7"));
  expect(seek).not.toHaveBeenCalled();
});
