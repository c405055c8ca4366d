import { isAbort, SourceError } from "./types";

const RETRY_DELAYS_MS = [200, 800];

/** Turn a refused response into the error whose remedy fits. */
export function refuse(response: Response, what: string): SourceError {
  if (response.status === 401 || response.status === 403) {
    return new SourceError("signed_out", `${what}: your sign-in has ended (${response.status}).`);
  }
  if (response.status === 404) return new SourceError("not_found", `${what} is not on the server.`);
  return new SourceError("network", `${what}: the server answered ${response.status}.`);
}

/** Fetch with two quick retries for a dropped connection or a 5xx; other answers are the caller's. */
export async function fetchPatiently(url: string, init: RequestInit, what: string): Promise<Response> {
  for (let attempt = 0; ; attempt++) {
    const delay = RETRY_DELAYS_MS[attempt];
    try {
      const response = await fetch(url, { credentials: "same-origin", ...init });
      if (response.status < 500 || delay === undefined) return response;
    } catch (error) {
      if (isAbort(error)) throw error;
      if (delay === undefined)
        throw new SourceError("network", `${what} cannot be reached.`, { cause: error });
    }
    await pause(delay, init.signal ?? null);
  }
}

function pause(delayMs: number, signal: AbortSignal | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, delayMs);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** Read bytes `[start, end)` of a file; a server that ignores `Range` is refused, not worked around. */
export async function fetchRange(
  url: string,
  start: number,
  end: number,
  signal: AbortSignal,
): Promise<ArrayBuffer> {
  const headers = { Range: `bytes=${start}-${end - 1}` };
  const response = await fetchPatiently(url, { headers, signal }, "The proxy video");
  if (response.status !== 206) {
    throw response.ok
      ? new SourceError(
          "unsupported",
          "The server ignores byte ranges, so the video cannot be read by frame.",
        )
      : refuse(response, "The proxy video");
  }
  const bytes = await response.arrayBuffer();
  if (bytes.byteLength !== end - start) {
    throw new SourceError("network", `Got ${bytes.byteLength} of ${end - start} bytes of the proxy video.`);
  }
  return bytes;
}
