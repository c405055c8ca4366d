import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createApi } from "../../src/api/client";
import type { ExportFile, FileFormat } from "../../src/api/types";
import { exportOptions } from "../../src/islands/exports";
import type { Capability, ProjectContext } from "../../src/islands/parts/project";
import { mount } from "../../src/islands/results";
import { viewsOf } from "../../src/islands/results3d";

const FILES: readonly ExportFile[] = [1, 2].map((id) => ({
  id,
  kind: "deeplabcut_labels",
  title: "Labels as DeepLabCut",
  filename: `field-${id}.zip`,
  size_bytes: 1024,
  download_url: `/media/exports/${id}/download`,
  job_id: null,
  made_by: 40 + id,
  created_at: "2026-01-01T00:00:00Z",
}));

const VIDEOS = [1, 2, 3].map((id) => ({
  ...{ id, view: `cam-${id}`, recording_name: "take", state: "ready" },
  ...{ frame_count: 4, offset_ticks: 0, sync_problem: null },
}));
const RECORDING = {
  ...{ id: 5, name: "take", videos: VIDEOS, calibration: null },
  ...{ sync_source: "aligned", ticks: 4 },
};
const RESULTS = [
  { id: 11, video_id: 1, state: "ready", frames_done: 4 },
  { id: 12, video_id: 3, state: "running", frames_done: 1 },
].map((result) => ({
  ...result,
  ...{
    model_id: 9,
    model_name: "net",
    frame_count: 4,
    keypoints: ["nose", "tail"],
    individuals: ["animal 1"],
  },
}));

const FORMATS: readonly FileFormat[] = [
  {
    ...{ name: "coco", title: "COCO keypoints", reads: "A folder.", predictions: null },
    labels: { kind: "coco_labels", summary: "One JSON file.", misfit: "" },
  },
  {
    ...{ name: "csv", title: "CSV", reads: "" },
    labels: { kind: "csv_labels", summary: "One table.", misfit: "" },
    predictions: { kind: "csv_predictions", summary: "One table.", misfit: "" },
  },
  {
    ...{ name: "lightning_pose", title: "Lightning Pose", reads: "" },
    labels: null,
    predictions: { kind: "lightning_pose_predictions", summary: "One CSV.", misfit: "Two animals." },
  },
];
const JOB = {
  ...{ id: "00000000-0000-4000-8000-000000000001", kind: "project.export", state: "queued", params: {} },
  ...{ label: "Export", created_at: "2026-01-01T00:00:00Z", progress: null, error: null, result: null },
};

/** A server that has these files, and forgets one that is deleted. */
function server(recording: object): {
  fetch: (request: Request) => Promise<Response>;
  deleted: string[];
  asked: string[];
  wanted: unknown[];
} {
  const asked: string[] = [];
  const wanted: unknown[] = [];
  const deleted: string[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    if (request.method === "DELETE") {
      deleted.push(pathname);
      return new Response(null, { status: 204 });
    }
    if (request.method === "POST") {
      wanted.push(await request.json());
      return Response.json(JOB, { status: 202 });
    }
    if (pathname.endsWith("/formats")) return Response.json(FORMATS);
    const left = FILES.filter(({ id }) => !deleted.includes(`/api/v1/exports/${id}`));
    if (pathname.endsWith("/recordings")) return Response.json([recording]);
    if (pathname.endsWith("/results")) return Response.json(RESULTS);
    return Response.json(pathname.endsWith("/exports") ? left : []);
  };
  return { fetch, deleted, asked, wanted };
}

describe("views with predictions", () => {
  it("count once each, however often and far they were predicted", () => {
    const run = (video_id: number, state: "ready" | "running" | "failed") => ({ video_id, state });
    const runs = [run(1, "ready"), run(1, "running"), run(1, "ready"), run(2, "running"), run(3, "failed")];
    expect(viewsOf(runs)).toEqual({ ready: 1, running: 1 });
  });
});

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

  async function open(
    capabilities: readonly Capability[],
    recording: object = RECORDING,
    userId = 1,
  ): Promise<{ deleted: string[]; asked: string[]; wanted: unknown[] }> {
    const { fetch, deleted, asked, wanted } = server(recording);
    const api = createApi({ baseUrl: "http://studio.test", fetch, csrfToken: () => "t" });
    const urls = { model: "/models/0/", studio: "/studio/0/" };
    const props = { projectId: 1, userId, capabilities, urls };
    mount(root, { api, signal: page.signal, props } as unknown as ProjectContext);
    await vi.waitFor(() => expect(root.textContent).toContain("field-2.zip"));
    return { deleted, asked, wanted };
  }

  const radio = (words: string): HTMLInputElement | null | undefined =>
    [...root.querySelectorAll("label.choice")]
      .find(({ textContent }) => textContent?.startsWith(words))
      ?.querySelector("input");

  const buttons = (words: string): HTMLButtonElement[] =>
    [...root.querySelectorAll("button")].filter(({ textContent }) => textContent === words);

  it("are deleted one by one, after a question", async () => {
    const { deleted } = await open(["view", "manage_data"]);
    buttons("Delete")[0]?.click();
    await vi.waitFor(() => expect(buttons("Delete file")).toHaveLength(1));
    expect(deleted).toEqual([]);
    buttons("Delete file")[0]?.click();
    await vi.waitFor(() => expect(root.textContent).not.toContain("field-1.zip"));
    expect(deleted).toEqual(["/api/v1/exports/1"]);
    expect(root.textContent).toContain("field-2.zip");
  });

  it("stand below the predictions of all videos, which are read in one go", async () => {
    const { asked } = await open(["view"]);
    const rows = [...root.querySelectorAll("tbody tr")].map(({ textContent }) => textContent);
    expect(rows.filter((words) => /cam-1.*ready/.test(words ?? ""))).toHaveLength(1);
    expect(rows.filter((words) => /cam-3.*running/.test(words ?? ""))).toHaveLength(1);
    expect(asked.filter((path) => path.endsWith("/results"))).toEqual(["/api/v1/projects/1/results"]);
  });

  it("stand below what 3D has to do without, named before anything is made", async () => {
    await open(["view", "train"]);
    const article = () => root.querySelector('[data-recording="take"]');
    expect(article()?.textContent).toContain("no calibration");
    expect(article()?.querySelector(".warn")).toBeNull();
    page.abort();
    page = new AbortController();
    root.replaceChildren();
    const fits = { fit: "usable", problem: null };
    const calibration = {
      ...{ id: 7, name: "rig", without_view: ["low"], same_cameras: [] },
      views: [
        { view: "cam-1", ...fits },
        { view: "cam-2", ...fits },
        { view: "cam-3", fit: "no_camera", problem: "The calibration has no camera 'cam-3'." },
      ],
    };
    const [first, second, third] = VIDEOS;
    const videos = [first, { ...second, frame_count: 2 }, { ...third, state: "failed", frame_count: 0 }];
    await open(["view", "train"], { ...RECORDING, videos, calibration });
    const said = [...(article()?.querySelectorAll(".warn li") ?? [])].map(({ textContent }) => textContent);
    expect(said).toEqual([
      "View cam-3 could not be read and is left out.",
      "Of 4 ticks, cam-2 ends after 2 ticks.",
      "The calibration has no camera 'cam-3'.",
      "The recording has no view for low; rig has more cameras than it.",
    ]);
  });

  it("are made of the labels, in the format that was chosen from one menu", async () => {
    const { wanted } = await open(["view"]);
    expect(root.textContent).toContain("Labels as DeepLabCut");
    buttons("Export the labels …")[0]?.click();
    await vi.waitFor(() => expect(radio("COCO")).toBeTruthy());
    expect(root.textContent).toContain("One JSON file.");
    expect(buttons("Export")[0]?.disabled).toBe(true);
    radio("COCO")?.click();
    await vi.waitFor(() => expect(buttons("Export")[0]?.disabled).toBe(false));
    buttons("Export")[0]?.click();
    await vi.waitFor(() => expect(wanted).toEqual([{ kind: "coco_labels" }]));
    await vi.waitFor(() => expect(root.querySelector("dialog")).toBeNull());
  });

  it("are made of one result, and say which format cannot hold it", async () => {
    const { wanted } = await open(["view"]);
    buttons("Export …")[0]?.click();
    await vi.waitFor(() => expect(radio("Lightning Pose")?.disabled).toBe(true));
    expect(root.textContent).toContain("Two animals.");
    expect(radio("COCO")).toBeUndefined();
    radio("CSV")?.click();
    await vi.waitFor(() => expect(buttons("Export")[0]?.disabled).toBe(false));
    buttons("Export")[0]?.click();
    await vi.waitFor(() => expect(wanted).toEqual([{ kind: "csv_predictions", result_id: 11 }]));
  });

  it("stand below predictions that can be deleted, after a question", async () => {
    const { deleted } = await open(["view", "train"]);
    expect(buttons("Delete")).toHaveLength(1); // the result that is ready; not the one that runs
    buttons("Delete")[0]?.click();
    await vi.waitFor(() => expect(buttons("Delete predictions")).toHaveLength(1));
    expect(root.textContent).toContain("The model can be run over the video again.");
    buttons("Delete predictions")[0]?.click();
    await vi.waitFor(() => expect(deleted).toEqual(["/api/v1/results/11"]));
  });

  it("offer labels and predictions apart", () => {
    expect(exportOptions(FORMATS, "labels").map(({ key }) => key)).toEqual(["coco_labels", "csv_labels"]);
  });

  it("that one made oneself can be deleted without that right", async () => {
    const { deleted } = await open(["view"], RECORDING, 41);
    expect(buttons("Delete")).toHaveLength(1);
    buttons("Delete")[0]?.click();
    await vi.waitFor(() => expect(buttons("Delete file")).toHaveLength(1));
    buttons("Delete file")[0]?.click();
    await vi.waitFor(() => expect(deleted).toEqual(["/api/v1/exports/1"]));
  });

  it("stay where others made them and one may only look", async () => {
    await open(["view"]);
    expect(buttons("Delete")).toEqual([]);
  });
});
