import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { JobFeed, POLL_MS } from "../../src/api/jobFeed";
import type { JobEventMsg, JobState } from "../../src/api/messages.gen";
import { ApiProblem } from "../../src/api/problem";

/** A socket whose other end is the test. */
class FakeSocket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string | ArrayBuffer }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  readonly sent: { type: string; since: Record<string, number> | number; seq?: number }[] = [];
  readonly readyState = 1;
  closed = false;

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {
    this.closed = true;
  }
  open(): void {
    this.onopen?.();
  }
  say(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  bytes(body: ArrayBuffer): void {
    this.onmessage?.({ data: body });
  }
  lose(code = 1006): void {
    this.onclose?.({ code });
  }
}

function job(seq: number, more: Partial<JobState> = {}): JobState {
  return {
    id: "a",
    kind: "pose.train",
    label: "Train model 1",
    state: "running",
    progress: { stage: "train", done: seq, total: 100, metrics: {}, rate: null, eta_s: null },
    error: null,
    seq,
    created_at: "2026-01-01T00:00:00Z",
    started_at: "2026-01-01T00:00:01Z",
    finished_at: null,
    attempt: 1,
    params: {},
    result: null,
    can_cancel: true,
    can_pause: true,
    can_resume: false,
    can_retry: false,
    pausing: false,
    ...more,
  };
}

function event(seq: number, jobId = "a"): JobEventMsg {
  return { job_id: jobId, seq, kind: "log", data: { message: `line ${seq}` }, at: "2026-01-01T00:00:02Z" };
}

function setup(log: JobEventMsg[] = []) {
  const sockets: FakeSocket[] = [];
  const reads = {
    jobs: vi.fn(async () => [job(9)]),
    events: vi.fn(async (_: string, since: number) => log.filter(({ seq }) => seq > since)),
  };
  const feed = new JobFeed({
    url: "ws://test/",
    reads,
    openSocket: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket as unknown as WebSocket;
    },
  });
  const socket = (at: number): FakeSocket => {
    const found = sockets[at];
    if (!found) throw new Error(`no socket ${at} of ${sockets.length}`);
    return found;
  };
  return { feed, reads, sockets, socket };
}

const seqs = (events: readonly JobEventMsg[]) => events.map(({ seq }) => seq);

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("a live feed", () => {
  it("subscribes when the socket opens and shows the snapshot, newest first", () => {
    const { feed, socket } = setup();
    socket(0).open();
    expect(socket(0).sent).toEqual([{ type: "subscribe", since: {} }]);
    expect(feed.loaded.value).toBe(false);
    const newer = job(1, { id: "b", created_at: "2026-02-01T00:00:00Z" });
    socket(0).say({ type: "snapshot", jobs: [job(3), newer], events: [] });
    expect([...feed.jobs.value.keys()]).toEqual(["b", "a"]);
    expect(feed.connection.value).toBe("live");
    feed.close();
  });

  it("keeps each event once, whether it came as history or live", async () => {
    const { feed, socket } = setup([1, 2, 3, 4].map((seq) => event(seq)));
    socket(0).open();
    socket(0).say({ type: "snapshot", jobs: [job(3)], events: [] });
    const log = feed.follow("a");
    socket(0).say({ type: "job", job: job(4), events: [event(4)] });
    await vi.advanceTimersByTimeAsync(0);
    socket(0).say({ type: "job", job: job(5), events: [event(4), event(5)] });
    expect(seqs(log.value)).toEqual([1, 2, 3, 4, 5]);
    feed.close();
  });

  it("asks again from the last number that it has when one is missing, once", () => {
    const { feed, socket } = setup();
    socket(0).open();
    socket(0).say({ type: "snapshot", jobs: [job(3)], events: [] });
    socket(0).say({ type: "job", job: job(6), events: [event(6)] });
    socket(0).say({ type: "job", job: job(7), events: [event(7)] });
    expect(socket(0).sent.slice(1)).toEqual([{ type: "subscribe", since: { a: 3 } }]);
    socket(0).say({ type: "snapshot", jobs: [job(7)], events: [4, 5, 6, 7].map((seq) => event(seq)) });
    socket(0).say({ type: "job", job: job(8), events: [event(8)] });
    expect(socket(0).sent).toHaveLength(2);
    expect(feed.jobs.value.get("a")?.seq).toBe(8);
    feed.close();
  });

  it("reads over HTTP what a snapshot still lacks", async () => {
    const stored = [1, 2].map((seq) => event(seq));
    const { feed, socket, reads } = setup(stored);
    socket(0).open();
    socket(0).say({ type: "snapshot", jobs: [job(2)], events: [] });
    const log = feed.follow("a");
    await vi.advanceTimersByTimeAsync(0);
    stored.push(event(3), event(4), event(5));
    socket(0).lose();
    await vi.advanceTimersByTimeAsync(500);
    socket(1).open();
    socket(1).say({ type: "snapshot", jobs: [job(5)], events: [event(5)] });
    await vi.advanceTimersByTimeAsync(0);
    expect(reads.events).toHaveBeenLastCalledWith("a", 2);
    expect(seqs(log.value)).toEqual([1, 2, 3, 4, 5]);
    feed.close();
  });

  it("never lets an older state overwrite a newer one", () => {
    const { feed, socket } = setup();
    socket(0).open();
    socket(0).say({ type: "snapshot", jobs: [job(5)], events: [] });
    feed.put(job(4, { state: "queued" }));
    expect(feed.jobs.value.get("a")?.state).toBe("running");
    feed.put(job(6, { state: "cancelled" }));
    expect(feed.jobs.value.get("a")?.state).toBe("cancelled");
    feed.close();
  });
});

describe("the log of a job", () => {
  it("is read part after part up to its newest line", async () => {
    const { feed, socket, reads } = setup([1, 2, 3, 4, 5].map((seq) => event(seq)));
    const all = reads.events.getMockImplementation();
    reads.events.mockImplementation(async (id, since) => (await all?.(id, since))?.slice(0, 2) ?? []);
    socket(0).open();
    socket(0).say({ type: "snapshot", jobs: [job(5, { state: "done" })], events: [] });
    const log = feed.follow("a");
    await vi.advanceTimersByTimeAsync(0);
    expect(seqs(log.value)).toEqual([1, 2, 3, 4, 5]);
    expect(reads.events.mock.calls.map(([, since]) => since)).toEqual([0, 2, 4]);
    feed.close();
  });

  it("is asked for again, after a pause, where the server did not answer", async () => {
    const { feed, socket, reads } = setup([1, 2].map((seq) => event(seq)));
    reads.events.mockRejectedValueOnce(new Error("no connection"));
    socket(0).open();
    socket(0).say({ type: "snapshot", jobs: [job(2, { state: "done" })], events: [] });
    const log = feed.follow("a");
    await vi.advanceTimersByTimeAsync(0);
    expect(log.value).toEqual([]);
    await vi.advanceTimersByTimeAsync(500);
    expect(seqs(log.value)).toEqual([1, 2]);
    feed.close();
  });

  it("is not asked for again where the answer is no", async () => {
    const { feed, reads } = setup();
    const gone = { status: 404, code: "not_found", title: "", detail: "", data: {} };
    reads.events.mockRejectedValue(new ApiProblem(gone));
    feed.follow("a");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(reads.events).toHaveBeenCalledTimes(1);
    feed.close();
  });
});

describe("a lost socket", () => {
  it("is opened anew and told what the page already has", async () => {
    const { feed, sockets, socket } = setup();
    socket(0).open();
    socket(0).say({ type: "snapshot", jobs: [job(3)], events: [] });
    socket(0).lose();
    expect(feed.connection.value).toBe("connecting");
    await vi.advanceTimersByTimeAsync(499);
    expect(sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    socket(1).open();
    expect(socket(1).sent).toEqual([{ type: "subscribe", since: { a: 3 } }]);
    feed.close();
  });

  it("polls, says so, and turns live again when a socket opens", async () => {
    const { feed, socket, sockets, reads } = setup();
    socket(0).lose();
    await vi.advanceTimersByTimeAsync(500);
    socket(1).lose();
    expect(feed.connection.value).toBe("polling");
    await vi.advanceTimersByTimeAsync(POLL_MS);
    expect(reads.jobs.mock.calls.length).toBeGreaterThanOrEqual(2);
    expect(feed.jobs.value.get("a")?.seq).toBe(9);
    const last = socket(sockets.length - 1);
    last.open();
    last.say({ type: "snapshot", jobs: [job(10)], events: [] });
    expect(feed.connection.value).toBe("live");
    const asked = reads.jobs.mock.calls.length;
    await vi.advanceTimersByTimeAsync(10 * POLL_MS);
    expect(reads.jobs.mock.calls.length).toBe(asked);
    feed.close();
  });

  it("polls one loop only, however often the socket fails", async () => {
    const { feed, sockets, reads } = setup();
    for (let at = 0; at < 4; at += 1) {
      sockets[at]?.lose();
      await vi.advanceTimersByTimeAsync(5000);
    }
    reads.jobs.mockClear();
    await vi.advanceTimersByTimeAsync(4 * POLL_MS);
    expect(reads.jobs.mock.calls.length).toBeLessThanOrEqual(4);
    feed.close();
  });

  it.each([
    [4401, "signed_out"],
    [4403, "denied"],
    [4404, "denied"],
  ])("stops for good at code %i", async (code, standing) => {
    const { feed, socket, sockets } = setup();
    socket(0).lose(code);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(feed.connection.value).toBe(standing);
    expect(sockets).toHaveLength(1);
    feed.close();
  });

  it("tells whoever follows poses that the server follows them no longer", () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const { feed, socket } = setup();
    const lost = vi.fn();
    feed.followPoses(7, 0, () => {}, lost);
    socket(0).open();
    socket(0).say({ type: "error", code: "bad_message", detail: "?", reconstruction_id: null });
    expect(lost).not.toHaveBeenCalled();
    socket(0).say({ type: "error", code: "not_found", detail: "It is gone.", reconstruction_id: 7 });
    expect(lost).toHaveBeenCalledWith("It is gone.");
    feed.close();
  });

  it("does nothing more after close", async () => {
    const { feed, socket, sockets, reads } = setup();
    socket(0).lose();
    feed.close();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(sockets).toHaveLength(1);
    expect(reads.jobs).not.toHaveBeenCalled();
  });
});
