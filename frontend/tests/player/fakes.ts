import type { Clock } from "../../src/player/clock";
import type { DecodedFrame, FrameSource, SourceKind } from "../../src/player/types";

/** Time that a test turns by hand. */
export class HandClock implements Clock {
  #now = 0;
  #callbacks = new Map<number, (now: number) => void>();
  #next = 1;

  now(): number {
    return this.#now;
  }

  requestFrame(callback: (now: number) => void): number {
    this.#callbacks.set(this.#next, callback);
    return this.#next++;
  }

  cancelFrame(handle: number): void {
    this.#callbacks.delete(handle);
  }

  /** Let time pass and run one animation frame. */
  tick(ms: number): void {
    this.#now += ms;
    const due = [...this.#callbacks.values()];
    this.#callbacks.clear();
    for (const callback of due) callback(this.#now);
  }
}

/** Frames that arrive when the test says so, or at once. */
export class FakeSource implements FrameSource {
  readonly kind: SourceKind;
  open = 0;
  disposed = false;
  cacheBytes = 0;
  readonly asked: number[] = [];
  readonly aborted: number[] = [];
  #waiting = new Map<number, () => void>();
  readonly #refusals = new Set<(reason: unknown) => void>();
  held = false;
  failWith: Error | null = null;

  constructor(kind: SourceKind = "images") {
    this.kind = kind;
  }

  get(index: number, signal: AbortSignal): Promise<DecodedFrame> {
    this.asked.push(index);
    if (this.failWith !== null) return Promise.reject(this.failWith);
    return new Promise((resolve, reject) => {
      this.#refusals.add(reject);
      signal.addEventListener("abort", () => {
        this.aborted.push(index);
        reject(signal.reason);
      });
      const deliver = (): void => {
        if (!signal.aborted) resolve(this.#frame(index));
      };
      if (this.held) this.#waiting.set(index, deliver);
      else deliver();
    });
  }

  /** Deliver a frame that was held back. */
  release(index: number): Promise<void> {
    this.#waiting.get(index)?.();
    this.#waiting.delete(index);
    return settle();
  }

  setCacheBytes(bytes: number): void {
    this.cacheBytes = bytes;
  }

  /** As the real ones: whoever still waits is turned away. */
  dispose(): void {
    this.disposed = true;
    for (const refuse of this.#refusals) refuse(new DOMException("The video was closed.", "AbortError"));
  }

  #frame(index: number): DecodedFrame {
    this.open++;
    return { index, image: {} as ImageBitmap, close: () => void this.open-- };
  }
}

export function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
