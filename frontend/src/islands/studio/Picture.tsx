import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Size } from "../../canvas/transform";
import { AbsentCell } from "./AbsentCell";
import type { Studio } from "./controller";
import { evenGrid, isStripBeside, largeGrid } from "./layout";
import type { StudioState } from "./state";
import { ViewCell } from "./ViewCell";

interface Arrangement {
  readonly grid: Record<string, string>;
  readonly large: string | null;
  /** The others stand beside the large view, not below it. */
  readonly beside: boolean;
}

function arrangement(state: StudioState, area: Size): Arrangement {
  const views = state.visible.value;
  const count = views.length + state.recording.absent.length;
  const aspects = views.map(({ video }) => video.width / video.height);
  const aspect = aspects.reduce((sum, one) => sum + one, 0) / aspects.length;
  const large = count > 1 ? (views.find(({ name }) => name === state.large.value)?.name ?? null) : null;
  const grid = large === null ? evenGrid(count, area, aspect) : largeGrid(count - 1, area, aspect);
  return {
    grid: { "grid-template-columns": grid.columns, "grid-template-rows": grid.rows },
    large,
    beside: isStripBeside(area, aspect),
  };
}

/** Where a cell stands; of views that are alike, where the grid has room. */
function placeOf(isLarge: boolean, large: string | null, beside: boolean): Record<string, string> {
  if (large === null) return {};
  if (isLarge) return { "grid-area": beside ? "1 / 1 / -1 / 2" : "1 / 1 / 2 / -1" };
  return beside ? { "grid-column": "2" } : { "grid-row": "2" };
}

/** All visible views of the recording, side by side. */
export function Picture({ studio }: { studio: Studio }) {
  const { state } = studio;
  const area = useSignal<Size>({ width: 16, height: 9 });
  const board = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const measure = (): void => {
      const box = board.current?.getBoundingClientRect();
      if (box && box.width > 0 && box.height > 0) area.value = { width: box.width, height: box.height };
    };
    const observer = new ResizeObserver(measure);
    if (board.current) observer.observe(board.current);
    measure();
    return () => observer.disconnect();
  }, []);
  const { grid, large, beside } = arrangement(state, area.value);
  const several = state.visible.value.length + state.recording.absent.length > 1;
  return (
    <section
      ref={board}
      class={several ? "st-picture several" : "st-picture"}
      style={grid}
      aria-label={several ? "Views" : "Video"}
    >
      {state.visible.value.map((view) => (
        <ViewCell
          key={view.name}
          studio={studio}
          view={view}
          place={placeOf(view.name === large, large, beside)}
          several={several}
        />
      ))}
      {state.recording.absent.map((absent) => (
        <AbsentCell key={absent.view} absent={absent} place={placeOf(false, large, beside)} />
      ))}
    </section>
  );
}
