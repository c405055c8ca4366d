/** problem+json from the server, and failures on the way to it, as one error class. */

export interface ProblemBody {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Thrown by every call that did not succeed. `message` is fit to show: what happened, what to do. */
export class ApiProblem extends Error implements ProblemBody {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(body: ProblemBody) {
    super(wordsFor(body));
    this.name = "ApiProblem";
    this.status = body.status;
    this.code = body.code;
    this.title = body.title;
    this.detail = body.detail;
    this.data = body.data;
  }

  /** True where trying the same again later can help. */
  get transient(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

function wordsFor({ status, detail, title }: ProblemBody): string {
  if (status === 0)
    return "The server did not answer. Nothing was changed; check the connection and try again.";
  if (status === 401) return "You are signed out. Sign in again; what you typed here was not sent.";
  if (status === 413) return detail || "This is too large for the server. Nothing was kept.";
  if (status === 429) return "Too many requests at once. Wait a moment, then try again.";
  if (detail) return detail;
  if (status >= 500) {
    return "The server failed on this request, and it is recorded in its log. Nothing else was touched; try again.";
  }
  if (status === 403) return "Your role in this project does not allow this. Ask an owner or manager.";
  if (status === 404) return "This no longer exists, or it was never yours to see.";
  return title || `The server refused this (status ${status}).`;
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads an unsuccessful response whatever it holds (a proxy's HTML page included). */
export async function problemOf(response: Response): Promise<ApiProblem> {
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  const fields = isRecord(body) ? body : {};
  return new ApiProblem({
    status: response.status,
    code: text(fields.code) || `http_${response.status}`,
    title: text(fields.title) || response.statusText,
    detail: text(fields.detail),
    data: isRecord(fields.data) ? fields.data : {},
  });
}

/** A request that never reached the server, or an answer that never reached us. */
export function unreachable(): ApiProblem {
  return new ApiProblem({ status: 0, code: "unreachable", title: "No answer", detail: "", data: {} });
}

/** What to show for anything thrown. */
export function wordsOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  return "Something went wrong in this page. Reload it; nothing on the server was changed.";
}
