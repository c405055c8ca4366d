import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Api } from "../../src/api/client";
import type { IslandContext } from "../../src/islands/context";
import { mountIslands } from "../../src/islands/mount";

const api = {} as Api;
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

beforeEach(() => {
  document.body.innerHTML = "";
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe("mountIslands", () => {
  it("gives an island its root, props and api", async () => {
    document.body.innerHTML = `<div data-island="greeting" data-props='{"name":"Ada"}'></div>`;
    const seen: IslandContext<{ name: string }>[] = [];
    const mount = (root: HTMLElement, context: IslandContext<{ name: string }>) => {
      seen.push(context);
      root.textContent = context.props.name;
    };
    mountIslands(document, { greeting: async () => ({ mount: mount as never }) }, api);
    await settle();
    expect(document.body.textContent).toBe("Ada");
    expect(seen[0]?.api).toBe(api);
  });

  it("aborts every island when disposed, so that each can take itself away", async () => {
    document.body.innerHTML = `<div data-island="a"></div><div data-island="a"></div>`;
    let alive = 0;
    const mount = (_: HTMLElement, { signal }: IslandContext) => {
      alive += 1;
      signal.addEventListener("abort", () => {
        alive -= 1;
      });
    };
    const dispose = mountIslands(document, { a: async () => ({ mount: mount as never }) }, api);
    await settle();
    expect(alive).toBe(2);
    dispose();
    expect(alive).toBe(0);
  });

  it("does not mount what loads after the page was left", async () => {
    document.body.innerHTML = `<div data-island="late"></div>`;
    const mount = vi.fn();
    let arrive: (module: { mount: never }) => void = () => {};
    const loading = new Promise<{ mount: never }>((resolve) => {
      arrive = resolve;
    });
    const dispose = mountIslands(document, { late: () => loading }, api);
    dispose();
    arrive({ mount: mount as never });
    await settle();
    expect(mount).not.toHaveBeenCalled();
  });

  it.each([
    ["an unknown name", `<div data-island="nowhere"></div>`],
    ["props that are no JSON", `<div data-island="fine" data-props="{"></div>`],
    ["a chunk that does not load", `<div data-island="broken"></div>`],
  ])("says so in place for %s, and the neighbours carry on", async (_, html) => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    document.body.innerHTML = `${html}<p data-island="fine"></p>`;
    const registry = {
      fine: async () => ({
        mount: ((root: HTMLElement) => {
          root.textContent = "fine";
        }) as never,
      }),
      broken: () => Promise.reject(new Error("chunk")),
    };
    mountIslands(document, registry, api);
    await settle();
    expect(document.querySelector("[role=alert]")?.textContent).toContain("could not start");
    expect(document.querySelector("p[data-island]")?.textContent).toBe("fine");
  });
});
