import "./styles/index.css";
import { createApi } from "./api/client";
import { mountIslands } from "./islands/mount";
import { islands } from "./islands/registry";
import { wireTheme } from "./theme";

wireTheme(document);
const dispose = mountIslands(document, islands, createApi());
// A page kept in the back/forward cache is thawed with its islands; only a page that ends disposes.
window.addEventListener("pagehide", (event) => {
  if (!event.persisted) dispose();
});
