import { createWriteTracker, type WriteTracker } from "../transport/errors/write-tracker.ts";
import { EtcdV2Error } from "./errors.ts";

/** Tracks the writes of an operation of several requests. The reason of the caller's own `signal` stays as it is. */
export function trackWrites(signal: AbortSignal | undefined): WriteTracker {
  const own = (error: unknown): boolean => signal?.aborted === true && error === signal.reason;
  return createWriteTracker({
    outcomeOf: (error) => (EtcdV2Error.is(error) && !own(error) ? error.outcome : undefined),
    withOutcome: (error, outcome) => (EtcdV2Error.is(error) ? Object.assign(error, { outcome }) : error),
  });
}
