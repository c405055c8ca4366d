import type { Api } from "../api/client";
import type { IslandContext, IslandModule } from "./context";

export type IslandRegistry = Readonly<Record<string, () => Promise<IslandModule>>>;

/** Takes every island off the page again. */
export type Dispose = () => void;

/**
 * Mounts each `[data-island]` below `scope` from its lazy chunk.
 *
 * An island that cannot load or throws says so in its own place; its neighbours carry on.
 */
export function mountIslands(scope: ParentNode, registry: IslandRegistry, api: Api): Dispose {
  const page = new AbortController();
  for (const root of scope.querySelectorAll<HTMLElement>("[data-island]")) {
    void mountIsland(root, registry, { api, signal: page.signal });
  }
  return () => page.abort();
}

async function mountIsland(
  root: HTMLElement,
  registry: IslandRegistry,
  { api, signal }: Pick<IslandContext, "api" | "signal">,
): Promise<void> {
  const name = root.dataset.island ?? "";
  try {
    const load = registry[name];
    if (!load) throw new Error(`There is no island named '${name}'.`);
    const props = root.dataset.props ? JSON.parse(root.dataset.props) : {};
    const island = await load();
    if (signal.aborted) return;
    await island.mount(root, { api, signal, props: props as never });
    root.dataset.mounted = "";
  } catch (error) {
    if (signal.aborted) return;
    console.error(`island '${name}' failed`, error);
    root.replaceChildren(failureNote());
  }
}

function failureNote(): HTMLElement {
  const note = document.createElement("p");
  note.className = "note bad";
  note.setAttribute("role", "alert");
  note.textContent =
    "This part of the page could not start. Nothing was lost. Reload the page; if it stays, tell whoever runs this server.";
  return note;
}
