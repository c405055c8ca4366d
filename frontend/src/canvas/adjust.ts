/** Brightness, contrast and gamma of a view: for the eyes alone. Pixels and labels stay as they are. */

export interface Adjustment {
  /** -1..1, added. */
  readonly brightness: number;
  /** 0.2..4, about mid-grey. */
  readonly contrast: number;
  /** 0.2..4; above 1 lifts the shadows. */
  readonly gamma: number;
}

export const NO_ADJUSTMENT: Adjustment = { brightness: 0, contrast: 1, gamma: 1 };

const LEVELS = 33;

export function isNeutral({ brightness, contrast, gamma }: Adjustment): boolean {
  return brightness === 0 && contrast === 1 && gamma === 1;
}

/** Output for equally spaced inputs in 0..1: the table of an SVG component transfer. */
export function transferTable({ brightness, contrast, gamma }: Adjustment): number[] {
  return Array.from({ length: LEVELS }, (_, i) => {
    const lifted = (i / (LEVELS - 1)) ** (1 / gamma);
    return Math.min(1, Math.max(0, (lifted - 0.5) * contrast + 0.5 + brightness));
  });
}

const key = (videoId: number): string => `sbea.adjust.${videoId}`;

function within(value: unknown, low: number, high: number, otherwise: number): number {
  return typeof value === "number" && value >= low && value <= high ? value : otherwise;
}

/** What this browser last used for a video. */
export function loadAdjustment(videoId: number, storage: Storage): Adjustment {
  try {
    const stored: unknown = JSON.parse(storage.getItem(key(videoId)) ?? "{}");
    const fields = (typeof stored === "object" && stored !== null ? stored : {}) as Record<string, unknown>;
    return {
      brightness: within(fields.brightness, -1, 1, 0),
      contrast: within(fields.contrast, 0.2, 4, 1),
      gamma: within(fields.gamma, 0.2, 4, 1),
    };
  } catch {
    return NO_ADJUSTMENT; // damaged or forbidden storage: the picture as it is
  }
}

export function saveAdjustment(videoId: number, adjustment: Adjustment, storage: Storage): void {
  try {
    if (isNeutral(adjustment)) storage.removeItem(key(videoId));
    else storage.setItem(key(videoId), JSON.stringify(adjustment));
  } catch {
    // A full or forbidden storage costs the setting at the next visit, nothing else.
  }
}
