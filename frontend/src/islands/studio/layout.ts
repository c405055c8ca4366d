/** How the views share the window. Pure. */

import type { Size } from "../../canvas/transform";

/** The strip beside a large view takes at most this part of the window. */
const MOST_STRIP = 0.34;

export interface Grid {
  /** Values of `grid-template-columns` and `grid-template-rows`. */
  readonly columns: string;
  readonly rows: string;
}

/** Columns that show `count` pictures of an aspect (width / height) as large as they can be in a window. */
export function columnsFor(count: number, area: Size, aspect: number): number {
  let best = 1;
  let bestWidth = 0;
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const width = Math.min(area.width / columns, (area.height / rows) * aspect);
    if (width <= bestWidth * 1.001) continue;
    [best, bestWidth] = [columns, width];
  }
  return best;
}

/** All views alike. */
export function evenGrid(count: number, area: Size, aspect: number): Grid {
  const columns = columnsFor(count, area, aspect);
  return { columns: parts(columns), rows: parts(Math.ceil(count / columns)) };
}

/** Whether the other views stand in a column beside the large one, rather than in a row below it. */
export function isStripBeside(area: Size, aspect: number): boolean {
  return area.width / area.height > aspect;
}

/** One large view, with a strip of the `others` beside or below it. */
export function largeGrid(others: number, area: Size, aspect: number): Grid {
  if (others < 1) return { columns: parts(1), rows: parts(1) };
  if (isStripBeside(area, aspect)) {
    const wide = Math.min(MOST_STRIP * area.width, (area.height / others) * aspect);
    return { columns: `${parts(1)} ${Math.round(wide)}px`, rows: parts(others) };
  }
  const high = Math.min(MOST_STRIP * area.height, area.width / others / aspect);
  return { columns: parts(others), rows: `${parts(1)} ${Math.round(high)}px` };
}

function parts(count: number): string {
  return count === 1 ? "minmax(0, 1fr)" : `repeat(${count}, minmax(0, 1fr))`;
}
