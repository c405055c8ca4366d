/** <div data-island="studio" data-props='{"videoId": 3, "projectId": 1, "frame": 0, "resultId": null}'></div> */

import "../../styles/studio.css";
import { render } from "preact";
import { wordsOf } from "../../api/problem";
import { openLabelDatabase } from "../../labels/database";
import { LabelSession } from "../../labels/labelSession";
import { LabelStore } from "../../labels/labelStore";
import type { SourceKind } from "../../player/types";
import type { IslandContext } from "../context";
import { Studio } from "./controller";
import { Help, Notices } from "./Dialogs";
import { Gateway } from "./gateway";
import { Header } from "./Header";
import { readKeyboard } from "./keyboard";
import { HttpLabelTransport } from "./labelTransport";
import type { StudioProps } from "./model";
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
    signal.addEventListener("abort", () => render(null, root), { once: true });
    await fill(studio, session, gateway, props.resultId ?? null);
  } catch (error) {
    if (signal.aborted) return;
    render(<p class="note bad st-failed">{wordsOf(error)}</p>, root);
  }
}

async function openSession(state: StudioState, userId: string): Promise<LabelSession> {
  const database = await openLabelDatabase(userId);
  const store = new LabelStore(state.video.id, state.project.skeleton.names.length);
  return new LabelSession(store, database, new HttpLabelTransport(userId), location.pathname);
}

/** Labels, suggestions and results; the picture is there already, and stays if one of them fails. */
async function fill(
  studio: Studio,
  session: LabelSession,
  gateway: Gateway,
  resultId: number | null,
): Promise<void> {
  const { state } = studio;
  const say =
    (what: string) =>
    (error: unknown): void =>
      studio.note("bad", `${what} could not be read. ${wordsOf(error)}`);
  await Promise.all([
    session.restore().catch(say("Unsent work in this browser")),
    gateway
      .labels(state.video.id)
      .then((labels) => session.take(labels))
      .catch(say("Labels")),
    gateway
      .suggestions(state.video.id)
      .then((suggestions) => {
        state.suggestions.value = suggestions;
      })
      .catch(say("Suggested frames")),
    gateway
      .results(state.video.id)
      .then((results) => {
        state.results.value = results;
        // Ghosts only where somebody asked for them: a shown prediction pulls the hand towards it.
        if (resultId !== null) studio.chooseResult(resultId);
      })
      .catch(say("Predictions")),
  ]);
  studio.labelling.rearm();
}
