import type { CallOptions } from "../transport/connection.ts";
import { boundBy, checkTimeout, onAbort, pause, raceAbort, timeoutError } from "../transport/deadline.ts";
import { amend, EtcdError } from "../transport/errors/etcd-error.ts";
import { outlasts } from "../transport/errors/foreign.ts";
import { trackWrites, type WriteTracker } from "../transport/errors/track-writes.ts";
import type { Etcd } from "../v3/client.ts";
import type { Selector } from "../v3/keys.ts";
import type { RangeOptions } from "../v3/kv/range.ts";
import type { WatchEvent } from "../v3/watch/watch-event.ts";
import type { WatchOptions } from "../v3/watch/watch-options.ts";

// How recipes wait: for as long as the caller's signal and time allow, between two tries, and for a change of keys.

export interface Scope {
  /** Aborts with the reason of the first signal that does, or with what `expired` makes when the time is up. */
  readonly signal: AbortSignal;
  /**
   * How long a caller that has given up waits for its keys to be deleted, in milliseconds: a second at most; with a
   * timeout a twentieth of that, but at least the time of a round trip.
   */
  readonly graceMs: number;
  /** Waits for `cleanup` for up to `graceMs`; it continues after that. Resolves with whether it succeeded by then. */
  settle(cleanup: Promise<unknown>): Promise<boolean>;
  /**
   * Waits in the same way, and resolves with `error`. Its outcome is `not-applied` if the cleanup succeeded, otherwise
   * `unknown`: keys may be left.
   */
  failed(error: unknown, cleanup: Promise<unknown>): Promise<unknown>;
  /** Whether it is the reason of a signal that was given, which its caller gets back as it is. */
  isGiven(reason: unknown): boolean;
  /** Frees the timer and the listeners. */
  end(): void;
}

const longestGraceMs = 1000;
/** What a server under load takes for the request that cleans up. */
const shortestGraceMs = 50;

/** `outer`: signals and scopes that end it too. */
export function createScope(
  outer: readonly (AbortSignal | Scope | undefined)[],
  timeoutMs: number = Infinity,
  expired?: () => EtcdError,
): Scope {
  const bound = boundBy(checkTimeout(timeoutMs), undefined, expired);
  const ends = [bound.end];
  let graceMs = Math.min(longestGraceMs, Math.max(shortestGraceMs, timeoutMs / 20));
  for (const each of outer) {
    if (each === undefined) continue;
    const signal = "graceMs" in each ? each.signal : each;
    if ("graceMs" in each) graceMs = Math.min(graceMs, each.graceMs);
    ends.push(onAbort(signal, () => bound.abort(signal.reason)));
  }

  function isGiven(reason: unknown): boolean {
    return outer.some((each) => {
      if (each === undefined) return false;
      return "graceMs" in each ? each.isGiven(reason) : each.aborted && each.reason === reason;
    });
  }

  const settle = (cleanup: Promise<unknown>): Promise<boolean> => succeedsWithin(graceMs, cleanup);

  return {
    signal: bound.signal,
    graceMs,
    settle,
    async failed(error, cleanup) {
      const clean = await settle(cleanup);
      if (!EtcdError.is(error) || isGiven(error)) return error;
      return amend(error, { outcome: clean ? "not-applied" : "unknown" });
    },
    isGiven,
    end() {
      for (const end of ends) end();
    },
  };
}

/** Whether an error is one of etcd's or ours with this reason. */
export function isReason(error: unknown, reason: EtcdError["reason"]): error is EtcdError {
  return EtcdError.is(error) && error.reason === reason;
}

/** What a piece of work is given that has a time of its own. */
export interface Limits {
  readonly scope: Scope;
  /** That of the scope. */
  readonly signal: AbortSignal;
  /** Follows the writes of the work, so that its errors say whether they were applied. */
  readonly tracker: WriteTracker;
  /** Milliseconds left for a request that does not get the caller's signal; `undefined`: no limit was given. */
  left(): number | undefined;
}

/**
 * Does a piece of work for as long as its caller's signal and time allow; without `timeoutMs` for ever. `failure` is the
 * text of the `Timeout`: what did not happen in time.
 */
export async function limited<T>(
  { signal, timeoutMs }: CallOptions,
  failure: string,
  work: (limits: Limits) => Promise<T>,
): Promise<T> {
  const tracker = trackWrites(signal);
  const scope = createScope(
    [signal],
    timeoutMs,
    () => new EtcdError(`${failure} within ${timeoutMs} ms`, "Timeout", { outcome: tracker.outcome }),
  );
  const start = performance.now();
  const left = (): number | undefined =>
    timeoutMs === undefined ? undefined : Math.max(1, timeoutMs - (performance.now() - start));
  try {
    if (scope.signal.aborted) throw scope.signal.reason;
    return await work({ scope, signal: scope.signal, tracker, left });
  } finally {
    scope.end();
  }
}

/** How long a caller waits for something that goes on without it. */
export type WaitOptions = Pick<RangeOptions, "signal" | "timeoutMs">;

/**
 * Waits for work for as long as told: rejects with the signal's reason, or with `Timeout`. The work gets a signal that
 * aborts then; how it ends after that is ignored.
 */
export async function waitAtMost<T>(
  { timeoutMs = Infinity, signal }: WaitOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const expired = (): EtcdError => amend(timeoutError(timeoutMs), { outcome: "not-applied" });
  const scope = createScope([signal], timeoutMs, expired);
  try {
    return await raceAbort(work(scope.signal), scope.signal);
  } finally {
    scope.end();
  }
}

/** Whether work succeeds within a time; it goes on after that. Never rejects. */
export function succeedsWithin(timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
  return waitAtMost({ timeoutMs }, () => work).then(
    () => true,
    () => false,
  );
}

/** The bounds of a back-off, in milliseconds. */
export interface BackOff {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** For work that is tried again for as long as its owner lives, rather than for one caller. */
export const longBackOff: BackOff = { firstMs: 100, longestMs: 5000 };

/** Waits before another try: at random, no longer than `firstMs`, doubled with each failure up to `longestMs`. */
export function backOff(
  failures: number,
  signal: AbortSignal,
  { firstMs, longestMs }: BackOff = { firstMs: 50, longestMs: 2000 },
): Promise<void> {
  return pause(Math.random() * Math.min(longestMs, firstMs * 2 ** failures), signal);
}

/** Reasons of failures that may pass, whatever the client was told about retries. */
const passing: ReadonlySet<EtcdError["reason"]> = new Set<EtcdError["reason"]>([
  "Unreachable",
  "MalformedResponse",
  "Timeout",
  "NoLeader",
  "LeaderChanged",
  "Stopped",
  "Unhealthy",
  "TooManyRequests",
]);

/** Whether another try may succeed where one has failed. */
export function mayPass(error: unknown): error is EtcdError {
  return EtcdError.is(error) && (error.retryable || passing.has(error.reason));
}

/** A read in the middle of a wait: like the watches of the wait, it outlasts what may pass, unless `lasts` is `false`. */
export async function readAmidWait<T>(signal: AbortSignal, read: () => Promise<T>, lasts: boolean = true): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      return await read();
    } catch (error) {
      if (!lasts || signal.aborted || !(mayPass(error) || outlasts(error, failures))) throw error;
      await backOff(failures, signal, longBackOff);
    }
  }
}

/** Runs a read. */
export type WaitRead = <T>(read: () => Promise<T>) => Promise<T>;

/** For a wait that starts with a read: the first one fails as any call does, those after it are tried again. */
export function readsOfWait(signal: AbortSignal): WaitRead {
  let lasts = false;
  return async (read) => {
    const result = await readAmidWait(signal, read, lasts);
    lasts = true;
    return result;
  };
}

/**
 * Waits for the first change of a range, at `from` or later, that is wanted. Resolves with `false` if the history since
 * then is compacted: there may have been one, so the caller reads the range again.
 */
export async function nextChange(
  etcd: Etcd,
  selector: Selector,
  options: WatchOptions,
  isWanted: (event: WatchEvent) => boolean = () => true,
): Promise<boolean> {
  try {
    for await (const event of etcd.watch(selector, options)) if (isWanted(event)) return true;
  } catch (error) {
    if (!isReason(error, "Compacted")) throw error;
  }
  return false;
}
