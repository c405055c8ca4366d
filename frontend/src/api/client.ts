import createClient, { type Client, type Middleware } from "openapi-fetch";
import type { paths } from "./openapi.gen";
import { problemOf, unreachable } from "./problem";

/** The typed client: `await api.GET("/api/v1/projects/{project_id}", { params: { path: { project_id } } })`. */
export type Api = Client<paths>;

export interface ApiOptions {
  readonly baseUrl?: string;
  readonly fetch?: (request: Request) => Promise<Response>;
  readonly csrfToken?: () => string;
}

/** Django's token for this page: the meta tag that the base template writes, else the cookie. */
export function pageCsrfToken(): string {
  const meta = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]');
  if (meta?.content) return meta.content;
  const cookie = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
  return cookie ? decodeURIComponent(cookie.slice("csrftoken=".length)) : "";
}

const READS = new Set(["GET", "HEAD", "OPTIONS"]);

/** Session cookie and CSRF header on every call; every answer that is no success throws ApiProblem. */
export function createApi(options: ApiOptions = {}): Api {
  const token = options.csrfToken ?? pageCsrfToken;
  const manners: Middleware = {
    onRequest({ request }) {
      request.headers.set("Accept", "application/json");
      if (!READS.has(request.method)) request.headers.set("X-CSRFToken", token());
      return request;
    },
    async onResponse({ response }) {
      if (!response.ok) throw await problemOf(response);
    },
    onError({ error }) {
      return error instanceof DOMException && error.name === "AbortError" ? error : unreachable();
    },
  };
  const client = createClient<paths>({
    baseUrl: options.baseUrl ?? window.location.origin,
    credentials: "same-origin",
    ...(options.fetch ? { fetch: options.fetch } : {}),
  });
  client.use(manners);
  return client;
}

/** The body of a call that must carry one. */
export async function bodyOf<T>(call: Promise<{ data?: T }>): Promise<T> {
  const { data } = await call;
  if (data === undefined) throw unreachable();
  return data;
}
