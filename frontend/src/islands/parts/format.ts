/** Figures and times in words, the same everywhere. */

const numberFormat = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** 27000 -> "27 000": a thin space groups digits, so that neither comma nor point can mislead. */
export function count(value: number): string {
  return numberFormat.format(value).replaceAll(",", "\u2009");
}

/** counted(1, "frame") -> "1 frame"; counted(2, "frame") -> "2 frames". */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export function pixels(value: number | null | undefined): string {
  return value === null || value === undefined || !Number.isFinite(value) ? "–" : `${value.toFixed(1)} px`;
}

/** Unit first named in full lab use: 0.957 -> "95.7 %". */
export function percent(share: number | null | undefined, digits = 0): string {
  return share === null || share === undefined || !Number.isFinite(share)
    ? "–"
    : `${(share * 100).toFixed(digits)} %`;
}

const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

export function bytes(value: number): string {
  const power = value < 1 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), BYTE_UNITS.length - 1);
  const scaled = value / 1000 ** power;
  return `${scaled.toFixed(scaled < 10 && power > 0 ? 1 : 0)} ${BYTE_UNITS[power]}`;
}

/** 75 -> "1 min 15 s". */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 10) return whole % 60 ? `${minutes} min ${whole % 60} s` : `${minutes} min`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
}

/** How long ago, in the coarsest honest unit. */
export function ago(iso: string, now: number = Date.now()): string {
  const seconds = (now - Date.parse(iso)) / 1000;
  if (seconds < 45) return "just now";
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`;
  if (seconds < 172_800) return "yesterday";
  return new Date(iso).toLocaleDateString(undefined, { year: "numeric", month: "short", day: "numeric" });
}
