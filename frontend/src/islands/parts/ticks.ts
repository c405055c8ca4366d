/** Round numbers that divide a range into about `count` parts: 1, 2 or 5 times a power of ten apart. */
export function roundTicks(from: number, to: number, count: number): number[] {
  if (!(to > from) || count < 1) return [from];
  const raw = (to - from) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= raw * 0.999) ?? 10) * power;
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  // From whole numbers, so that no 0.30000000000000004 is written at an axis.
  return Array.from({ length: last - first + 1 }, (_, at) => Number(((first + at) * step).toPrecision(12)));
}
