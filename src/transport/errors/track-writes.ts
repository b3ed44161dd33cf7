import { amend, EtcdError } from "./etcd-error.ts";
import { createWriteTracker, type WriteTracker } from "./write-tracker.ts";

export type { WriteTracker } from "./write-tracker.ts";

/** Tracks the writes of an operation of the v3 API. The reason of the caller's own `signal` stays as it is, whatever it is. */
export function trackWrites(signal?: AbortSignal): WriteTracker {
  const own = (error: unknown): boolean => signal?.aborted === true && error === signal.reason;
  return createWriteTracker({
    outcomeOf: (error) => (EtcdError.is(error) && !own(error) ? error.outcome : undefined),
    withOutcome(error, outcome) {
      if (!EtcdError.is(error)) return error;
      return amend(error, { outcome, retryable: error.retryable && outcome === "not-applied" });
    },
  });
}
