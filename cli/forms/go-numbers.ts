/** A duration as Go prints it: `7.773092ms`, `1m30s`, `5.01s`. */
export function goDurationText(ms: number): string {
  const ns = Math.round(ms * 1e6);
  if (ns === 0) return "0s";
  if (ns < 1_000) return `${ns}ns`;
  if (ns < 1_000_000) return `${trimmed(ns, 3)}µs`;
  if (ns < 1_000_000_000) return `${trimmed(ns, 6)}ms`;
  const minutes = Math.floor(ns / 60e9);
  const seconds = `${trimmed(ns - minutes * 60e9, 9)}s`;
  if (minutes === 0) return seconds;
  return minutes < 60 ? `${minutes}m${seconds}` : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`;
}

function trimmed(value: number, digits: number): string {
  const text = String(value).padStart(digits + 1, "0");
  const fraction = text.slice(-digits).replace(/0+$/, "");
  return fraction === "" ? text.slice(0, -digits) : `${text.slice(0, -digits)}.${fraction}`;
}

const units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"] as const;

/** A size as etcdctl prints it, in powers of 1,000: `25 kB`, `1.2 MB`. */
export function sizeText(bytes: bigint | number): string {
  const size = Number(bytes);
  if (size < 10) return `${size} B`;
  const power = Math.floor(Math.log(size) / Math.log(1_000));
  const value = Math.floor((size / 1_000 ** power) * 10 + 0.5) / 10;
  return `${value < 10 ? value.toFixed(1) : halfToEven(value)} ${units[power] ?? ""}`;
}

/** Go rounds 20.5 to 20, and 21.5 to 22. */
function halfToEven(value: number): number {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (below % 2) : Math.round(value);
}
