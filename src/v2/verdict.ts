import { createVerdict, type Verdict } from "../transport/errors/verdict.ts";
import { EtcdV2Error } from "./errors.ts";

/** The verdict on an operation of several requests. The reason of the caller's own `signal` stays as it is. */
export function v2Verdict(signal: AbortSignal | undefined): Verdict {
  const own = (error: unknown): boolean => signal?.aborted === true && error === signal.reason;
  return createVerdict({
    outcomeOf: (error) => (EtcdV2Error.is(error) && !own(error) ? error.outcome : undefined),
    withOutcome: (error, outcome) => (EtcdV2Error.is(error) ? Object.assign(error, { outcome }) : error),
  });
}
