/** Every key of the studio in one table: it drives the keyboard and the help that `?` shows. */

export type Command =
  | { readonly do: "step"; readonly frames: number }
  | { readonly do: "nudge"; readonly dx: number; readonly dy: number }
  /** Look further to the right or down by so many steps. */
  | { readonly do: "pan"; readonly dx: number; readonly dy: number }
  /** Place in the middle of the view. */
  | { readonly do: "place"; readonly guessed: boolean }
  | { readonly do: "cycle"; readonly step: 1 | -1 }
  /** Work in the next view, or the one before. */
  | { readonly do: "view"; readonly step: 1 | -1 }
  | { readonly do: "animal"; readonly slot: number }
  | {
      readonly do:
        | "visibility"
        | "rest-absent"
        | "remove"
        | "undo"
        | "redo"
        | "next-frame"
        | "previous-frame"
        | "copy-pose"
        | "accept"
        | "accept-next"
        | "fit"
        | "zoom-in"
        | "zoom-out"
        | "loupe"
        | "names"
        | "predictions"
        | "goto"
        | "large"
        | "leave"
        | "help";
    };

/** The part of a keyboard event that decides. */
export interface KeyPress {
  readonly key: string;
  readonly code: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly repeat: boolean;
}

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

const PLAIN: Readonly<Record<string, Command>> = {
  Delete: { do: "remove" },
  Backspace: { do: "remove" },
  Escape: { do: "leave" },
  "?": { do: "help" },
  v: { do: "visibility" },
  n: { do: "next-frame" },
  p: { do: "previous-frame" },
  c: { do: "copy-pose" },
  a: { do: "accept" },
  f: { do: "fit" },
  g: { do: "goto" },
  l: { do: "loupe" },
  k: { do: "names" },
  o: { do: "predictions" },
  e: { do: "large" },
  "[": { do: "view", step: -1 },
  "]": { do: "view", step: 1 },
  "+": { do: "zoom-in" },
  "=": { do: "zoom-in" },
  "-": { do: "zoom-out" },
};

/** Keys that mean something only while the picture has the focus: elsewhere they move between controls. */
export function pictureCommand(press: KeyPress): Command | null {
  if (press.altKey) return null;
  const arrow = ARROWS[press.key];
  if (press.ctrlKey || press.metaKey) {
    return arrow === undefined ? null : { do: "pan", dx: arrow[0], dy: arrow[1] };
  }
  if (press.key === "Tab") return { do: "cycle", step: press.shiftKey ? -1 : 1 };
  // A key that is held down must not place one keypoint upon the other.
  if (press.key === "Enter") return press.repeat ? null : { do: "place", guessed: press.shiftKey };
  if (arrow === undefined) return null;
  const reach = press.shiftKey ? 0.1 : 1;
  return { do: "nudge", dx: arrow[0] * reach, dy: arrow[1] * reach };
}

/**
 * A bracket that was typed, however: layouts have it behind Option or AltGr (Ctrl with Alt), too. With Ctrl or Cmd
 * alone it is the browser's.
 */
function typedBracket({ key, ctrlKey, metaKey, altKey }: KeyPress): Command | null {
  const typed = key === "[" || key === "]";
  return typed && (altKey || !(ctrlKey || metaKey)) ? (PLAIN[key] ?? null) : null;
}

/** The places of the brackets, for layouts on which the sign that stands there means nothing here. */
function bracketPlace({ code, shiftKey }: KeyPress): Command | null {
  if (shiftKey) return null;
  if (code === "BracketLeft") return { do: "view", step: -1 };
  return code === "BracketRight" ? { do: "view", step: 1 } : null;
}

/** Keys that work everywhere in the studio but in a text field. */
export function studioCommand(press: KeyPress): Command | null {
  const bracket = typedBracket(press);
  if (bracket !== null) return bracket;
  if (press.altKey) return null;
  if (press.ctrlKey || press.metaKey) {
    const letter = press.key.toLowerCase();
    if (letter === "z") return { do: press.shiftKey ? "redo" : "undo" };
    return letter === "y" ? { do: "redo" } : null;
  }
  // By place on the keyboard, since Shift turns these into other signs on other layouts.
  if (press.key === "," || press.key === "<" || press.key === "." || press.key === ">") {
    const forward = press.key === "." || press.key === ">";
    const far = press.shiftKey || press.key === "<" || press.key === ">";
    return { do: "step", frames: (forward ? 1 : -1) * (far ? 10 : 1) };
  }
  if (press.shiftKey && (press.code === "Comma" || press.code === "Period")) {
    return { do: "step", frames: press.code === "Period" ? 10 : -10 };
  }
  if (press.shiftKey && press.key.toLowerCase() === "a") return { do: "accept-next" };
  if (press.shiftKey && press.key.toLowerCase() === "v") return { do: "rest-absent" };
  if (/^[1-9]$/.test(press.key)) return { do: "animal", slot: Number(press.key) - 1 };
  return PLAIN[press.key.length === 1 ? press.key.toLowerCase() : press.key] ?? bracketPlace(press);
}

export interface HelpGroup {
  readonly title: string;
  readonly rows: readonly (readonly [keys: readonly string[], meaning: string])[];
}

export const HELP: readonly HelpGroup[] = [
  {
    title: "Keypoints",
    rows: [
      [["Click"], "place the armed keypoint and arm the next"],
      [["Shift", "Click"], "place it as guessed (hidden, but you can tell where)"],
      [["Drag"], "move one keypoint"],
      [["Enter"], "place it in the middle of the view; with Shift as guessed"],
      [["Tab"], "arm the next keypoint, to place it anew too; with Shift the one before"],
      [["←", "↑", "→", "↓"], "nudge the armed keypoint, else the last placed, by 1 px; with Shift by 0.1 px"],
      [["V"], "visible, guessed, absent; with Shift every keypoint of the animal without a label is absent"],
      [["Delete"], "take the label away; also Backspace"],
      [["1", "…", "9"], "choose the animal"],
      [["C"], "copy the previous labelled pose to the keypoints without a label"],
      [["A"], "accept predictions above the threshold; with Shift also go on, where nothing is left open"],
      [["Ctrl", "Z"], "undo; with Shift redo, also Ctrl Y"],
    ],
  },
  {
    title: "Time",
    rows: [
      [["Space"], "play and pause"],
      [[",", "."], "one frame (of several views: one tick) back, forward"],
      [["<", ">"], "ten back, forward; also Shift with , and ."],
      [["N"], "next frame to label; when all are done, next labelled frame"],
      [["P"], "previous suggested or labelled frame"],
      [["G"], "go to a frame or tick by number"],
      [["Home", "End"], "on the timeline: first, last frame; arrows step by one, PageUp and PageDown by ten"],
    ],
  },
  {
    title: "Views",
    rows: [
      [["[", "]"], "work in the view before, the next view"],
      [["Click"], "work in the view that is clicked, and place the armed keypoint there"],
      [["E"], "show the view large, with the others beside it; again: all alike"],
    ],
  },
  {
    title: "Picture",
    rows: [
      [["Wheel"], "zoom; also pinch, + (or =) and −"],
      [["Space", "Drag"], "move the picture; also the middle or right button, or two fingers"],
      [["Ctrl", "←", "↑", "→", "↓"], "move the view; ⌘ on a Mac"],
      [["F"], "fit into the window"],
      [["L"], "loupe"],
      [["K"], "names of the keypoints"],
      [["O"], "show or hide predictions"],
      [["Esc"], "put back what is held; else leave the picture, so that Tab moves between the controls"],
      [["?"], "these keys"],
    ],
  },
];
