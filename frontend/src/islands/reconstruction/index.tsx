/** 3D poses beside the videos they were made from. */

import { useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { JobFeed } from "../../api/jobFeed";
import { wordsOf } from "../../api/problem";
import { wireThemeSwitch } from "../../theme";
import { pageFeed } from "../parts/feed";
import { FeedNote, JobProgress } from "../parts/job";
import { show } from "../parts/page";
import { modelUrl, type ProjectContext, type ProjectProps } from "../parts/project";
import "../../styles/studio.css";
import "../../styles/reconstruction.css";
import { addressOf, SceneTools, Transport } from "./Controls";
import { Desk, openSources } from "./desk";
import { readSpace } from "./model";
import { QualityTimeline } from "./QualityTimeline";
import { SceneView } from "./SceneView";
import { Views } from "./Views";

interface Props {
  readonly reconstructionId: number;
  readonly tick: number;
  /** Where to look from, as `formatViewpoint` writes it. */
  readonly from: string;
}

export async function mount(root: HTMLElement, context: ProjectContext<Props>): Promise<void> {
  const { api, signal, props } = context;
  const feed = pageFeed(api, props.projectId, signal);
  const early: string[] = [];
  let desk: Desk | null = null;
  try {
    const space = await readSpace(api, props.reconstructionId, signal);
    const sources = await openSources(space, (words) => {
      if (desk === null) early.push(words);
      else desk.note("info", words);
    });
    desk = new Desk(api, feed, space, sources, signal);
    for (const words of early) desk.note("info", words);
  } catch (error) {
    if (signal.aborted) return;
    show(
      root,
      signal,
      <p class="note bad" role="alert">
        These 3D poses cannot be shown. {wordsOf(error)}
      </p>,
    );
    return;
  }
  const opened = desk;
  signal.addEventListener("abort", () => opened.dispose(), { once: true });
  listenToKeys(opened, signal);
  opened.player.seek(props.tick);
  show(root, signal, <Page desk={opened} feed={feed} props={props} from={props.from} />);
}

interface PageProps {
  readonly desk: Desk;
  readonly feed: JobFeed;
  readonly props: ProjectProps;
  readonly from: string;
}

function Page({ desk, feed, props, from }: PageProps): JSX.Element {
  const root = useRef<HTMLDivElement>(null);
  useSignalEffect(() => {
    if (root.current) root.current.dataset.presentedTick = String(desk.tick.value);
  });
  useAddress(desk);
  return (
    <div class="sp-page" ref={root} data-testid="reconstruction">
      <Header desk={desk} feed={feed} props={props} />
      <div class="sp-main">
        <div class="sp-stage">
          <SceneView desk={desk} viewpoint={from} />
          <SceneTools desk={desk} />
          <Joint desk={desk} />
        </div>
        <Views desk={desk} />
      </div>
      <footer class="sp-footer">
        <Transport desk={desk} />
        <QualityTimeline desk={desk} />
      </footer>
      <Notes desk={desk} />
    </div>
  );
}

function Header({ desk, feed, props }: Omit<PageProps, "from">): JSX.Element {
  const { recording_name, model_name, model_id, calibration_name, views, state, failure, job_id } =
    desk.reconstruction.value;
  const theme = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (theme.current) wireThemeSwitch(document, theme.current);
  }, []);
  const job = job_id === null ? undefined : feed.jobs.value.get(job_id);
  return (
    <header class="sp-header">
      <a class="st-button small" href={props.urls.results}>
        Results
      </a>
      <h1>{recording_name}</h1>
      <span class="dim small">
        3D from {views.length} views by <a href={modelUrl(props.urls, model_id)}>{model_name}</a> ·{" "}
        {calibration_name}
      </span>
      {state === "running" && job && <JobProgress job={job} />}
      {state === "failed" && <span class="pill bad">{failure || "failed"}</span>}
      <FeedNote feed={feed} />
      <button ref={theme} type="button" class="st-button small push" data-testid="theme-switch" />
    </header>
  );
}

/** The joint below the pointer, or the one that was pressed. */
function Joint({ desk }: { readonly desk: Desk }): JSX.Element | null {
  const joint = desk.hovered.value ?? desk.picked.value;
  if (joint === null) return null;
  const { individuals, skeleton } = desk.space;
  const [x, y, z] = joint.position_mm.map((value) => value.toFixed(1));
  const sigma = Number.isFinite(joint.sigma_mm) ? ` ± ${joint.sigma_mm.toFixed(1)}` : "";
  return (
    <p class="sp-joint" data-testid="joint">
      <b>{skeleton.names[joint.keypoint]}</b> of {individuals[joint.individual]?.name ?? "the animal"}
      <span class="mono">
        {" "}
        {x}, {y}, {z} mm{sigma}
      </span>
    </p>
  );
}

function Notes({ desk }: { readonly desk: Desk }): JSX.Element {
  return (
    <div class="st-notes" aria-live="polite">
      {desk.notes.value.map((note) => (
        <p key={note.words} class={`note ${note.tone}`}>
          {note.words}{" "}
          <button
            type="button"
            class="link"
            onClick={() => {
              desk.notes.value = desk.notes.value.filter((other) => other !== note);
            }}
          >
            Dismiss
          </button>
        </p>
      ))}
    </div>
  );
}

/** A reload opens the same tick; the viewpoint is only written by 'Link to this', which is meant to be passed on. */
function useAddress(desk: Desk): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = desk.target.subscribe(() => {
      clearTimeout(timer);
      timer = setTimeout(() => history.replaceState(null, "", addressOf(desk)), 400);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, []);
}

function listenToKeys(desk: Desk, signal: AbortSignal): void {
  const steps: Readonly<Record<string, number>> = { ",": -1, ".": 1, "<": -10, ">": 10 };
  document.addEventListener(
    "keydown",
    (event) => {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, select, textarea")) return;
      const step = steps[event.key];
      if (step !== undefined) desk.player.step(step);
      else if (event.key === " " && !target.closest("button, summary, a")) desk.player.toggle();
      else return;
      event.preventDefault();
    },
    { signal },
  );
}
