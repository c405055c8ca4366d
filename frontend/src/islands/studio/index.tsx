/** <div data-island="studio" data-props='{"videoId": 3, "projectId": 1, "frame": 0, "resultId": null}'></div> */

import "../../styles/studio.css";
import { render } from "preact";
import type { Api } from "../../api/client";
import { wordsOf } from "../../api/problem";
import { openLabelDatabase } from "../../labels/database";
import { LabelSession } from "../../labels/labelSession";
import { LabelStore } from "../../labels/labelStore";
import type { SourceKind } from "../../player/types";
import type { IslandContext } from "../context";
import { pageFeed } from "../parts/feed";
import { onJobEnd } from "../parts/watch";
import { Studio } from "./controller";
import { Help, Notices } from "./Dialogs";
import { returnFocus } from "./focus";
import { Gateway } from "./gateway";
import { Header } from "./Header";
import { readKeyboard } from "./keyboard";
import { HttpLabelTransport } from "./labelTransport";
import type { StudioProps } from "./model";
import { NotReady } from "./NotReady";
import { Picture } from "./Picture";
import { Sidebar } from "./Sidebar";
import { chooseSource } from "./screen";
import { StudioState } from "./state";
import { Transport } from "./Transport";

interface AppProps {
  readonly studio: Studio;
  readonly root: HTMLElement;
  readonly props: StudioProps;
  readonly kind: SourceKind;
}

function App({ studio, root, props, kind }: AppProps) {
  return (
    <div class="st-frame-of-page">
      <Header studio={studio} props={props} />
      <Picture studio={studio} root={root} kind={kind} frame={props.frame ?? 0} />
      <Notices studio={studio} />
      <Sidebar studio={studio} />
      <Transport studio={studio} />
      <Help studio={studio} />
    </div>
  );
}

export async function mount(
  root: HTMLElement,
  { api, signal, props }: IslandContext<StudioProps>,
): Promise<void> {
  root.classList.add("st-root");
  const gateway = new Gateway(api, signal);
  // Asked for first, so that they are there when the picture is.
  const labels = gateway.labels(props.videoId);
  labels.catch(() => {}); // reported where they are taken
  try {
    const [video, project] = await Promise.all([
      gateway.video(props.videoId),
      gateway.project(props.projectId),
    ]);
    const state = new StudioState(video, project);
    const userId = String(props.userId ?? document.body.dataset.userId ?? "nobody");
    const [source, session] = await Promise.all([chooseSource(video), openSession(state, userId)]);
    if (signal.aborted) {
      session.close();
      return;
    }
    state.webCodecsUsable.value = source.usable;
    const studio = new Studio(state, session, gateway, signal);
    root.replaceChildren();
    render(<App studio={studio} root={root} props={props} kind={source.kind} />, root);
    readKeyboard(root, studio, signal);
    returnFocus(root, signal);
    signal.addEventListener("abort", () => render(null, root), { once: true });
    watchJobs(api, props, studio, signal);
    await studio.reads.all(props.resultId ?? null, labels);
  } catch (error) {
    if (signal.aborted) return;
    render(<NotReady words={wordsOf(error)} urls={props.urls ?? {}} />, root);
  }
}

/** What a job made of this video is shown as soon as the job has ended. */
function watchJobs(api: Api, props: StudioProps, studio: Studio, signal: AbortSignal): void {
  onJobEnd(pageFeed(api, props.projectId, signal), signal, ({ params }) => {
    if (params.video_id === props.videoId) void studio.reads.jobEnded();
  });
}

async function openSession(state: StudioState, userId: string): Promise<LabelSession> {
  const database = await openLabelDatabase(userId);
  const store = new LabelStore(state.video.id, state.project.skeleton.names.length);
  return new LabelSession(store, database, new HttpLabelTransport(userId), location.pathname);
}
