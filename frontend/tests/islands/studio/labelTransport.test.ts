import { beforeEach, describe, expect, it } from "vitest";
import { type Fetch, HttpLabelTransport } from "../../../src/islands/studio/labelTransport";
import { TransportError } from "../../../src/labels/transport";
import type { Operation } from "../../../src/labels/types";

const OPERATION: Operation = {
  uuid: "6b0c36a2-4f3e-4c0e-9d43-0f9f3b6f8f10",
  seq: 1,
  video_id: 7,
  frame_index: 12,
  animal_id: 3,
  keypoint: 0,
  base_rev: 2,
  change: { x: 5, y: 6, visibility: "visible" },
  attempted: true,
  page: "/projects/demo/videos/7/studio/",
};
const INSTANCE = { frame_index: 12, animal_id: 3, rev: 4, keypoints: [] };

function answering(status: number, body: unknown): HttpLabelTransport {
  return new HttpLabelTransport("1", () => Promise.resolve(new Response(JSON.stringify(body), { status })));
}

/** A refusal as the server words it. */
const problem = (status: number, code: string, detail = "Why.") => ({
  type: "about:blank",
  title: "Title",
  status,
  code,
  detail,
  data: {},
});

async function refusalOf(transport: HttpLabelTransport): Promise<TransportError> {
  const error = await transport.send(7, [OPERATION], false).catch((thrown: unknown) => thrown);
  if (error instanceof TransportError) return error;
  throw new Error("It was not turned away.");
}

describe("a request that was turned away", () => {
  it("for its anti-forgery token is like being signed out, and no matter of the role", async () => {
    const detail =
      "You have signed in or out since this page was opened. Nothing was changed; reload the page.";
    const { fault, message } = await refusalOf(answering(403, problem(403, "csrf_failed", detail)));
    expect([fault, message]).toEqual(["signed_out", detail]);
  });

  it.each([
    [401, "not_signed_in", "signed_out"],
    [403, "forbidden", "forbidden"],
    [404, "not_found", "forbidden"],
    [400, "bad_request", "refused"],
    [413, "too_large", "refused"],
    [422, "invalid_request", "refused"],
    [409, "video_not_ready", "offline"],
    [429, "label_contention", "offline"],
    [503, "database_busy", "offline"],
  ])("with %i %s is %s", async (status, code, fault) => {
    expect((await refusalOf(answering(status, problem(status, code)))).fault).toBe(fault);
  });

  it("by no server at all is offline", async () => {
    const unplugged = new HttpLabelTransport("1", () => Promise.reject(new TypeError("Failed to fetch")));
    expect((await refusalOf(unplugged)).fault).toBe("offline");
  });
});

describe("what is sent and answered", () => {
  it("carries what the server takes of an operation, and nothing that only this browser needs", async () => {
    let sent: unknown;
    const transport = new HttpLabelTransport("1", (_, init) => {
      sent = JSON.parse(String(init?.body));
      return Promise.resolve(new Response(JSON.stringify({ results: [] })));
    });
    await transport.send(7, [OPERATION], false);
    const { uuid, frame_index, animal_id, base_rev, keypoint, change } = OPERATION;
    const wire = { uuid, frame_index, animal_id, base_rev, keypoint, change, accepted: false };
    expect(sent).toEqual({ operations: [wire] });
  });

  it("brings their value of a conflict, and the instance with it", async () => {
    const { uuid } = OPERATION;
    const theirs = { x: 50, y: 0, visibility: "visible" };
    const data = {
      results: [{ uuid, status: "conflict", rev: 4, reason: "", instance: INSTANCE }],
      conflicts: [{ uuid, keypoint: 0, yours: OPERATION.change, theirs, rev: 4 }],
    };
    const transport = answering(409, { ...problem(409, "label_conflict"), data });
    expect(await transport.send(7, [OPERATION], false)).toEqual([
      { uuid, status: "conflict", rev: 4, theirs, instance: INSTANCE },
    ]);
  });
});

describe("the last words of a page", () => {
  const long = (count: number): Operation[] =>
    Array.from({ length: count }, (_, i) => ({ ...OPERATION, keypoint: i }));

  it("outlive it up to what browsers let through in all, and get their room back with the answer", async () => {
    const sent: { keepalive: boolean; bytes: number; answer: () => void }[] = [];
    const transport = new HttpLabelTransport("1", (_, init) => {
      return new Promise((resolve) => {
        const answer = (): void => resolve(new Response(JSON.stringify({ results: [] })));
        sent.push({ keepalive: init?.keepalive === true, bytes: String(init?.body).length, answer });
      });
    });
    const words = Array.from({ length: 3 }, () => transport.send(7, long(140), true));
    const [first, second, third] = sent;
    expect([first?.keepalive, second?.keepalive, third?.keepalive]).toEqual([true, true, false]);
    expect((first?.bytes ?? 0) * 2).toBeLessThan(64 * 1024);
    expect((first?.bytes ?? 0) * 3).toBeGreaterThan(64 * 1024);
    void transport.send(7, long(1), false);
    expect(sent.at(-1)?.keepalive).toBe(false);
    for (const { answer } of sent) answer();
    await Promise.all(words);
    void transport.send(7, long(140), true);
    expect(sent.at(-1)?.keepalive).toBe(true);
  });
});

describe("making the page fit to send again", () => {
  const page =
    (user: string): Fetch =>
    () =>
      Promise.resolve(
        new Response(
          `<head><meta name="csrf-token" content="new"></head><body data-user-id="${user}"></body>`,
        ),
      );
  const token = (): string | undefined =>
    document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content;

  beforeEach(() => {
    document.head.innerHTML = '<meta name="csrf-token" content="old">';
  });

  it("takes over the token of a sign-in elsewhere, of the same person alone", async () => {
    expect([await new HttpLabelTransport("1", page("2")).renew(), token()]).toEqual([false, "old"]);
    expect([await new HttpLabelTransport("1", page("1")).renew(), token()]).toEqual([true, "new"]);
  });

  it("says no where the page cannot be had", async () => {
    const gone = new HttpLabelTransport("1", () => Promise.resolve(new Response("", { status: 404 })));
    const unplugged = new HttpLabelTransport("1", () => Promise.reject(new TypeError("Failed to fetch")));
    expect([await gone.renew(), await unplugged.renew()]).toEqual([false, false]);
  });
});
