import { amend, EtcdError } from "./etcd-error.ts";
import { createVerdict, type Verdict } from "./verdict.ts";

export type { Verdict } from "./verdict.ts";

/** The verdict on an operation of the v3 API. The reason of the caller's own `signal` stays as it is, whatever it is. */
export function etcdVerdict(signal?: AbortSignal): Verdict {
  const own = (error: unknown): boolean => signal?.aborted === true && error === signal.reason;
  return createVerdict({
    outcomeOf: (error) => (EtcdError.is(error) && !own(error) ? error.outcome : undefined),
    withOutcome(error, outcome) {
      if (!EtcdError.is(error)) return error;
      return amend(error, { outcome, retryable: error.retryable && outcome === "not-applied" });
    },
  });
}
