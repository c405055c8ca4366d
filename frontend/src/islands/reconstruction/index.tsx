/** 3D poses beside the videos they were made from. */

import { effect, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Api } from "../../api/client";
import type { JobFeed } from "../../api/jobFeed";
import { wordsOf } from "../../api/problem";
import { wireThemeSwitch } from "../../theme";
import { pageFeed } from "../parts/feed";
import { FeedNote, isActive, JobButtons, JobProgress } from "../parts/job";
import { show } from "../parts/page";
import { modelUrl, type ProjectContext, type ProjectProps } from "../parts/project";
import { Truth } from "../parts/truth";
import "../../styles/studio.css";
import "../../styles/reconstruction.css";
import { addressOf } from "./address";
import { Desk } from "./desk";
import { listenToKeys } from "./keys";
import { readSpace } from "./model";
import { openSources, sourceOpener } from "./openSource";
import { QualityTimeline } from "./QualityTimeline";
import { SceneTools } from "./SceneTools";
import { SceneView } from "./SceneView";
import { Transport } from "./Transport";
import { Views } from "./Views";

interface Props {
  readonly reconstructionId: number;
  readonly tick: number;
  /** Where to look from, as `formatViewpoint` writes it. */
  readonly from: string;
}

/** The address follows what is on the screen when that has rested for so long. */
const ADDRESS_PAUSE_MS = 400;

export async function mount(root: HTMLElement, context: ProjectContext<Props>): Promise<void> {
  const { api, signal, props } = context;
  const feed = pageFeed(api, props.projectId, signal);
  await open({ root, api, signal, props, feed }, props.tick, props.from);
}

interface Place {
  readonly root: HTMLElement;
  readonly api: Api;
  readonly signal: AbortSignal;
  readonly props: Props & ProjectProps;
  readonly feed: JobFeed;
}

/** Read all of it and show it; where it outgrows what was read, once more, at the same tick and from the same place. */
async function open(place: Place, tick: number, from: string): Promise<void> {
  const { root, api, signal, props, feed } = place;
  const end = new AbortController();
  signal.addEventListener("abort", () => end.abort(), { once: true, signal: end.signal });
  let desk: Desk;
  try {
    const space = await readSpace(api, props.reconstructionId, end.signal);
    const early: string[] = [];
    let say = (words: string): void => void early.push(words);
    const opener = sourceOpener((words) => say(words));
    const sources = await openSources(space.recording?.videos ?? [], opener);
    const onOutgrown = (): void => {
      if (end.signal.aborted) return;
      end.abort();
      void open(place, desk.player.target, desk.look.text);
    };
    desk = new Desk({ api, feed, space, sources, open: opener, from, onOutgrown });
    say = (words) => desk.note("info", words);
    early.forEach(say);
  } catch (error) {
    if (!signal.aborted) show(root, signal, <Unreadable words={wordsOf(error)} />);
    return;
  }
  end.signal.addEventListener("abort", () => desk.dispose(), { once: true });
  listenToKeys(desk, end.signal);
  desk.open(tick);
  show(root, end.signal, <Page desk={desk} api={api} feed={feed} props={props} />);
}

function Unreadable({ words }: { readonly words: string }): JSX.Element {
  return (
    <p class="note bad" role="alert">
      These 3D poses cannot be shown. {words}
    </p>
  );
}

interface PageProps {
  readonly desk: Desk;
  readonly api: Api;
  readonly feed: JobFeed;
  readonly props: ProjectProps;
}

function Page({ desk, api, feed, props }: PageProps): JSX.Element {
  const root = useRef<HTMLDivElement>(null);
  useSignalEffect(() => {
    const { ticks_done, state } = desk.reconstruction.value;
    const presentedTick = String(desk.tick.value);
    if (root.current) {
      Object.assign(root.current.dataset, { presentedTick, ticksDone: String(ticks_done), state });
    }
  });
  useAddress(desk);
  return (
    <div class="sp-page" ref={root} data-testid="reconstruction">
      <Header desk={desk} api={api} feed={feed} props={props} />
      <div class="sp-main">
        <div class="sp-stage">
          {desk.look.absence.value === "" ? (
            <SceneView desk={desk} />
          ) : (
            <p class="sp-none" role="alert">
              {desk.look.absence.value}
            </p>
          )}
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

function Header({ desk, api, feed, props }: PageProps): JSX.Element {
  const {
    recording_name,
    model_name,
    model_id,
    calibration_name,
    views,
    state,
    failure,
    job_id,
    truth_error,
  } = desk.reconstruction.value;
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
      <span class="sp-about dim small">
        3D from {views.length} views by <a href={modelUrl(props.urls, model_id)}>{model_name}</a> ·{" "}
        {calibration_name}
      </span>
      <Truth error={truth_error} />
      {state !== "ready" && job && <JobProgress job={job} />}
      {state === "failed" && !(job && isActive(job)) && (
        <span class="pill bad" data-testid="failure">
          {failure || "failed"}
        </span>
      )}
      {state !== "ready" && job && <JobButtons api={api} feed={feed} job={job} props={props} />}
      <FeedNote feed={feed} />
      <button ref={theme} type="button" class="st-button small push" data-testid="theme-switch" />
    </header>
  );
}

/** The joint below the pointer, or the one that was pressed. */
function Joint({ desk }: { readonly desk: Desk }): JSX.Element | null {
  const joint = desk.hovered.value ?? desk.picked.value;
  if (joint === null) {
    if (!desk.nothingPlaced.value) return null;
    return (
      <p class="sp-joint" role="status">
        No keypoint was placed at this tick: no two views agreed on any.
      </p>
    );
  }
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
    <div class="sp-notes" aria-live="polite">
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

/** A reload opens the same tick from the same place. */
function useAddress(desk: Desk): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = effect(() => {
      desk.target.value;
      desk.look.viewpoint.value;
      clearTimeout(timer);
      timer = setTimeout(() => history.replaceState(null, "", addressOf(desk)), ADDRESS_PAUSE_MS);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, []);
}
