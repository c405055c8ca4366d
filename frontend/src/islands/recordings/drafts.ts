import type { Proposal } from "../../api/types";

/** One file as a view, as a person is about to register it. */
export interface DraftView {
  readonly view: string;
  readonly path: string;
  /** Why the file cannot be taken; such a view stays out. */
  readonly problem: string | null;
  readonly wanted: boolean;
}

/** One recording that is about to be registered. */
export interface Draft {
  readonly name: string;
  readonly views: readonly DraftView[];
}

export interface AskedRecording {
  readonly name: string;
  readonly sources: { readonly view: string; readonly path: string }[];
}

export function draftsOf(proposals: readonly Proposal[]): readonly Draft[] {
  return proposals.map(({ name, views }) => ({
    name,
    views: views.map((view) => ({ ...view, wanted: view.problem === null })),
  }));
}

/** What a draft asks for; null where none of its files is wanted. */
export function askedOf({ name, views }: Draft): AskedRecording | null {
  const sources = views.filter(({ wanted }) => wanted).map(({ view, path }) => ({ view, path }));
  return sources.length > 0 ? { name, sources } : null;
}

/** What a person has to mend before a draft can be registered. */
export function complaintOf(draft: Draft): string | null {
  const asked = askedOf(draft);
  if (!asked) return null;
  if (!asked.name.trim()) return "Give the recording a name.";
  const names = asked.sources.map(({ view }) => view.trim().toLowerCase());
  if (names.includes("")) return "Give each view a name.";
  const twice = asked.sources.find(({ view }, at) => names.indexOf(view.trim().toLowerCase()) !== at);
  return twice ? `Two views are called “${twice.view.trim()}”. Give each its own name.` : null;
}

export function renamed(drafts: readonly Draft[], at: number, name: string): readonly Draft[] {
  return drafts.map((draft, i) => (i === at ? { ...draft, name } : draft));
}

export function changedView(
  drafts: readonly Draft[],
  at: number,
  view: number,
  news: Partial<DraftView>,
): readonly Draft[] {
  return drafts.map((draft, i) =>
    i === at
      ? { ...draft, views: draft.views.map((row, j) => (j === view ? { ...row, ...news } : row)) }
      : draft,
  );
}

/** The last part of a path, whichever way its slashes lean. */
export function fileName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}
