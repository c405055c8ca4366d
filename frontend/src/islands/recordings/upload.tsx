import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { bodyOf } from "../../api/client";
import { wordsOf } from "../../api/problem";
import {
  recordingOf,
  type SentFile,
  sendFile,
  type UploadProgress,
  type UploadPurpose,
} from "../../api/upload";
import { Failure } from "../parts/action";
import { bytes, percent } from "../parts/format";
import type { RecordingsPage } from "./index";
import { type Place, placesOf, UploadAs, useUploadAs } from "./uploadAs";

export interface Sending {
  readonly key: string;
  readonly file: File;
  readonly progress: UploadProgress;
  readonly state: "sending" | "done" | "failed" | "stopped";
  readonly error?: string;
}

const TEXT = {
  video: {
    intro:
      "Sent in pieces and checked: after a lost connection it goes on by itself, after a reload choose the same file again and it goes on where it stopped.",
    accept: "video/*,.avi,.mkv,.mts,.m2ts,.h264,.wmv,.flv",
    button: "Choose videos",
    done: "is here and being read.",
  },
  deeplabcut_zip: {
    intro:
      "Zip it as it is: whose it is, the studio sees by itself. Labels, keypoints, animals and videos come in, and what a model of DeepLabCut or SLEAP predicted over the videos. Nothing is imported unless all labels can be read; what was left aside is said.",
    accept: ".zip,application/zip",
    button: "Choose a zip",
    done: "is here; its import has started.",
  },
} as const;

export function UploadPanel({
  purpose,
  ...page
}: RecordingsPage & { readonly purpose: UploadPurpose }): JSX.Element {
  const sending = useSignal<readonly Sending[]>([]);
  const over = useSignal(false);
  const as = useUploadAs();
  const refused = useSignal<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const stops = useRef(new Map<string, AbortController>());
  const words = TEXT[purpose];

  useEffect(() => {
    const busy = () => sending.value.some(({ state }) => state === "sending");
    const warn = (event: BeforeUnloadEvent) => {
      if (busy()) event.preventDefault();
    };
    window.addEventListener("beforeunload", warn);
    const running = stops.current;
    return () => {
      window.removeEventListener("beforeunload", warn);
      for (const stop of running.values()) stop.abort();
    };
  }, [sending]);

  const change = (key: string, news: Partial<Sending>) => {
    sending.value = sending.value.map((one) => (one.key === key ? { ...one, ...news } : one));
  };
  /** The recording that the file became part of, and its upload, which the browser remembers until told. */
  const send = async (file: File, place: Place): Promise<Sent | null> => {
    const key = `${file.name}:${file.size}:${file.lastModified}`;
    if (stops.current.has(key)) return null;
    const stop = new AbortController();
    stops.current.set(key, stop);
    const start: Sending = {
      key,
      file,
      progress: { sent: 0, size: file.size, waiting: false },
      state: "sending",
    };
    sending.value = [...sending.value.filter((one) => one.key !== key), start];
    try {
      const { api, props } = page;
      const onProgress = (progress: UploadProgress) => change(key, { progress });
      const signal = AbortSignal.any([stop.signal, page.signal]);
      const sent = await sendFile(file, { api, projectId: props.projectId, purpose, signal, onProgress });
      const recordingId = await finish(page, purpose, sent.id, place);
      change(key, { state: "done" });
      await page.refresh();
      return { ...sent, recordingId };
    } catch (error) {
      change(key, stop.signal.aborted ? { state: "stopped" } : { state: "failed", error: wordsOf(error) });
      return null;
    } finally {
      stops.current.delete(key);
    }
  };
  const take = async (files: FileList | null): Promise<void> => {
    const chosen = [...(files ?? [])];
    refused.value = null;
    let places: readonly Place[];
    let joined: number | null = null;
    try {
      places = await placesOf(page, purpose === "video" ? as.value : "own", chosen);
      if (places.some(({ joins }) => joins)) joined = await begunOf(page, chosen);
    } catch (error) {
      refused.value = wordsOf(error);
      return;
    }
    const together: (Sent | null)[] = [];
    for (const [at, file] of chosen.entries()) {
      const place = places[at] ?? {};
      if (place.joins) {
        const sent: Sent | null = await send(
          file,
          joined === null ? place : { ...place, recording_id: joined },
        );
        joined ??= sent?.recordingId ?? null;
        together.push(sent);
      } else {
        (await send(file, place))?.forget();
      }
    }
    // One of several views that did not arrive is sent again with the others, and finds them by what is remembered.
    if (together.every((sent) => sent !== null)) for (const sent of together) sent.forget();
  };

  return (
    <div class="stack tight">
      <p class="dim">{words.intro}</p>
      {purpose === "video" && <UploadAs as={as} recordings={page.recordings} />}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way; the button is the first. */}
      <div
        class={over.value ? "drop over" : "drop"}
        onDragOver={(event) => {
          event.preventDefault();
          over.value = true;
        }}
        onDragLeave={() => {
          over.value = false;
        }}
        onDrop={(event) => {
          event.preventDefault();
          over.value = false;
          void take(event.dataTransfer?.files ?? null);
        }}
      >
        <button type="button" class="btn" onClick={() => input.current?.click()}>
          {words.button}
        </button>
        <span class="dim">or drop {purpose === "video" ? "them" : "it"} here</span>
        <input
          ref={input}
          type="file"
          class="visually-hidden"
          tabIndex={-1}
          aria-label={words.button}
          accept={words.accept}
          multiple={purpose === "video"}
          onChange={(event) => {
            const files = event.currentTarget.files;
            void take(files).finally(() => {
              if (input.current) input.current.value = "";
            });
          }}
        />
      </div>
      <Failure of={refused} />
      <ul class="list">
        {sending.value.map((one) => (
          <SendingLine
            key={one.key}
            one={one}
            done={words.done}
            onStop={() => stops.current.get(one.key)?.abort()}
          />
        ))}
      </ul>
    </div>
  );
}

interface Sent extends SentFile {
  readonly recordingId: number | null;
}

/** The recording that some of the files have become already, where the others did not arrive the last time. */
async function begunOf({ api, props }: RecordingsPage, files: readonly File[]): Promise<number | null> {
  for (const file of files) {
    const found = await recordingOf(file, { api, projectId: props.projectId, purpose: "video" });
    if (found !== null) return found;
  }
  return null;
}

async function finish(
  { api, props }: RecordingsPage,
  purpose: UploadPurpose,
  uploadId: string,
  { recording_id, name, view }: Place,
): Promise<number | null> {
  if (purpose === "video") {
    const done = await bodyOf(
      api.POST("/api/v1/uploads/{upload_id}/complete", {
        params: { path: { upload_id: uploadId } },
        body: { recording_id: recording_id ?? null, name: name ?? "", view: view ?? "" },
      }),
    );
    return done.recording_id;
  }
  await bodyOf(
    api.POST("/api/v1/uploads/{upload_id}/complete", { params: { path: { upload_id: uploadId } } }),
  );
  await bodyOf(
    api.POST("/api/v1/projects/{project_id}/imports/deeplabcut", {
      params: { path: { project_id: props.projectId } },
      body: { upload_id: uploadId },
    }),
  );
  return null;
}

/** What is read out: a change of state, never the ticking of the bytes. */
export function newsOf({ state, file, error, progress }: Sending, done: string): string {
  if (state === "sending")
    return progress.waiting ? `${file.name}: the connection is down, trying again.` : "";
  if (state === "done") return `${file.name} ${done}`;
  return state === "stopped" ? `${file.name}: stopped.` : `${file.name}: ${error ?? ""}`;
}

interface SendingLineProps {
  readonly one: Sending;
  readonly done: string;
  readonly onStop: () => void;
}

function SendingLine({ one, done, onStop }: SendingLineProps): JSX.Element {
  const { sent, size, waiting } = one.progress;
  const share = size > 0 ? sent / size : 0;
  return (
    <li class="stack hair">
      <span class="visually-hidden" role="status">
        {newsOf(one, done)}
      </span>
      <div class="row">
        <span class="clip">{one.file.name}</span>
        {one.state === "sending" && (
          <>
            <span class="dim small num-text">
              {bytes(sent)} of {bytes(size)} · {percent(share)}
              {waiting && " · the connection is down, trying again"}
            </span>
            <button type="button" class="btn small push" onClick={onStop}>
              Stop
            </button>
          </>
        )}
        {one.state === "done" && <span class="dim">{done}</span>}
        {one.state === "stopped" && (
          <span class="dim">stopped at {percent(share)}; choose the same file to go on.</span>
        )}
      </div>
      {one.state === "sending" && (
        <span class="meter thin">
          <i style={{ width: `${share * 100}%` }} />
        </span>
      )}
      {one.state === "failed" && <p class="note bad">{one.error}</p>}
    </li>
  );
}
