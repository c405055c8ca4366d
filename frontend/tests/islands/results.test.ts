import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createApi } from "../../src/api/client";
import type { ExportFile } from "../../src/api/types";
import type { Capability, ProjectContext } from "../../src/islands/parts/project";
import { mount } from "../../src/islands/results";

const FILES: readonly ExportFile[] = [1, 2].map((id) => ({
  id,
  kind: "deeplabcut_labels",
  filename: `field-${id}.zip`,
  size_bytes: 1024,
  download_url: `/media/exports/${id}/download`,
  job_id: null,
  created_at: "2026-01-01T00:00:00Z",
}));

/** A server that has these files, and forgets one that is deleted. */
function server(): { fetch: (request: Request) => Promise<Response>; deleted: string[] } {
  const deleted: string[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    if (request.method === "DELETE") {
      deleted.push(pathname);
      return new Response(null, { status: 204 });
    }
    const left = FILES.filter(({ id }) => !deleted.includes(`/api/v1/exports/${id}`));
    return Response.json(pathname.endsWith("/exports") ? left : []);
  };
  return { fetch, deleted };
}

class SilentSocket extends EventTarget {
  close(): void {}
  send(): void {}
}

describe("the export files of a project", () => {
  let root: HTMLElement;
  let page: AbortController;

  beforeEach(() => {
    vi.stubGlobal("WebSocket", SilentSocket);
    root = document.createElement("div");
    document.body.replaceChildren(root);
    page = new AbortController();
  });

  afterEach(() => {
    page.abort();
    vi.unstubAllGlobals();
  });

  async function open(capabilities: readonly Capability[]): Promise<string[]> {
    const { fetch, deleted } = server();
    const api = createApi({ baseUrl: "http://studio.test", fetch, csrfToken: () => "t" });
    const props = { projectId: 1, capabilities, urls: {} };
    mount(root, { api, signal: page.signal, props } as unknown as ProjectContext);
    await vi.waitFor(() => expect(root.textContent).toContain("field-2.zip"));
    return deleted;
  }

  const buttons = (words: string): HTMLButtonElement[] =>
    [...root.querySelectorAll("button")].filter(({ textContent }) => textContent === words);

  it("are deleted one by one, after a question", async () => {
    const deleted = await open(["view", "manage_data"]);
    buttons("Delete")[0]?.click();
    await vi.waitFor(() => expect(buttons("Delete file")).toHaveLength(1));
    expect(deleted).toEqual([]);
    buttons("Delete file")[0]?.click();
    await vi.waitFor(() => expect(root.textContent).not.toContain("field-1.zip"));
    expect(deleted).toEqual(["/api/v1/exports/1"]);
    expect(root.textContent).toContain("field-2.zip");
  });

  it("stay where one may only look", async () => {
    await open(["view"]);
    expect(buttons("Delete")).toEqual([]);
  });
});
