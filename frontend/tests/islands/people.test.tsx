import { expect, it, vi } from "vitest";
import { mount } from "../../src/islands/people";
import { type Call, serverOf } from "./server";

const MEMBER = { user_id: 2, email: "ada@lab.org", name: "Ada", role: "viewer", joined: true };

function shown(isAdmin: boolean) {
  let allowed = false;
  const server = serverOf(({ method, body }: Call) => {
    if (method === "PATCH") allowed = (body as { may_create_projects: boolean }).may_create_projects;
    const ada = { ...MEMBER, is_admin: false, may_create_projects: allowed };
    const boss = { ...MEMBER, user_id: 1, name: "Boss", is_admin: true, may_create_projects: true };
    return { body: method === "PATCH" ? ada : [boss, ada] };
  });
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  const props = { projectId: 7, userId: 1, capabilities: [], isAdmin };
  mount(root, { api: server.api, signal: new AbortController().signal, props: props as never });
  return { root, calls: server.calls };
}

it("lets an administrator of the site say who may create projects", async () => {
  const { root, calls } = shown(true);
  const boxes = () => [...root.querySelectorAll<HTMLInputElement>("input[type=checkbox]")];
  await vi.waitFor(() => expect(boxes()).toHaveLength(2));
  expect(boxes().map(({ checked, disabled }) => [checked, disabled])).toEqual([
    [true, true],
    [false, false],
  ]);
  boxes()[1]?.click();
  await vi.waitFor(() => expect(calls).toHaveLength(3)); // the list, the change, the list again
  expect(calls[1]).toEqual({
    method: "PATCH",
    path: "/api/v1/users/2",
    body: { may_create_projects: true },
  });
  await vi.waitFor(() => expect(boxes()[1]?.checked && !boxes()[1]?.disabled).toBe(true));
});

it("offers it to nobody else", async () => {
  const { root } = shown(false);
  await vi.waitFor(() => expect(root.textContent).toContain("Ada"));
  expect(root.querySelector("input[type=checkbox]")).toBeNull();
});
