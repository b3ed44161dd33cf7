import { amend, EtcdError } from "./etcd-error.ts";
import { createVerdict, type Verdict } from "./verdict.ts";

export type { Verdict } from "./verdict.ts";

/** The verdict on an operation of the v3 API. */
export function etcdVerdict(): Verdict {
  return createVerdict({
    outcomeOf: (error) => (EtcdError.is(error) ? error.outcome : undefined),
    withOutcome(error, outcome) {
      if (!EtcdError.is(error)) return error;
      return amend(error, { outcome, retryable: error.retryable && outcome === "not-applied" });
    },
  });
}
