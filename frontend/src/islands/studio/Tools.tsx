import type { Studio } from "./controller";
import { Icon } from "./icons";
import type { Command } from "./keys";

interface ToolProps {
  readonly studio: Studio;
  readonly command: Command;
  readonly icon: string;
  readonly label: string;
  readonly pressed?: boolean;
}

function Tool({ studio, command, icon, label, pressed }: ToolProps) {
  return (
    <button
      type="button"
      class="st-tool"
      title={label}
      aria-label={label}
      aria-pressed={pressed}
      onClick={() => studio.run(command)}
    >
      <Icon name={icon} />
    </button>
  );
}

/** Over the view that is worked in, since that is what they change. */
export function Tools({ studio }: { studio: Studio }) {
  const { loupe, showNames, showPredictions } = studio.state;
  return (
    <div class="st-tools" role="toolbar" aria-label="Picture">
      <Tool studio={studio} command={{ do: "zoom-in" }} icon="plus" label="Zoom in (+)" />
      <Tool studio={studio} command={{ do: "zoom-out" }} icon="minus" label="Zoom out (−)" />
      <Tool studio={studio} command={{ do: "fit" }} icon="fit" label="Fit into the window (F)" />
      <Tool studio={studio} command={{ do: "loupe" }} icon="loupe" label="Loupe (L)" pressed={loupe.value} />
      <Tool
        studio={studio}
        command={{ do: "names" }}
        icon="names"
        label="Names (K)"
        pressed={showNames.value}
      />
      {studio.hasGhosts && (
        <Tool
          studio={studio}
          command={{ do: "predictions" }}
          icon="ghost"
          label="Predictions (O)"
          pressed={showPredictions.value}
        />
      )}
    </div>
  );
}
