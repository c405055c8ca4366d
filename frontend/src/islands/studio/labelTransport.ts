import { pageCsrfToken } from "../../api/client";
import { ApiProblem, problemOf } from "../../api/problem";
import { type LabelTransport, type OperationResult, TransportError } from "../../labels/transport";
import type { Instance, KeypointValue, Operation } from "../../labels/types";

/** The page's own request function, or a test's. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

interface ResultWire {
  uuid: string;
  status: OperationResult["status"];
  rev: number;
  reason: string;
  instance: Instance | null;
}

interface ConflictWire {
  uuid: string;
  theirs: KeypointValue;
  rev: number;
}

/** Browsers refuse more than 64 KiB for all requests together that outlive their page. Bodies are plain ASCII. */
const KEEPALIVE_BYTES = 60_000;

/** Sends operations to `POST /videos/{id}/operations`. */
export class HttpLabelTransport implements LabelTransport {
  readonly #userId: string;
  readonly #fetch: Fetch;
  /** In the requests under way that outlive the page. */
  #keepaliveBytes = 0;

  constructor(userId: string, fetchPage: Fetch = (url, init) => fetch(url, init)) {
    this.#userId = userId;
    this.#fetch = fetchPage;
  }

  async send(
    videoId: number,
    operations: readonly Operation[],
    lastWords: boolean,
  ): Promise<OperationResult[]> {
    const body = JSON.stringify({ operations: operations.map(wireOf) });
    try {
      const response = await this.#post(videoId, body, lastWords);
      if (response.ok) return resultsOf(((await response.json()) as { results: ResultWire[] }).results, []);
      return conflictsOf(await problemOf(response));
    } catch (error) {
      if (error instanceof TransportError) throw error;
      throw error instanceof ApiProblem ? faultOf(error) : new TransportError("offline", String(error));
    }
  }

  /**
   * A sign-in of another tab also changed the anti-forgery token, which stands in the page: read the page
   * anew, and take the token over if it is the same person who signed in.
   */
  async renew(): Promise<boolean> {
    try {
      const response = await this.#fetch(location.href, { credentials: "same-origin" });
      if (!response.ok) return false;
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const token = page.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content;
      if (page.body.dataset.userId !== this.#userId || !token) return false;
      document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.setAttribute("content", token);
      return true;
    } catch {
      return false; // no connection: as good as still signed out, and asked again later
    }
  }

  async #post(videoId: number, body: string, lastWords: boolean): Promise<Response> {
    const keepalive = lastWords && this.#keepaliveBytes + body.length <= KEEPALIVE_BYTES;
    const bytes = keepalive ? body.length : 0;
    this.#keepaliveBytes += bytes;
    try {
      return await this.#fetch(`/api/v1/videos/${videoId}/operations`, {
        method: "POST",
        body,
        keepalive,
        credentials: "same-origin",
        headers: {
          "Content-Type": "application/json",
          Accept: "application/json",
          "X-CSRFToken": pageCsrfToken(),
        },
      });
    } finally {
      this.#keepaliveBytes -= bytes;
    }
  }
}

function wireOf(operation: Operation): object {
  const { uuid, frame_index, animal_id, base_rev, keypoint, change, accepted = false } = operation;
  return { uuid, frame_index, animal_id, base_rev, keypoint, change, accepted };
}

function conflictsOf(problem: ApiProblem): OperationResult[] {
  const { results, conflicts } = problem.data as { results?: ResultWire[]; conflicts?: ConflictWire[] };
  if (problem.status !== 409 || !Array.isArray(results)) throw faultOf(problem);
  return resultsOf(results, conflicts ?? []);
}

function resultsOf(results: readonly ResultWire[], conflicts: readonly ConflictWire[]): OperationResult[] {
  return results.flatMap((result): OperationResult[] => {
    const { uuid, status, rev, reason, instance } = result;
    if (status === "applied" || status === "duplicate") return [{ uuid, status, rev, instance }];
    if (status === "refused") return [{ uuid, status, reason }];
    if (status === "skipped") return [{ uuid, status }];
    const theirs = conflicts.find((conflict) => conflict.uuid === uuid);
    return theirs === undefined ? [] : [{ uuid, status, rev: theirs.rev, theirs: theirs.theirs, instance }];
  });
}

/**
 * What to do with operations that were not looked at. Only a request that can never succeed is given up: a role
 * may be given back, and 404 is also what a removed member and a server in the middle of an update get.
 */
function faultOf(problem: ApiProblem): TransportError {
  const { status, code, message } = problem;
  if (status === 401 || code === "csrf_failed") return new TransportError("signed_out", message);
  if (status === 403 || status === 404) return new TransportError("forbidden", message);
  const hopeless = status === 400 || status === 413 || status === 422;
  return new TransportError(hopeless ? "refused" : "offline", message);
}
