import { afterEach, describe, expect, it, vi } from "vitest";
import { readFloats, readSpace } from "../../../src/islands/reconstruction/model";
import { serverOf } from "../server";

const VIEW = {
  ...{ state: "ready", failure: "", frame_count: 9, width: 8, height: 6, coded_width: 8, coded_height: 6 },
  ...{ fps: 30, codec: "avc1", description_base64: null, proxy_url: "/p", index_url: "/i" },
  frame_url_template: "/f/{n}",
};

function spaceOf(more: { views?: unknown[]; individuals?: string[] }) {
  const { views = [{ ...VIEW, video_id: 1, view: "left" }], individuals = ["ash"] } = more;
  const { api } = serverOf(({ path }) => {
    if (path.endsWith("/reconstructions/7")) {
      const sync = { ticks: 9, views: { left: [[0, 0, 9]] } };
      const inputs = [{ view: "left", video_id: 1 }];
      const row = {
        id: 7,
        project_id: 1,
        recording_id: 2,
        calibration_id: 3,
        views: ["left"],
        tick_count: 9,
      };
      const skeleton = { version: 1, keypoints: ["nose"], edges: [], symmetric: [], heading: null };
      return { body: { ...row, individuals, inputs, sync, skeleton } };
    }
    if (path.endsWith("/recordings/2")) return { body: { id: 2, name: "take", views, sync: {} } };
    if (path.endsWith("/calibrations/3")) return { body: { document: { cameras: [{ name: "left" }] } } };
    return { body: { animals: [{ name: "ash", slot: 0, colour: "#123456" }] } };
  });
  return readSpace(api, 7, new AbortController().signal);
}

describe("the space of a reconstruction", () => {
  it("calls a video as it was called then, whatever its name is now", async () => {
    const renamed = { ...VIEW, video_id: 1, view: "renamed" };
    const stranger = { ...VIEW, video_id: 5, view: "left" };
    const { recording } = await spaceOf({ views: [stranger, renamed] });
    expect(recording?.videos.map(({ id, view }) => [id, view])).toEqual([[1, "left"]]);
    expect(recording?.table.frameAt("left", 4)).toBe(4);
  });

  it("invents no time base", async () => {
    expect((await spaceOf({})).fps).toBe(30);
    expect((await spaceOf({ views: [{ ...VIEW, video_id: 1, view: "left", fps: null }] })).fps).toBeNull();
  });

  it("has an animal without a name where none is known yet", async () => {
    expect((await spaceOf({ individuals: [] })).individuals).toEqual([{ name: "animal", colour: null }]);
    expect((await spaceOf({})).individuals.map(({ name }) => name)).toEqual(["ash"]);
  });
});

describe("numbers of the server", () => {
  afterEach(() => void vi.unstubAllGlobals());

  it.each([
    [401, "signed_out"],
    [403, "signed_out"],
    [404, "not_found"],
    [500, "network"],
  ])("are refused at %i with the code whose remedy fits", async (status, code) => {
    vi.stubGlobal("fetch", async () => new Response(null, { status }));
    const read = readFloats("3D poses", "/x", new AbortController().signal);
    await expect(read).rejects.toMatchObject({ code, message: expect.stringContaining("3D poses") });
  });
});
