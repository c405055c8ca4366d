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

/** A range of bytes that fills from the front, as far as somebody asked for it. */
export class ByteRead {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #more: () => Promise<Uint8Array | null>;
  #filled = 0;

  /** `more` gives the next bytes, or null after the last. */
  constructor(length: number, more: () => Promise<Uint8Array | null>) {
    this.bytes = new Uint8Array(length);
    this.#more = more;
  }

  /** Wait until the first `count` bytes are there. One caller at a time. */
  async until(count: number): Promise<void> {
    while (this.#filled < count) {
      const piece = await this.#more();
      const filled = this.#filled + (piece?.length ?? 0);
      if (piece === null || filled > this.bytes.length) {
        throw new SourceError("network", `Got ${filled} of ${this.bytes.length} bytes of the proxy video.`);
      }
      this.bytes.set(piece, this.#filled);
      this.#filled = filled;
    }
  }
}

/** Read bytes `[start, end)` of a file; a server that ignores `Range` is refused, not worked around. */
export async function fetchRange(
  url: string,
  start: number,
  end: number,
  signal: AbortSignal,
): Promise<ByteRead> {
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
  const reader = response.body?.getReader();
  return new ByteRead(end - start, async () => {
    try {
      return (await reader?.read())?.value ?? null;
    } catch (error) {
      if (isAbort(error)) throw error;
      throw new SourceError("network", "The connection broke off within the proxy video.", { cause: error });
    }
  });
}
