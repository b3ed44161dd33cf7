/** How many milliseconds each unit of a Go duration has. */
const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/**
 * Parses a duration as etcdctl takes it ("5s", "1m30s", "250ms"), and returns milliseconds. Throws an `Error` that shows
 * the form for anything else, for zero, and for less than a millisecond.
 */
export function parseGoDuration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/gy)];
  const whole = parts.reduce((length, [part]) => length + part.length, 0) === text.length && text !== "";
  const total = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? ""] ?? 0), 0);
  if (whole && total >= 1) return Math.round(total);
  throw new Error(`expected a duration like 5s, 1m30s or 250ms, got ${JSON.stringify(text)}`);
}
