import { signal } from "@preact/signals";
import { beforeEach, expect, it } from "vitest";
import type { JobState } from "../../../src/api/messages.gen";
import { onJobEnd } from "../../../src/islands/parts/watch";

const jobs = signal<ReadonlyMap<string, JobState>>(new Map());
const loaded = signal(false);
let ended: string[];
let end: AbortController;

function know(...states: [id: string, state: JobState["state"]][]): void {
  jobs.value = new Map(states.map(([id, state]) => [id, { id, state } as JobState]));
}

beforeEach(() => {
  end?.abort();
  know();
  loaded.value = false;
  ended = [];
  end = new AbortController();
  onJobEnd({ jobs, loaded }, end.signal, ({ id }) => ended.push(id));
});

it("tells of a job that was active and has ended, once", () => {
  know(["a", "running"]);
  loaded.value = true;
  know(["a", "done"]);
  know(["a", "done"], ["b", "queued"]);
  expect(ended).toEqual(["a"]);
});

it("tells of a job that is heard of only when it is over", () => {
  loaded.value = true;
  know(["a", "failed"]);
  expect(ended).toEqual(["a"]);
});

it("is silent about jobs that were over before the page came, and after its end", () => {
  know(["a", "done"]);
  loaded.value = true;
  know(["a", "done"], ["b", "running"]);
  end.abort();
  know(["a", "done"], ["b", "done"]);
  expect(ended).toEqual([]);
});

it("tells of a job that goes on after a rest, that is tried again, and that is cancelled at rest", () => {
  know(["a", "paused"], ["b", "failed"], ["c", "paused"]);
  loaded.value = true;
  know(["a", "queued"], ["b", "queued"], ["c", "cancelled"]);
  expect(ended).toEqual(["a", "b", "c"]);
});
