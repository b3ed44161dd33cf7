import { EtcdError, notApplied } from "../../transport/errors/etcd-error.ts";
import { mayRetry } from "../../transport/retry/retry-policy.ts";

/** The first reopening of many clients is spread over this time, in milliseconds; then the wait doubles up to the cap. */
const firstWaitMs = 500;
/** The same for the second where another endpoint is healthy. */
const firstMoveMs = 100;
const longestWaitMs = 5000;

export interface EndpointOutlook {
  /** There are several endpoints. */
  readonly several: boolean;
  /** The one to go to has not failed lately. */
  readonly healthy: boolean;
}

/** How long to wait after so many failures in a row, in milliseconds. The first time a client moves on it does so at once. */
export function waitAfter(failures: number, { several, healthy }: EndpointOutlook): number {
  if (several && failures === 0) return 0;
  return Math.random() * (several && healthy ? capOf(firstMoveMs, failures - 1) : capOf(firstWaitMs, failures));
}

/** Whether a stream lasted longer after its confirmation than the wait before it could be: its end begins a new row. */
export function endsRow(failures: number, confirmedMs: number): boolean {
  return failures > 0 && confirmedMs > capOf(firstWaitMs, failures - 1);
}

function capOf(firstMs: number, doublings: number): number {
  return Math.min(longestWaitMs, firstMs * 2 ** doublings);
}

/**
 * Whether what ended a stream may pass; `undefined`: the server ended it, and did not say why. `others`: there are
 * endpoints that have not said the same.
 */
export function mayGoOn(error: unknown, others: boolean): boolean {
  if (!EtcdError.is(error)) return error === undefined;
  if (error.reason === "NotEtcd") return others;
  return error.retryable || mayRetry(error, "safe", others);
}

export function compacted(compactRevision: bigint): EtcdError {
  return new EtcdError(
    `the revision to watch from is compacted; the oldest available is ${compactRevision}`,
    "Compacted",
    { outcome: "not-applied", compactRevision },
  );
}

export function revisionTooLarge(revision: bigint, maxBytes: number): EtcdError {
  return notApplied(`the events of revision ${revision} take more than ${maxBytes} bytes`, "ResponseTooLarge");
}
