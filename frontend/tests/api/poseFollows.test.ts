import { beforeEach, describe, expect, it, vi } from "vitest";
import type {
  FollowMessage,
  PosesMessage,
  ReceivedMessage,
  UnfollowMessage,
} from "../../src/api/messages.gen";
import { PoseFollows, type PoseNews } from "../../src/api/poseFollows";

let sent: (FollowMessage | ReceivedMessage | UnfollowMessage)[];
let follows: PoseFollows;
let news: PoseNews[];

const head = (seq: number, start: number, stop: number, more: Partial<PosesMessage> = {}): PosesMessage => ({
  type: "poses",
  reconstruction_id: 7,
  seq,
  start,
  stop,
  individuals: 1,
  keypoints: 2,
  skipped: null,
  ticks_done: stop,
  tick_count: 100,
  state: "running",
  ...more,
});

const body = (ticks: number): ArrayBuffer => Float32Array.from({ length: ticks * 8 }, (_, i) => i).buffer;

beforeEach(() => {
  sent = [];
  news = [];
  follows = new PoseFollows((message) => void sent.push(message));
  follows.follow(7, 10, (item) => void news.push(item));
});

describe("PoseFollows", () => {
  it("hands a window over with its bytes, and says that it is here", () => {
    follows.message(head(1, 10, 12));
    expect(news).toEqual([]);
    follows.bytes(body(2));
    expect(news[0]).toMatchObject({ start: 10, stop: 12, ticksDone: 12 });
    expect(news[0]?.values[15]).toBe(15);
    expect(sent).toEqual([
      { type: "follow", reconstruction_id: 7, since: 10 },
      { type: "received", reconstruction_id: 7, seq: 1 },
    ]);
  });

  it("goes on after a lost connection from the first tick that is missing", () => {
    follows.message(head(1, 10, 12));
    follows.bytes(body(2));
    follows.message(head(2, 12, 14)); // its bytes are lost with the connection
    follows.resume();
    follows.bytes(body(2));
    expect(news.length).toBe(1);
    expect(sent.at(-1)).toEqual({ type: "follow", reconstruction_id: 7, since: 12 });
  });

  it("follows again what failed, since its job may be tried again", () => {
    follows.message(head(1, 10, 10, { state: "failed", ticks_done: 10 }));
    expect(news[0]?.state).toBe("failed");
    sent.length = 0;
    follows.resume();
    expect(sent).toEqual([{ type: "follow", reconstruction_id: 7, since: 10 }]);
    follows.message(head(1, 10, 12));
    follows.bytes(body(2));
    expect(news[1]).toMatchObject({ start: 10, stop: 12, state: "running" });
  });

  it("tells why the server follows no longer, and does not ask again", () => {
    const lost: string[] = [];
    follows.follow(
      8,
      0,
      () => {},
      (words) => void lost.push(words),
    );
    follows.message(head(1, 0, 2, { reconstruction_id: 8 }));
    follows.lost(8, "It was deleted.");
    follows.lost(8, "It was deleted.");
    expect(lost).toEqual(["It was deleted."]);
    sent.length = 0;
    follows.bytes(body(2)); // of the window that was on its way
    follows.resume();
    expect(sent).toEqual([{ type: "follow", reconstruction_id: 7, since: 10 }]);
  });

  it("does not follow again what is complete", () => {
    follows.message(head(1, 10, 10, { state: "ready", ticks_done: 10 }));
    expect(news[0]?.state).toBe("ready");
    sent.length = 0;
    follows.resume();
    expect(sent).toEqual([]);
  });

  it("goes on behind what was left out", () => {
    follows.message(head(1, 50, 52, { skipped: { start: 10, stop: 50 } }));
    follows.bytes(body(2));
    expect(news[0]).toMatchObject({ start: 50, stop: 52 });
    follows.resume();
    expect(sent.at(-1)).toEqual({ type: "follow", reconstruction_id: 7, since: 52 });
  });

  it("takes bytes that do not fit the message for ticks that were left out, and goes on", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    follows.message(head(1, 10, 12));
    follows.bytes(body(3));
    expect(warn).toHaveBeenCalledOnce();
    expect(news[0]).toMatchObject({ start: 12, stop: 12 });
    expect(news[0]?.values.length).toBe(0);
    expect(sent.at(-1)).toEqual({ type: "received", reconstruction_id: 7, seq: 1 });
    follows.message(head(2, 12, 13));
    follows.bytes(body(1));
    expect(news[1]).toMatchObject({ start: 12, stop: 13 });
  });

  it("ends one following and not the one that replaced it", () => {
    const end = follows.follow(7, 0, () => {});
    const last = follows.follow(7, 5, (item) => void news.push(item));
    end();
    follows.message(head(1, 5, 6));
    follows.bytes(body(1));
    expect(news.length).toBe(1);
    last();
    expect(sent.at(-1)).toEqual({ type: "unfollow", reconstruction_id: 7 });
  });
});
