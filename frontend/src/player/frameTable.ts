import { SourceError } from "./types";

/** Bytes of one record of `frames.bin`: offset u8, size u4, key u4, source_pts i8, little-endian. */
export const RECORD_BYTES = 24;

/** A group of pictures: it starts at a key frame and can be decoded by itself. Bounds are inclusive. */
export interface Gop {
  readonly first: number;
  readonly last: number;
  /** Byte range of its samples in the proxy; `byteEnd` is exclusive. */
  readonly byteStart: number;
  readonly byteEnd: number;
}

/** Where each frame's sample lies in the proxy, read from the sidecar. */
export class FrameTable {
  readonly #offsets: Float64Array;
  readonly #sizes: Uint32Array;
  /** Index of the key frame that each frame needs. */
  readonly #keys: Uint32Array;

  private constructor(offsets: Float64Array, sizes: Uint32Array, keys: Uint32Array) {
    this.#offsets = offsets;
    this.#sizes = sizes;
    this.#keys = keys;
  }

  /** Read a sidecar; throws `SourceError("bad_index")` that names the record at fault. */
  static parse(buffer: ArrayBuffer, frameCount: number): FrameTable {
    const count = buffer.byteLength / RECORD_BYTES;
    if (count !== frameCount || count === 0) {
      throw bad(`has ${buffer.byteLength} bytes; ${frameCount} frames need ${frameCount * RECORD_BYTES}.`);
    }
    const view = new DataView(buffer);
    const offsets = new Float64Array(count);
    const sizes = new Uint32Array(count);
    const keys = new Uint32Array(count);
    let key = -1;
    for (let i = 0; i < count; i++) {
      const at = i * RECORD_BYTES;
      const offset = Number(view.getBigUint64(at, true));
      const size = view.getUint32(at + 8, true);
      const flag = view.getUint32(at + 12, true);
      if (flag > 1) throw bad(`frame ${i} has key flag ${flag}.`);
      if (flag === 1) key = i;
      if (key < 0) throw bad("does not start with a key frame.");
      if (size === 0 || !Number.isSafeInteger(offset + size))
        throw bad(`frame ${i} has ${size} bytes at ${offset}.`);
      offsets[i] = offset;
      sizes[i] = size;
      keys[i] = key;
    }
    return new FrameTable(offsets, sizes, keys);
  }

  get count(): number {
    return this.#sizes.length;
  }

  isKey(index: number): boolean {
    return this.#keys[this.#check(index)] === index;
  }

  /** Byte range of one sample in the proxy; `end` is exclusive. */
  sample(index: number): { start: number; end: number } {
    const start = this.#offsets[this.#check(index)] as number;
    return { start, end: start + (this.#sizes[index] as number) };
  }

  /** The group of pictures that holds a frame. */
  gopOf(index: number): Gop {
    const first = this.#keys[this.#check(index)] as number;
    let last = index;
    while (last + 1 < this.count && this.#keys[last + 1] === first) last++;
    let byteStart = Number.POSITIVE_INFINITY;
    let byteEnd = 0;
    for (let i = first; i <= last; i++) {
      const { start, end } = this.sample(i);
      byteStart = Math.min(byteStart, start);
      byteEnd = Math.max(byteEnd, end);
    }
    return { first, last, byteStart, byteEnd };
  }

  /** The groups to decode after `index` in a direction of travel, nearest first. */
  ahead(index: number, direction: 1 | -1, groups: number): Gop[] {
    const found: Gop[] = [];
    let gop = this.gopOf(index);
    while (found.length < groups) {
      const next = direction > 0 ? gop.last + 1 : gop.first - 1;
      if (next < 0 || next >= this.count) break;
      gop = this.gopOf(next);
      found.push(gop);
    }
    return found;
  }

  #check(index: number): number {
    if (!Number.isInteger(index) || index < 0 || index >= this.count) {
      throw new RangeError(`Frame ${index} is not in 0..${this.count - 1}.`);
    }
    return index;
  }
}

function bad(reason: string): SourceError {
  return new SourceError("bad_index", `The frame index of this video ${reason} Ingest the recording again.`);
}
