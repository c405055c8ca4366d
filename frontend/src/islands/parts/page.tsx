import { type ComponentChild, render } from "preact";

/** Renders into an island's root and takes it away again when the page's signal aborts. */
export function show(root: HTMLElement, signal: AbortSignal, content: ComponentChild): void {
  root.replaceChildren();
  render(content, root);
  signal.addEventListener("abort", () => render(null, root), { once: true });
}
