/**
 * An MP4 file of one video track, written in memory. Source: ISO/IEC 14496-12 (boxes), 14496-15 (avc1) and the
 * "VP Codec ISO Media File Format Binding" (vp09). Frames are equally spaced and in the order shown.
 */

export interface Mp4Sample {
  readonly data: Uint8Array;
  readonly key: boolean;
}

export interface Mp4Track {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly samples: readonly Mp4Sample[];
  readonly codec:
    | { readonly kind: "avc" /** The avcC record. */; readonly record: Uint8Array }
    | { readonly kind: "vp9"; readonly profile: number; readonly level: number };
}

/** Units of time a frame: enough that no common rate is rounded. */
const UNITS = 1_000;

export function writeMp4(track: Mp4Track): Blob {
  if (track.samples.length === 0) throw new RangeError("A video needs at least one frame, got none.");
  const head = box("ftyp", ascii("isom"), u32(512), ascii("isomiso2avc1mp41"));
  // The table of contents stands before the frames, so that playing starts before all of it is there; its
  // size does not depend on the place it names.
  const length = movie(track, 0).length;
  const place = head.length + length + 8;
  const bytes = track.samples.reduce((sum, { data }) => sum + data.length, 0);
  const parts = [
    head,
    movie(track, place),
    u32(bytes + 8),
    ascii("mdat"),
    ...track.samples.map(({ data }) => data),
  ];
  return new Blob(parts as BlobPart[], { type: "video/mp4" });
}

/** Rotation and scale of none. */
const UNITY = [u32(0x10000), zeros(12), u32(0x10000), zeros(12), u32(0x40000000)] as const;
const NO_DATES = zeros(8);

function movie(track: Mp4Track, place: number): Uint8Array {
  const scale = u32(Math.round(track.fps * UNITS));
  const duration = u32(track.samples.length * UNITS);
  const rate = [u32(0x10000), u16(0x100), zeros(10)];
  const header = full("mvhd", 0, NO_DATES, scale, duration, ...rate, ...UNITY, zeros(24), u32(2));
  const size = [u32(track.width << 16), u32(track.height << 16)];
  const trackHeader = full("tkhd", 3, NO_DATES, u32(1), zeros(4), duration, zeros(16), ...UNITY, ...size);
  const media = box(
    "mdia",
    full("mdhd", 0, NO_DATES, scale, duration, u16(UNDETERMINED), zeros(2)),
    full("hdlr", 0, zeros(4), ascii("vide"), zeros(13)),
    box(
      "minf",
      full("vmhd", 1, zeros(8)),
      box("dinf", full("dref", 0, u32(1), full("url ", 1))),
      sampleTable(track, place),
    ),
  );
  return box("moov", header, box("trak", trackHeader, media));
}

/** The language `und`, three letters of five bits. */
const UNDETERMINED = 0x55c4;

function sampleTable(track: Mp4Track, place: number): Uint8Array {
  const { samples } = track;
  const count = u32(samples.length);
  const keys = samples.flatMap(({ key }, index) => (key ? [u32(index + 1)] : []));
  return box(
    "stbl",
    full("stsd", 0, u32(1), sampleEntry(track)),
    full("stts", 0, u32(1), count, u32(UNITS)),
    full("stss", 0, u32(keys.length), ...keys),
    full("stsc", 0, u32(1), u32(1), count, u32(1)),
    full("stsz", 0, u32(0), count, ...samples.map(({ data }) => u32(data.length))),
    full("stco", 0, u32(1), u32(place)),
  );
}

function sampleEntry({ width, height, codec }: Mp4Track): Uint8Array {
  const dotsAnInch = u32(0x480000);
  const common = [
    ...[zeros(6), u16(1), zeros(16), u16(width), u16(height), dotsAnInch, dotsAnInch, zeros(4)],
    ...[u16(1), zeros(32), u16(24), u16(0xffff)],
  ];
  if (codec.kind === "avc") return box("avc1", ...common, box("avcC", codec.record));
  // 8 bits, 4:2:0 with chroma beside luma, narrow range; BT.709 throughout; no data to set up the decoder.
  const format = new Uint8Array([codec.profile, codec.level, (8 << 4) | (1 << 1), 1, 1, 1, 0, 0]);
  return box("vp09", ...common, box("vpcC", u32(1 << 24), format));
}

function box(type: string, ...content: readonly Uint8Array[]): Uint8Array {
  const length = content.reduce((sum, part) => sum + part.length, 8);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of [u32(length), ascii(type), ...content]) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A box with version 0 and flags. */
function full(type: string, flags: number, ...content: readonly Uint8Array[]): Uint8Array {
  return box(type, u32(flags), ...content);
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function u32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value);
}

function zeros(count: number): Uint8Array {
  return new Uint8Array(count);
}
