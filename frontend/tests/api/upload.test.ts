import { afterEach, describe, expect, it, vi } from "vitest";
import { createApi } from "../../src/api/client";
import { recordingOf, sendFile, type UploadProgress } from "../../src/api/upload";

const CHUNK = 4;

/** A server that keeps bytes at offsets, and fails as told. */
function server(options: { fail?: (attempt: number) => "lost" | "conflict" | 500 | null } = {}) {
  let complete: { recording_id: number | null } | null = null;
  let kept = new Uint8Array();
  let attempt = 0;
  let started = 0;
  const json = (body: unknown, status = 200) =>
    new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
  const state = () => ({
    id: `u${started}`,
    offset: kept.length,
    chunk_size: CHUNK,
    purpose: "video",
    ...(complete ? { state: "complete", ...complete } : { state: "receiving", recording_id: null }),
  });
  const api = createApi({
    baseUrl: "http://studio.test",
    csrfToken: () => "t",
    fetch: async (request) => {
      if (request.method === "POST") {
        started += 1;
        complete = null;
        kept = new Uint8Array();
        return json(state(), 201);
      }
      return started > 0 ? json(state()) : json({ status: 404, detail: "gone" }, 404);
    },
  });
  vi.stubGlobal("fetch", async (_: string, init: RequestInit) => {
    attempt += 1;
    const failure = options.fail?.(attempt) ?? null;
    if (failure === "lost") throw new TypeError("network");
    if (failure === 500) return json({ status: 500 }, 500);
    const offset = Number(new Headers(init.headers).get("Upload-Offset"));
    if (failure === "conflict" || offset !== kept.length) {
      return json({ status: 409, code: "upload_conflict", data: { offset: kept.length } }, 409);
    }
    const chunk = new Uint8Array(await (init.body as Blob).arrayBuffer());
    kept = new Uint8Array([...kept, ...chunk]);
    return json({ offset: kept.length });
  });
  return {
    api,
    text: () => new TextDecoder().decode(kept),
    started: () => started,
    become: (recording_id: number | null) => {
      complete = { recording_id };
    },
  };
}

function memory(): Storage {
  const map = new Map<string, string>();
  return {
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => void map.set(key, value),
    removeItem: (key: string) => void map.delete(key),
  } as Storage;
}

const file = () => new File(["abcdefghij"], "a.mp4", { lastModified: 1 });

function send(
  api: ReturnType<typeof server>["api"],
  storage = memory(),
  onProgress = (_: UploadProgress) => {},
) {
  return sendFile(file(), {
    api,
    projectId: 1,
    purpose: "video",
    signal: new AbortController().signal,
    onProgress,
    storage,
    wait: async () => {},
  });
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("sendFile", () => {
  it("sends every byte in order", async () => {
    const there = server();
    expect((await send(there.api)).id).toBe("u1");
    expect(there.text()).toBe("abcdefghij");
  });

  it("goes on after a lost connection and a failing server, and says that it waits", async () => {
    const there = server({ fail: (attempt) => (attempt === 2 ? "lost" : attempt === 3 ? 500 : null) });
    const said: UploadProgress[] = [];
    await send(there.api, memory(), (progress) => said.push(progress));
    expect(there.text()).toBe("abcdefghij");
    expect(said.some(({ waiting }) => waiting)).toBe(true);
    expect(said.at(-1)).toEqual({ sent: 10, size: 10, waiting: false });
  });

  it("takes the server's offset when the two disagree", async () => {
    const there = server({ fail: (attempt) => (attempt === 2 ? "conflict" : null) });
    await send(there.api);
    expect(there.text()).toBe("abcdefghij");
  });

  it("remembers a whole file until it is told that it has become something", async () => {
    const storage = memory();
    const there = server();
    const first = await send(there.api, storage);
    expect((await send(there.api, storage)).id, "its name was refused, say").toBe(first.id);
    expect(there.started()).toBe(1);
    first.forget();
    await send(there.api, storage);
    expect(there.started()).toBe(2);
  });

  it("finds the recording that a file has become, and sends anew what was deleted since", async () => {
    const storage = memory();
    const there = server();
    const place = { api: there.api, projectId: 1, purpose: "video", storage } as const;
    expect(await recordingOf(file(), place)).toBeNull();
    await send(there.api, storage);
    there.become(5);
    expect(await recordingOf(file(), place)).toBe(5);
    there.become(null);
    expect(await recordingOf(file(), place)).toBeNull();
    expect((await send(there.api, storage)).id).toBe("u2");
    expect(there.text()).toBe("abcdefghij");
  });

  it("resumes the same upload after a reload", async () => {
    const storage = memory();
    const there = server({ fail: (attempt) => (attempt > 1 && attempt < 30 ? 500 : null) });
    await expect(send(there.api, storage)).rejects.toMatchObject({ status: 500 });
    expect(there.text()).toBe("abcd");
    await vi.waitFor(() => send(there.api, storage));
    expect(there.text()).toBe("abcdefghij");
    expect(there.started()).toBe(1);
  });

  it("gives up at once on what no retry can help", async () => {
    const there = server();
    vi.stubGlobal("fetch", async () => new Response("{}", { status: 413 }));
    await expect(send(there.api)).rejects.toMatchObject({ status: 413 });
  });
});
