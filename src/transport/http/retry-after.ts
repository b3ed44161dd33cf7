const longestMs = 30_000;

/** The pause that a `Retry-After` asks for, as seconds or as a date, in milliseconds; `undefined`: it asks for none. */
export function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** How much of the pause that the server asked for is made, in milliseconds; 0 if it asked for none. */
export function askedPauseMs(error: { readonly retryAfterMs?: number | null | undefined } | undefined): number {
  return Math.min(error?.retryAfterMs ?? 0, longestMs);
}
