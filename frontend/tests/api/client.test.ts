import { describe, expect, it } from "vitest";
import { bodyOf, createApi } from "../../src/api/client";
import { ApiProblem, wordsOf } from "../../src/api/problem";

function answering(status: number, body: unknown, type = "application/problem+json") {
  const seen: Request[] = [];
  const api = createApi({
    baseUrl: "http://studio.test",
    csrfToken: () => "token",
    fetch: async (request) => {
      seen.push(request);
      const text = typeof body === "string" ? body : JSON.stringify(body);
      return new Response(text, { status, headers: { "Content-Type": type } });
    },
  });
  return { api, seen };
}

async function problemFrom(call: Promise<unknown>): Promise<ApiProblem> {
  const thrown = await call.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(thrown instanceof ApiProblem)) throw new Error(`expected an ApiProblem, got ${String(thrown)}`);
  return thrown;
}

describe("createApi", () => {
  it("answers the typed body of a success", async () => {
    const { api } = answering(200, [{ id: 1, name: "Dyad" }], "application/json");
    expect(await bodyOf(api.GET("/api/v1/projects"))).toEqual([{ id: 1, name: "Dyad" }]);
  });

  it("sends the CSRF token with what changes something, and only then", async () => {
    const { api, seen } = answering(200, {}, "application/json");
    await api.GET("/api/v1/projects");
    await api.POST("/api/v1/jobs/{job_id}/cancel", { params: { path: { job_id: "x" } } });
    expect(seen.map((request) => request.headers.get("X-CSRFToken"))).toEqual([null, "token"]);
  });

  it("throws problem+json with its code, data and words", async () => {
    const body = {
      type: "about:blank",
      title: "Unprocessable",
      status: 422,
      code: "too_few_labels",
      detail: "Label 12 more frames first.",
      data: { needed: 20, got: 8 },
    };
    const { api } = answering(422, body);
    const problem = await problemFrom(api.GET("/api/v1/projects"));
    expect(problem).toMatchObject({ status: 422, code: "too_few_labels", data: { needed: 20, got: 8 } });
    expect(problem.message).toBe("Label 12 more frames first.");
    expect(problem.transient).toBe(false);
  });

  it("makes words of a page that a proxy sent instead", async () => {
    const { api } = answering(502, "<html>Bad gateway</html>", "text/html");
    const problem = await problemFrom(api.GET("/api/v1/projects"));
    expect(problem.code).toBe("http_502");
    expect(problem.message).toContain("try again");
    expect(problem.message).not.toContain("<html>");
    expect(problem.transient).toBe(true);
  });

  it("tells somebody who was signed out to sign in, whatever the server's words", async () => {
    const { api } = answering(401, { code: "not_signed_in", detail: "no session" });
    expect((await problemFrom(api.GET("/api/v1/projects"))).message).toContain("Sign in again");
  });

  it("says that nothing was changed when no answer came", async () => {
    const api = createApi({
      baseUrl: "http://studio.test",
      fetch: () => Promise.reject(new TypeError("failed to fetch")),
    });
    const problem = await problemFrom(api.GET("/api/v1/projects"));
    expect(problem).toMatchObject({ status: 0, code: "unreachable", transient: true });
    expect(problem.message).toContain("Nothing was changed");
  });

  it("lets an abort through as what it is", async () => {
    const api = createApi({
      baseUrl: "http://studio.test",
      fetch: () => Promise.reject(new DOMException("stop", "AbortError")),
    });
    await expect(api.GET("/api/v1/projects")).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("wordsOf", () => {
  it("has words for what is no error at all", () => {
    expect(wordsOf("?")).toContain("Reload");
  });
});
