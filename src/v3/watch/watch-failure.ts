import { EtcdError } from "../../transport/errors/etcd-error.ts";
import { mayRepeat } from "../../transport/retry/retry-policy.ts";

/** The first reopening of many clients is spread over this time, in milliseconds; then the wait doubles up to the cap. */
const firstWaitMs = 500;
const longestWaitMs = 5000;

/** How long to wait after so many failures in a row, in milliseconds. */
export function waitAfter(failures: number): number {
  return Math.random() * Math.min(longestWaitMs, firstWaitMs * 2 ** failures);
}

/** Whether what ended a stream may pass; `undefined`: the server ended it, and did not say why. */
export function judged(
  error: unknown,
  severalEndpoints: boolean,
): { readonly known: EtcdError | undefined; readonly passing: boolean } {
  const known = EtcdError.is(error) ? error : undefined;
  const passing =
    known === undefined ? error === undefined : known.retryable || mayRepeat(known, "read", severalEndpoints);
  return { known, passing };
}

export function compacted(compactRevision: bigint): EtcdError {
  return new EtcdError(
    `the revision to watch from is compacted; the oldest there is is ${compactRevision}`,
    "Compacted",
    { outcome: "not-applied", compactRevision },
  );
}
