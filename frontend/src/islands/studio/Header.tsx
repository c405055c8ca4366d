import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { JobFeed } from "../../api/jobFeed";
import type { SaveState } from "../../labels/saveState";
import { JobChip } from "../parts/jobChip";
import type { Studio } from "./controller";
import { Icon } from "./icons";
import type { StudioProps } from "./model";
import { countWords } from "./words";

interface ChipLook {
  readonly tone: "ok" | "busy" | "warn" | "bad";
  readonly words: string;
  readonly title: string;
}

export function chipLook({ state, waiting, durable, held, elsewhere }: SaveState): ChipLook {
  const changes = `${waiting} change${waiting === 1 ? "" : "s"}`;
  const kept = durable
    ? `${changes} kept in this browser until the server has them.`
    : `${changes} in this page alone: this browser does not store them. Keep the page open.`;
  const where = durable ? "kept here" : "keep this page open";
  switch (state) {
    case "saved": {
      const all = held.length + elsewhere.length === 0;
      return {
        tone: "ok",
        words: "Saved",
        title: all ? "The server has everything." : "The server has everything of this recording.",
      };
    }
    case "saving":
      return { tone: "busy", words: durable ? "Saving" : `Saving – ${where}`, title: kept };
    case "offline":
      return {
        tone: "warn",
        words: `Offline – ${where}`,
        title: `${kept} Sent by itself when the server answers.`,
      };
    case "signed_out":
      return {
        tone: "warn",
        words: `Signed out – ${where}`,
        title: `${kept} Sent when you have signed in again.`,
      };
    case "forbidden":
      return {
        tone: "bad",
        words: `Not accepted – ${where}`,
        title: `${kept} Why the server does not take them stands below.`,
      };
    case "conflict":
      return {
        tone: "bad",
        words: "Conflict",
        title: "Somebody else changed the same keypoint: choose below.",
      };
  }
}

function SaveChip({ studio }: { studio: Studio }) {
  const save = studio.state.save.value;
  const look = chipLook(save);
  return (
    <span
      class={`st-chip ${look.tone}`}
      role="status"
      title={look.title}
      data-testid="save-chip"
      data-state={save.state}
    >
      <span class="st-dot" />
      {look.words}
      {save.state === "signed_out" && (
        <a href="/" target="_blank" rel="noopener">
          Sign in
        </a>
      )}
      {(save.state === "offline" || save.state === "forbidden") && (
        <button type="button" class="st-link" onClick={() => studio.retrySaving()}>
          Try now
        </button>
      )}
    </span>
  );
}

/** The number of the frame, of several views that of the tick; type another to go there. */
export function FrameBox({ studio }: { studio: Studio }) {
  const { target, ticks, byTick } = studio.state;
  const unit = byTick ? "tick" : "frame";
  const typed = useSignal<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const go = (): void => {
    const tick = Number(typed.value);
    if (typed.value !== null && typed.value.trim() !== "" && Number.isFinite(tick)) studio.goTo(tick);
    typed.value = null;
  };
  useEffect(() => {
    studio.focusFrameBox = () => input.current?.select();
  }, [studio]);
  return (
    <label class="st-frame" title={`${byTick ? "Tick of the recording" : "Frame"}, counted from 0. G`}>
      <span class="dim">{unit}</span>
      <input
        ref={input}
        inputMode="numeric"
        aria-label={`${byTick ? "Tick" : "Frame"}, 0 to ${ticks - 1}`}
        value={typed.value ?? String(target.value)}
        style={{ width: `${String(ticks).length + 1.5}ch` }}
        onInput={(event) => {
          typed.value = event.currentTarget.value;
        }}
        onBlur={go}
        onKeyDown={(event) => {
          if (event.key === "Enter") event.currentTarget.blur();
          if (event.key === "Escape") {
            typed.value = null;
            event.currentTarget.blur();
          }
        }}
      />
      <span class="dim">of {countWords(ticks)}</span>
    </label>
  );
}

interface HeaderProps {
  readonly studio: Studio;
  readonly props: StudioProps;
  readonly feed: JobFeed;
}

export function Header({ studio, props, feed }: HeaderProps) {
  const { project, recording, canUndo, canRedo } = studio.state;
  const home = props.urls?.home ?? "/";
  return (
    <header class="st-header">
      <a class="st-crumb" href={home} title="Back to the project">
        {project.name}
      </a>
      <span class="dim" aria-hidden="true">
        ›
      </span>
      <h1 class="st-recording" title={recording.name}>
        {recording.name}
      </h1>
      <SaveChip studio={studio} />
      <FrameBox studio={studio} />
      <span class="st-jobs">
        <JobChip feed={feed} jobsUrl={props.urls?.jobs ?? home} />
      </span>
      <span class="st-group">
        <button
          type="button"
          class="st-button icon"
          aria-label="Undo"
          title="Undo (Ctrl Z)"
          disabled={!canUndo.value}
          onClick={() => studio.run({ do: "undo" })}
        >
          <Icon name="undo" />
        </button>
        <button
          type="button"
          class="st-button icon"
          aria-label="Redo"
          title="Redo (Ctrl Shift Z)"
          disabled={!canRedo.value}
          onClick={() => studio.run({ do: "redo" })}
        >
          <Icon name="redo" />
        </button>
      </span>
      <button type="button" class="st-button" onClick={() => studio.run({ do: "help" })}>
        Keys <kbd>?</kbd>
      </button>
      <button type="button" class="st-button primary" onClick={() => studio.run({ do: "next-frame" })}>
        Next frame <kbd>N</kbd>
      </button>
    </header>
  );
}
