import type { CallOptions } from "../transport/connection.ts";
import { EtcdError } from "../transport/errors/etcd-error.ts";
import { trackWrites, type WriteTracker } from "../transport/errors/track-writes.ts";
import { createScope, type Scope } from "./scope.ts";

/** What a piece of work is given that has a time of its own. */
export interface Limits {
  readonly scope: Scope;
  /** That of the scope. */
  readonly signal: AbortSignal;
  /** What the work reports: its writes are to be told to it. */
  readonly tracker: WriteTracker;
  /** The time that is left, for a request that is not to hear the caller's signal; `undefined`: no limit was given. */
  left(): number | undefined;
}

/**
 * Does a piece of work for as long as its caller's signal and time allow; without `timeoutMs` for ever. `late` says what
 * did not happen in time.
 */
export async function limited<T>(
  { signal, timeoutMs }: CallOptions,
  late: string,
  work: (limits: Limits) => Promise<T>,
): Promise<T> {
  const tracker = trackWrites(signal);
  const scope = createScope(
    [signal],
    timeoutMs,
    () => new EtcdError(`${late} within ${timeoutMs} ms`, "Timeout", { outcome: tracker.outcome }),
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
