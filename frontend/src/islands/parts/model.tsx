import type { JSX } from "preact";
import type { Model } from "../../api/types";

/** What `sbea_engine.pose.metrics.evaluate` answers, as far as pages show it. */
export interface Evaluation {
  readonly n: number;
  readonly mean_px: number | null;
  readonly median_px: number | null;
  readonly rms_px?: number | null;
  readonly pck5?: number | null;
  readonly pck10?: number | null;
  readonly by_keypoint: Readonly<Record<string, KeypointEvaluation>>;
  readonly confidence?: ConfidenceFigures;
}

/** How well confidence is calibrated; models of before have no bins. */
export interface ConfidenceFigures {
  readonly n: number;
  readonly ece: number | null;
  readonly mean: number | null;
  readonly right: number | null;
  readonly radius_px?: number;
  readonly bins?: readonly ConfidenceBin[];
}

export interface ConfidenceBin {
  readonly n: number;
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  readonly right: number;
  readonly right_low: number;
  readonly right_high: number;
}

export interface KeypointEvaluation {
  readonly n: number;
  readonly mean_px: number | null;
  readonly median_px: number | null;
  readonly pck5?: number | null;
}

/** The figures on frames that training never saw, or on the validation part where nothing was held out. */
export function testOf(model: Pick<Model, "metrics">): Evaluation | null {
  const metrics = model.metrics as { test?: Evaluation | null; validation?: Evaluation | null };
  return metrics.test ?? metrics.validation ?? null;
}

/** How far two people's labels of one frame lie apart, by keypoint; null where nobody has measured it. */
export function agreementOf(model: Pick<Model, "metrics">): Agreement | null {
  return (model.metrics as { human_agreement?: Agreement | null }).human_agreement ?? null;
}

export interface Agreement {
  readonly mean_px: number | null;
  readonly by_keypoint: Readonly<Record<string, { readonly n: number; readonly mean_px: number | null }>>;
}

export function isHeldOut(model: Pick<Model, "metrics">): boolean {
  return Boolean((model.metrics as { test?: Evaluation | null }).test);
}

const TONES: Readonly<Record<string, string>> = {
  ready: "ok",
  training: "busy",
  paused: "warn",
  failed: "bad",
  cancelled: "warn",
};

export function ModelPill({ model }: { readonly model: Pick<Model, "state"> }): JSX.Element {
  return <span class={`pill ${TONES[model.state] ?? ""}`}>{model.state}</span>;
}

type FamilyParts = Pick<Model, "family_title" | "members" | "context_frames" | "unlabelled">;

/** "Two stages × 3, unlabelled video": family, how many networks answer together, what it saw beside labels. */
export function familyWords({ family_title, members, context_frames, unlabelled }: FamilyParts): string {
  const several = members === 1 ? "" : ` × ${members}`;
  const around = context_frames ? `, ${context_frames} frames around` : "";
  return `${family_title}${several}${around}${unlabelled ? ", unlabelled video" : ""}`;
}

/** "last:0.2" in words. */
export function holdoutWords(holdout: string): string {
  if (holdout === "none") return "nothing held out";
  const last = /^last:([0-9.]+)$/.exec(holdout);
  if (last) return `last ${Math.round(Number(last[1]) * 100)} % of the frames held out`;
  const videos = /^videos:(.+)$/.exec(holdout);
  return videos ? `held out: ${videos[1]}` : holdout;
}
