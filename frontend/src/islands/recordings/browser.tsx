import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { bodyOf } from "../../api/client";
import { wordsOf } from "../../api/problem";
import type { Entry } from "../../api/types";
import { Failure, useAction } from "../parts/action";
import { bytes } from "../parts/format";
import { ChosenFiles } from "./chosen";
import { FolderOutcome, RegisterVideos, useFolderOfVideos } from "./folder";
import type { RecordingsPage } from "./index";
import { ProposalPanel, useProposal } from "./proposal";

/** Where the browser stands: the folders entered so far, outermost first. */
type Trail = readonly { readonly name: string; readonly path: string }[];

interface Listing {
  readonly entries: readonly Entry[] | null;
  readonly error: string | null;
}

/** Looks through the server's allowed folders and registers what it finds, in place. */
export function FolderBrowser(page: RecordingsPage): JSX.Element {
  const trail = useSignal<Trail>([]);
  const listing = useSignal<Listing>({ entries: null, error: null });
  const said = useSignal<string | null>(null);
  const chosen = useSignal<readonly string[]>([]);
  const proposed = useProposal(page);
  const here = trail.value.at(-1)?.path;

  useEffect(() => {
    let stale = false;
    chosen.value = [];
    proposed.close();
    listing.value = { entries: null, error: null };
    bodyOf(page.api.GET("/api/v1/media-roots", { params: { query: here ? { path: here } : {} } }))
      .then((entries) => {
        if (!stale) listing.value = { entries, error: null };
      })
      .catch((error: unknown) => {
        if (!stale) listing.value = { entries: null, error: wordsOf(error) };
      });
    return () => {
      stale = true;
    };
  }, [here, page.api, listing, chosen]);

  const { entries, error } = listing.value;
  return (
    <div class="stack tight">
      <p class="dim">
        Files stay where they are and are never changed. A folder of images counts as one video; a project of
        DeepLabCut, SLEAP, Lightning Pose or COCO brings its videos and labels. Videos of one take by several
        cameras are views of one recording: tick them, or let the studio group a folder by its file names.
      </p>
      <Crumbs trail={trail} />
      {said.value && (
        <p class="note ok" role="status">
          {said.value}
        </p>
      )}
      {error && (
        <p class="note bad" role="alert">
          {error}
        </p>
      )}
      {!entries && !error && <p class="dim">Reading the folder …</p>}
      {entries?.length === 0 && <NothingHere atTop={trail.value.length === 0} />}
      {entries && here && entries.filter(isVideo).length > 1 && (
        <VideosHere
          key={here}
          {...page}
          path={here}
          count={entries.filter(isVideo).length}
          onGroup={() => void proposed.ask({ folder: here })}
        />
      )}
      <ChosenFiles {...page} chosen={chosen} proposed={proposed} said={said} />
      <ProposalPanel {...page} proposed={proposed} />
      {entries && entries.length > 0 && (
        <ul class="files">
          {entries.map((entry) => (
            <EntryLine key={entry.path} {...page} entry={entry} trail={trail} said={said} chosen={chosen} />
          ))}
        </ul>
      )}
    </div>
  );
}

function isVideo({ looks_like }: Entry): boolean {
  return looks_like === "video";
}

/** The folder that is open holds several videos: all at once, beside one by one below. */
function VideosHere({
  path,
  count,
  onGroup,
  ...page
}: RecordingsPage & {
  readonly path: string;
  readonly count: number;
  readonly onGroup: () => void;
}): JSX.Element {
  const folder = useFolderOfVideos(page, path);
  return (
    <div class="stack hair">
      <div class="row">
        <span class="dim">{count} videos lie in this folder.</span>
        <span class="actions push">
          <button type="button" class="btn small" onClick={onGroup}>
            Group into views …
          </button>
          <RegisterVideos folder={folder}>Register all</RegisterVideos>
        </span>
      </div>
      <FolderOutcome folder={folder} />
    </div>
  );
}

function Crumbs({ trail }: { readonly trail: Signal<Trail> }): JSX.Element {
  return (
    <nav class="row small" aria-label="Folder">
      <button
        type="button"
        class="link"
        onClick={() => {
          trail.value = [];
        }}
      >
        Server folders
      </button>
      {trail.value.map((step, at) => (
        <span key={step.path} class="row tight">
          <span class="dim" aria-hidden="true">
            ›
          </span>
          <button
            type="button"
            class="link"
            onClick={() => {
              trail.value = trail.value.slice(0, at + 1);
            }}
          >
            {step.name}
          </button>
        </span>
      ))}
    </nav>
  );
}

function NothingHere({ atTop }: { readonly atTop: boolean }): JSX.Element {
  return atTop ? (
    <div class="empty">
      <b>No folder of the server is open to the studio.</b>
      <p>
        Whoever runs the server lists them in <code>SBEA_MEDIA_ROOTS</code> and starts it again. Uploading
        works without.
      </p>
    </div>
  ) : (
    <p class="dim">Nothing in this folder can be used.</p>
  );
}

interface EntryLineProps extends RecordingsPage {
  readonly entry: Entry;
  readonly trail: Signal<Trail>;
  readonly said: Signal<string | null>;
  readonly chosen: Signal<readonly string[]>;
}

const KINDS: Readonly<Record<string, string>> = {
  deeplabcut: "DeepLabCut project",
  sleap: "SLEAP labels",
  lightning_pose: "Lightning Pose project",
  coco: "COCO keypoints",
  rendered: "rendered recording",
  video: "video",
  images: "images",
};

/** What is brought in as a whole project: labels, skeleton and videos. */
const PROJECTS: ReadonlySet<string> = new Set(["deeplabcut", "sleap", "lightning_pose", "coco"]);

function EntryLine({ entry, trail, said, chosen, ...page }: EntryLineProps): JSX.Element {
  const { api, props, refresh } = page;
  const action = useAction();
  const folder = useFolderOfVideos(page, entry.path);
  const kind = entry.looks_like;
  const project = { params: { path: { project_id: props.projectId } } };
  const open = () => {
    said.value = null;
    trail.value = [...trail.value, { name: entry.name, path: entry.path }];
  };
  const register = () =>
    action.run(async () => {
      const name = entry.is_dir ? entry.name : entry.name.replace(/\.[^.]+$/, "");
      await bodyOf(
        api.POST("/api/v1/projects/{project_id}/recordings", {
          ...project,
          body: { name, sources: [{ view: "cam-1", path: entry.path }] },
        }),
      );
      said.value = `${entry.name} is registered and being read.`;
      await refresh();
    });
  const registerRendered = () =>
    action.run(async () => {
      const { recording, missing } = await bodyOf(
        api.POST("/api/v1/projects/{project_id}/recordings/rendered", {
          ...project,
          body: { path: entry.path },
        }),
      );
      const without = missing.length > 0 ? ` No video lies there for ${missing.join(", ")}.` : "";
      said.value = `${recording.name} is registered with its sync and calibration, and being read.${without}`;
      await refresh();
    });
  const bring = () =>
    action.run(async () => {
      await bodyOf(
        api.POST("/api/v1/projects/{project_id}/imports/deeplabcut", {
          ...project,
          body: { path: entry.path },
        }),
      );
      said.value = `The import of ${entry.name} has started.`;
    });
  return (
    <li class="stack hair">
      <div class="row">
        {isVideo(entry) && (
          <input
            type="checkbox"
            aria-label={`Choose ${entry.name}`}
            checked={chosen.value.includes(entry.path)}
            onChange={(event) => {
              const others = chosen.value.filter((path) => path !== entry.path);
              chosen.value = event.currentTarget.checked ? [...others, entry.path] : others;
            }}
          />
        )}
        <span aria-hidden="true" class={`icon ${entry.is_dir ? "folder" : "film"}`} />
        {entry.is_dir ? (
          <button type="button" class="link clip" onClick={open}>
            {entry.name}
          </button>
        ) : (
          <span class={kind ? "clip" : "clip dim"}>{entry.name}</span>
        )}
        {kind && <span class="pill">{KINDS[kind]}</span>}
        {entry.size !== null && entry.size !== undefined && (
          <span class="dim small">{bytes(entry.size)}</span>
        )}
        {kind && (
          <button
            type="button"
            class="btn small push"
            disabled={action.busy.value}
            onClick={PROJECTS.has(kind) ? bring : kind === "rendered" ? registerRendered : register}
          >
            {PROJECTS.has(kind) ? "Import" : "Register"}
          </button>
        )}
        {entry.holds_videos && kind !== "rendered" && (
          <RegisterVideos folder={folder}>Register its videos</RegisterVideos>
        )}
      </div>
      <Failure of={action.error} />
      <FolderOutcome folder={folder} />
    </li>
  );
}
