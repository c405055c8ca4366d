import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ByteRead } from "../../src/player/bytes";
import type { Gop } from "../../src/player/frameTable";
import { GroupReader } from "../../src/player/groupReader";
import type { SharedLine } from "../../src/player/readingAhead";
import { SourceError } from "../../src/player/types";
import { table } from "./sidecar";

const GROUP = 12;
const CALM_MS = 40;
/** A line that nobody else is on. */
const alone: SharedLine = (work) => work();
const never = (): AbortSignal => new AbortController().signal;

/** A server whose byte at an offset is the offset itself, modulo 251. */
class Server {
  readonly asked: [start: number, end: number][] = [];
  readonly aborted: number[] = [];
  /** How long an answer takes. */
  takesMs = 0;
  failing = false;

  readonly fetch = async (start: number, end: number, signal: AbortSignal): Promise<ByteRead> => {
    this.asked.push([start, end]);
    signal.addEventListener("abort", () => this.aborted.push(start));
    await new Promise((resolve) => setTimeout(resolve, this.takesMs));
    signal.throwIfAborted();
    if (this.failing) throw new SourceError("network", "away");
    const pieces = [content(start, end)];
    return new ByteRead(end - start, async () => pieces.shift() ?? null);
  };
}

/** A line as pages have it: one after the other, and whoever gave up while waiting gets none. */
function oneAtATime(): SharedLine {
  let before: Promise<unknown> = Promise.resolve();
  return (work, signal) => {
    const mine = before.then(() => {
      signal.throwIfAborted();
      return work();
    });
    before = mine.catch(() => {});
    return mine;
  };
}

function content(start: number, end: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: end - start }, (_, i) => (start + i) % 251);
}

describe("GroupReader", () => {
  const frames = table(60, GROUP);
  const groups = [0, 12, 24, 36, 48].map((first) => frames.gopOf(first));
  const [first, second, third, fourth, fifth] = groups as [Gop, Gop, Gop, Gop, Gop];
  let server: Server;

  beforeEach(() => {
    vi.useFakeTimers();
    server = new Server();
  });
  afterEach(() => void vi.useRealTimers());

  const sizeOf = (gop: Gop): number => gop.byteEnd - gop.byteStart;

  async function bytesOf(reader: GroupReader, gop: Gop): Promise<Uint8Array> {
    const reading = reader.read(gop, never());
    await vi.advanceTimersByTimeAsync(server.takesMs);
    const read = await reading;
    await reader.finish(gop, read);
    return read.bytes;
  }

  it("keeps what was read", async () => {
    const reader = new GroupReader(frames, server.fetch, alone, 2 ** 20);
    const bytes = await bytesOf(reader, third);
    expect(bytes).toEqual(content(third.byteStart, third.byteEnd));
    expect(await bytesOf(reader, third)).toEqual(bytes);
    expect(server.asked).toHaveLength(1);
  });

  it("reads ahead from where the reader is, both ways, and gives each group its own bytes", async () => {
    const reader = new GroupReader(frames, server.fetch, alone, 2 ** 20);
    await bytesOf(reader, third);
    reader.readAhead(third.first + 5, CALM_MS);
    await vi.advanceTimersByTimeAsync(CALM_MS - 1);
    expect(server.asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(server.asked.slice(1)).toEqual([
      [fourth.byteStart, fifth.byteEnd],
      [first.byteStart, second.byteEnd],
    ]);
    for (const gop of groups) expect(await bytesOf(reader, gop)).toEqual(content(gop.byteStart, gop.byteEnd));
    expect(server.asked).toHaveLength(3);
  });

  it("fills free memory only: nothing that is kept leaves for what nobody asked for", async () => {
    const reader = new GroupReader(
      frames,
      server.fetch,
      alone,
      sizeOf(first) + sizeOf(second) + sizeOf(fifth),
    );
    await bytesOf(reader, fifth);
    reader.readAhead(0, CALM_MS);
    await vi.advanceTimersByTimeAsync(1000);
    expect(server.asked.slice(1)).toEqual([[first.byteStart, second.byteEnd]]);
    expect(await bytesOf(reader, fifth)).toEqual(content(fifth.byteStart, fifth.byteEnd));
    expect(server.asked).toHaveLength(2);
  });

  it("lets go of what is too much when it may keep less", async () => {
    const reader = new GroupReader(frames, server.fetch, alone, 2 ** 20);
    await bytesOf(reader, first);
    await bytesOf(reader, fifth);
    reader.setKeptBytes(sizeOf(fifth));
    await bytesOf(reader, fifth);
    expect(server.asked).toHaveLength(2);
    await bytesOf(reader, first);
    expect(server.asked).toHaveLength(3);
  });

  it("starts nothing while somebody waits", async () => {
    const reader = new GroupReader(frames, server.fetch, alone, 2 ** 20);
    reader.readAhead(0, CALM_MS);
    await vi.advanceTimersByTimeAsync(CALM_MS - 1);
    reader.standBack();
    await vi.advanceTimersByTimeAsync(1000);
    expect(server.asked).toEqual([]);
  });

  it("gives the line up to whoever needs bytes, and not to whoever has them", async () => {
    const reader = new GroupReader(frames, server.fetch, alone, 2 ** 20);
    await bytesOf(reader, first);
    server.takesMs = 100;
    reader.readAhead(0, CALM_MS);
    await vi.advanceTimersByTimeAsync(CALM_MS + 10);
    expect(server.asked).toHaveLength(2);
    reader.standBack();
    await reader.read(first, never());
    expect(server.aborted).toEqual([]);
    await bytesOf(reader, fifth);
    expect(server.aborted).toEqual([second.byteStart]);
  });

  it("leaves the line free for as long as it took", async () => {
    const reader = new GroupReader(frames, server.fetch, alone, 2 ** 20);
    await bytesOf(reader, third);
    server.takesMs = 300;
    reader.readAhead(third.first, 0);
    await vi.advanceTimersByTimeAsync(300 + 290);
    expect(server.asked).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(20);
    expect(server.asked).toHaveLength(3);
  });

  it("shares the line with the other views, and its rest too", async () => {
    const line = oneAtATime();
    const other = new Server();
    server.takesMs = 300;
    new GroupReader(frames, server.fetch, line, sizeOf(first)).readAhead(0, 0);
    new GroupReader(frames, other.fetch, line, sizeOf(first)).readAhead(0, 0);
    await vi.advanceTimersByTimeAsync(300 + 290);
    expect([server.asked.length, other.asked.length]).toEqual([1, 0]);
    await vi.advanceTimersByTimeAsync(20);
    expect([server.asked.length, other.asked.length]).toEqual([1, 1]);
  });

  it("asks for nothing when it gets the line while somebody waits", async () => {
    const line = oneAtATime();
    const other = new Server();
    server.takesMs = 300;
    new GroupReader(frames, server.fetch, line, sizeOf(first)).readAhead(0, 0);
    const reader = new GroupReader(frames, other.fetch, line, 2 ** 20);
    reader.readAhead(0, 10);
    await vi.advanceTimersByTimeAsync(100);
    reader.standBack();
    await vi.advanceTimersByTimeAsync(2000);
    expect(other.asked).toEqual([]);
    reader.readAhead(0, 10);
    await vi.advanceTimersByTimeAsync(1000);
    expect(other.asked).not.toEqual([]);
  });

  it("waits until it is calm again when it gets the line before", async () => {
    const line = oneAtATime();
    const other = new Server();
    server.takesMs = 300;
    new GroupReader(frames, server.fetch, line, sizeOf(first)).readAhead(0, 0);
    const reader = new GroupReader(frames, other.fetch, line, 2 ** 20);
    reader.readAhead(0, 10);
    await vi.advanceTimersByTimeAsync(100);
    reader.readAhead(0, 1000);
    await vi.advanceTimersByTimeAsync(900);
    expect(other.asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    expect(other.asked).not.toEqual([]);
  });

  it("stays calm after travel although a run of before ended meanwhile", async () => {
    const reader = new GroupReader(frames, server.fetch, alone, 2 ** 20);
    await bytesOf(reader, third);
    server.takesMs = 100;
    reader.readAhead(third.first, 0);
    await vi.advanceTimersByTimeAsync(50);
    reader.readAhead(third.first, 1000);
    await vi.advanceTimersByTimeAsync(900);
    expect(server.asked).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(200);
    expect(server.asked).toHaveLength(3);
  });

  it("after a failure waits for bytes to come again", async () => {
    const reader = new GroupReader(frames, server.fetch, alone, 2 ** 20);
    server.failing = true;
    reader.readAhead(0, CALM_MS);
    await vi.advanceTimersByTimeAsync(1000);
    reader.readAhead(0, CALM_MS);
    await vi.advanceTimersByTimeAsync(1000);
    expect(server.asked).toHaveLength(1);
    server.failing = false;
    await bytesOf(reader, first);
    reader.readAhead(0, CALM_MS);
    await vi.advanceTimersByTimeAsync(1000);
    expect(server.asked).toHaveLength(3);
  });

  it("asks for nothing once it is closed", async () => {
    const reader = new GroupReader(frames, server.fetch, alone, 2 ** 20);
    server.takesMs = 100;
    reader.readAhead(0, CALM_MS);
    await vi.advanceTimersByTimeAsync(CALM_MS + 10);
    reader.dispose();
    await vi.advanceTimersByTimeAsync(1000);
    expect(server.aborted).toEqual([first.byteStart]);
    expect(server.asked).toHaveLength(1);
  });
});
