import type { IslandRegistry } from "./mount";

/** How to add one: write `islands/<name>.tsx` with `mount`, name it here, put `data-island` in a template. */
export const islands: IslandRegistry = {
  studio: () => import("./studio"),
};
