import { type Api, createApi } from "../../src/api/client";

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

/** A typed client over a server of one function, and what it was asked. */
export function serverOf(answer: (call: Call) => { status?: number; body: unknown }): {
  readonly api: Api;
  readonly calls: readonly Call[];
} {
  const calls: Call[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    const text = await request.text();
    const path = new URL(request.url).pathname;
    const call = { method: request.method, path, body: text ? JSON.parse(text) : null };
    calls.push(call);
    const { status = 200, body } = answer(call);
    const type = status < 400 ? "application/json" : "application/problem+json";
    return new Response(JSON.stringify(body), { status, headers: { "Content-Type": type } });
  };
  return { api: createApi({ baseUrl: "http://studio.test", fetch, csrfToken: () => "token" }), calls };
}

export function problem(status: number, detail: string): { status: number; body: unknown } {
  return { status, body: { type: "about:blank", title: "", status, code: "refused", detail, data: {} } };
}
