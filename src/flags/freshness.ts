/** How the last contact with etcd went, and when. Times are milliseconds of the clock that is given. */
export interface Freshness {
  /** When etcd last answered; `undefined`: not yet. */
  readonly checkedAt: number | undefined;
  /** When it last failed to, if that was later. */
  readonly failedAt: number | undefined;
}

export interface FreshnessLimits {
  readonly ttlMs: number;
  readonly staleIfErrorMs: number;
}

/** After a failure etcd is left alone for as long as values live, but no shorter and no longer than this. */
const shortestRetryMs = 1000;
const longestRetryMs = 10_000;

/** Whether it is time to ask again. A clock that went back makes it time. */
export function isDue({ checkedAt, failedAt }: Freshness, { ttlMs }: FreshnessLimits, now: number): boolean {
  if (failedAt !== undefined) {
    return outside(now - failedAt, Math.min(longestRetryMs, Math.max(shortestRetryMs, ttlMs)));
  }
  return checkedAt === undefined || outside(now - checkedAt, ttlMs);
}

/** Whether etcd has been away for longer than its last word may be used. */
export function isExpired({ checkedAt, failedAt }: Freshness, limits: FreshnessLimits, now: number): boolean {
  if (failedAt === undefined || checkedAt === undefined) return false;
  return now - checkedAt > limits.ttlMs + limits.staleIfErrorMs;
}

function outside(age: number, limit: number): boolean {
  return age < 0 || age >= limit;
}
