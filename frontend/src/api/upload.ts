import type { Api } from "./client";
import { bodyOf, pageCsrfToken } from "./client";
import { ApiProblem, problemOf, unreachable } from "./problem";
import type { Upload } from "./types";

export type UploadPurpose = "video" | "deeplabcut_zip";

export interface UploadProgress {
  readonly sent: number;
  readonly size: number;
  /** Set while the connection is down and the next attempt is awaited. */
  readonly waiting: boolean;
}

/** Whose upload it is, and where the browser remembers it. */
export interface UploadPlace {
  readonly api: Api;
  readonly projectId: number;
  readonly purpose: UploadPurpose;
  readonly storage?: Pick<Storage, "getItem" | "setItem" | "removeItem">;
}

export interface UploadOptions extends UploadPlace {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: UploadProgress) => void;
  readonly wait?: (ms: number) => Promise<void>;
}

/** A whole file on the server, ready for `complete` or an import. */
export interface SentFile {
  readonly id: string;
  /** To be called once it has become what it was sent for; until then choosing the file again finds its bytes. */
  readonly forget: () => void;
}

const RETRY_MS = [1000, 2000, 5000, 10_000, 20_000] as const;
const MAX_RETRIES = 20;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Sends a file in chunks at the offset that the server confirms, and resumes where it stopped: after a
 * lost connection by itself, after a reload when the same file is chosen again.
 */
export async function sendFile(file: File, options: UploadOptions): Promise<SentFile> {
  const storage = options.storage ?? localStorage;
  const wait = options.wait ?? pause;
  const upload = (await knownUpload(file, options)) ?? (await begin(file, storage, options));
  let { offset } = upload;
  let failures = 0;
  while (offset < file.size) {
    options.signal.throwIfAborted();
    options.onProgress({ sent: offset, size: file.size, waiting: failures > 0 });
    try {
      const chunk = file.slice(offset, offset + upload.chunk_size);
      offset = await sendChunk(upload.id, offset, chunk, options.signal);
      failures = 0;
    } catch (error) {
      const confirmed = offsetOf(error);
      if (confirmed === null && !(error instanceof ApiProblem && error.transient)) throw error;
      failures += 1;
      if (failures > MAX_RETRIES) throw error;
      if (confirmed !== null) offset = confirmed;
      else await wait(RETRY_MS[Math.min(failures - 1, RETRY_MS.length - 1)] ?? 0);
    }
  }
  options.onProgress({ sent: file.size, size: file.size, waiting: false });
  return { id: upload.id, forget: () => storage.removeItem(keyOf(file, options)) };
}

/**
 * The recording that an earlier sending of this file has become, while the browser still remembers it: the
 * views of one recording are remembered until the last of them is there.
 */
export async function recordingOf(file: File, place: UploadPlace): Promise<number | null> {
  return (await knownUpload(file, place))?.recording_id ?? null;
}

function keyOf(file: File, { projectId, purpose }: UploadPlace): string {
  return `sbea-upload:${projectId}:${purpose}:${file.name}:${file.size}:${file.lastModified}`;
}

async function knownUpload(file: File, place: UploadPlace): Promise<Upload | null> {
  const known = (place.storage ?? localStorage).getItem(keyOf(file, place));
  if (!known) return null;
  try {
    const params = { path: { upload_id: known } };
    const upload = await bodyOf(place.api.GET("/api/v1/uploads/{upload_id}", { params }));
    // A recording that was made of it and deleted since: its bytes are gone too.
    const gone = upload.purpose === "video" && upload.state === "complete" && upload.recording_id === null;
    return gone ? null : upload;
  } catch (error) {
    // The server forgets uploads that nobody came back to; then this one starts anew.
    if (error instanceof ApiProblem && error.status === 404) return null;
    throw error;
  }
}

async function begin(file: File, storage: Pick<Storage, "setItem">, options: UploadOptions): Promise<Upload> {
  const { api, projectId, purpose } = options;
  const made = await bodyOf(
    api.POST("/api/v1/projects/{project_id}/uploads", {
      params: { path: { project_id: projectId } },
      body: { filename: file.name, size: file.size, purpose },
    }),
  );
  storage.setItem(keyOf(file, options), made.id);
  return made;
}

async function sendChunk(id: string, offset: number, chunk: Blob, signal: AbortSignal): Promise<number> {
  let response: Response;
  try {
    response = await fetch(`/api/v1/uploads/${id}`, {
      method: "PATCH",
      body: chunk,
      signal,
      credentials: "same-origin",
      headers: {
        "Content-Type": "application/octet-stream",
        "Upload-Offset": String(offset),
        "X-CSRFToken": pageCsrfToken(),
      },
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw unreachable();
  }
  if (!response.ok) throw await problemOf(response);
  const body: { offset: number } = await response.json();
  return body.offset;
}

/** A conflict over the offset names the one that the server has. */
function offsetOf(error: unknown): number | null {
  if (!(error instanceof ApiProblem) || error.status !== 409) return null;
  const { offset } = error.data;
  return typeof offset === "number" ? offset : null;
}
