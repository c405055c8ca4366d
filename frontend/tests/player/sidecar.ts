import { FrameTable, RECORD_BYTES } from "../../src/player/frameTable";

export interface Sample {
  readonly offset: number;
  readonly size: number;
  readonly key: number;
}

/** Samples of `count` frames in GOPs of `gop`, one after another from byte 1000 on; frame i has 10 + i bytes. */
export function samples(count: number, gop: number): Sample[] {
  let offset = 1000;
  return Array.from({ length: count }, (_, i) => {
    const sample = { offset, size: 10 + i, key: i % gop === 0 ? 1 : 0 };
    offset += sample.size;
    return sample;
  });
}

export function sidecar(rows: readonly Sample[]): ArrayBuffer {
  const buffer = new ArrayBuffer(rows.length * RECORD_BYTES);
  const view = new DataView(buffer);
  rows.forEach(({ offset, size, key }, i) => {
    view.setBigUint64(i * RECORD_BYTES, BigInt(offset), true);
    view.setUint32(i * RECORD_BYTES + 8, size, true);
    view.setUint32(i * RECORD_BYTES + 12, key, true);
    view.setBigInt64(i * RECORD_BYTES + 16, -1n, true);
  });
  return buffer;
}

export function table(count: number, gop: number): FrameTable {
  return FrameTable.parse(sidecar(samples(count, gop)), count);
}
