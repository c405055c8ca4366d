/**
 * Calls back whenever the page comes to lie on pixels of another density: the window went to another
 * screen, or the browser's zoom changed. The size in CSS pixels may be the same, so no resize tells.
 */
export function onDensityChange(changed: () => void, signal: AbortSignal): void {
  const query = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
  const hear = (): void => {
    if (signal.aborted) return;
    onDensityChange(changed, signal); // a query knows one density only
    changed();
  };
  query.addEventListener("change", hear, { once: true, signal });
}
