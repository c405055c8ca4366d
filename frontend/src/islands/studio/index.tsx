/** <div data-island="studio" data-props='{"videoId": 3, "recordingId": 2, "projectId": 1, "tick": 0}'></div> */

import "../../styles/studio.css";
import { render } from "preact";
import type { Api } from "../../api/client";
import type { JobFeed } from "../../api/jobFeed";
import { wordsOf } from "../../api/problem";
import { openLabelDatabase } from "../../labels/database";
import { LabelSession } from "../../labels/labelSession";
import { LabelStore } from "../../labels/labelStore";
import type { IslandContext } from "../context";
import { pageFeed } from "../parts/feed";
import { counted } from "../parts/format";
import { JobChip } from "../parts/jobChip";
import { framesFound } from "../parts/methods";
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
import { probeSources } from "./screen";
import { StudioState } from "./state";
import { ToLabel } from "./ToLabel";
import { Transport } from "./Transport";

interface AppProps {
  readonly api: Api;
  readonly studio: Studio;
  readonly props: StudioProps;
  readonly feed: JobFeed;
}

function App({ api, studio, props, feed }: AppProps) {
  return (
    <div class="st-frame-of-page">
      <Header studio={studio} props={props} feed={feed} />
      <Picture studio={studio} />
      <Notices studio={studio} />
      <Sidebar studio={studio}>
        <ToLabel studio={studio} api={api} feed={feed} props={props} />
      </Sidebar>
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
  const feed = pageFeed(api, props.projectId, signal);
  try {
    const [recording, project] = await Promise.all([
      gateway.recording(props.recordingId),
      gateway.project(props.projectId),
    ]);
    const state = new StudioState(recording, project, props.videoId);
    const userId = String(props.userId ?? document.body.dataset.userId ?? "nobody");
    const [, session] = await Promise.all([probeSources(state), openSession(state, userId, props)]);
    if (signal.aborted) {
      session.close();
      return;
    }
    const studio = new Studio(state, session, gateway, signal);
    studio.open(root);
    root.replaceChildren();
    render(<App api={api} studio={studio} props={props} feed={feed} />, root);
    studio.focusPicture();
    studio.goTo(firstTick(studio, props));
    readKeyboard(root, studio, signal);
    returnFocus(root, signal);
    signal.addEventListener("abort", () => render(null, root), { once: true });
    watchJobs(feed, studio, signal);
    const asked = state.video.id === props.videoId;
    await studio.reads.all(props.resultId ?? null, asked ? labels : gateway.labels(state.video.id));
  } catch (error) {
    if (signal.aborted) return;
    // What is being read now may be what the studio waits for.
    render(
      <NotReady words={wordsOf(error)} urls={props.urls ?? {}}>
        <JobChip feed={feed} jobsUrl={props.urls?.jobs ?? "/"} />
      </NotReady>,
      root,
    );
  }
}

/** Where the address leads: a tick of the recording, or a frame of the view that it names. */
function firstTick(studio: Studio, { videoId, frame, tick }: StudioProps): number {
  const { recording, active, video } = studio.state;
  if (tick !== null && tick !== undefined) return tick;
  // The view of the address cannot be shown: its frames mean nothing in another one.
  if (video.id !== videoId) return 0;
  const { name } = active.value;
  const wanted = Math.min(frame ?? 0, video.frameCount - 1);
  const found = recording.table.tickOf(name, wanted);
  if (found !== null) return found;
  if (frame)
    studio.note("bad", `Frame ${frame} of ${name} is shown at no tick. This is the nearest that is.`);
  return recording.table.tickNear(name, wanted);
}

/** What a job made of one of the videos is shown as soon as the job has ended. */
function watchJobs(feed: JobFeed, studio: Studio, signal: AbortSignal): void {
  onJobEnd(feed, signal, (job) => {
    const { video_id: video } = job.params;
    if (typeof video !== "number") return;
    void studio.reads.jobEnded(video).then(() => {
      const found = job.kind === "video.suggest" ? framesFound(job).length : 0;
      if (found > 0) studio.note("info", `${counted(found, "frame")} to label were found. N leads to them.`);
    });
  });
}

async function openSession(state: StudioState, userId: string, props: StudioProps): Promise<LabelSession> {
  const database = await openLabelDatabase(userId);
  const { length } = state.project.skeleton.names;
  const stores = state.views.map(({ video }) => new LabelStore(video.id, length));
  const pageOf = (videoId: number): string => studioAddress(props, videoId);
  return new LabelSession(stores, database, new HttpLabelTransport(userId), pageOf);
}

/** A `0` stands in the address where the id of the video goes. */
function studioAddress({ urls }: StudioProps, videoId: number): string {
  return urls?.studio?.replace("/0/", `/${videoId}/`) ?? location.pathname;
}
