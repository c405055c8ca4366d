import type { IslandRegistry } from "./mount";

/** How to add one: write `islands/<name>.tsx` with `mount`, name it here, put `data-island` in a template. */
export const islands: IslandRegistry = {
  "job-chip": () => import(/* webpackChunkName: "job-chip" */ "./jobChip"),
  jobs: () => import(/* webpackChunkName: "jobs" */ "./jobs"),
  model: () => import(/* webpackChunkName: "model" */ "./model"),
  models: () => import(/* webpackChunkName: "models" */ "./models"),
  "new-project": () => import(/* webpackChunkName: "new-project" */ "./newProject"),
  people: () => import(/* webpackChunkName: "people" */ "./people"),
  "project-home": () => import(/* webpackChunkName: "project-home" */ "./home"),
  projects: () => import(/* webpackChunkName: "projects" */ "./projects"),
  recordings: () => import(/* webpackChunkName: "recordings" */ "./recordings"),
  reconstruction: () => import(/* webpackChunkName: "reconstruction" */ "./reconstruction"),
  results: () => import(/* webpackChunkName: "results" */ "./results"),
  studio: () => import(/* webpackChunkName: "studio" */ "./studio"),
};
