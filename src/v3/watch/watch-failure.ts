import { EtcdError } from "../../transport/errors/etcd-error.ts";
import { mayRepeat } from "../../transport/retry/retry-policy.ts";

/** The first reopening of many clients is spread over this time, in milliseconds; then the wait doubles up to the cap. */
const firstWaitMs = 500;
const longestWaitMs = 5000;
/** The same where another endpoint is healthy, from the second failure on: the first is followed by no wait. */
const firstMoveMs = 50;

/** How long to wait after so many failures in a row, in milliseconds. `elsewhere`: another endpoint is healthy. */
export function waitAfter(failures: number, elsewhere: boolean): number {
  if (elsewhere && failures === 0) return 0;
  return Math.random() * Math.min(longestWaitMs, (elsewhere ? firstMoveMs : firstWaitMs) * 2 ** failures);
}

/** Whether a stream lasted long enough after its confirmation that its end begins a new row of failures. */
export function endsRow(failures: number, confirmedMs: number): boolean {
  return confirmedMs > Math.min(longestWaitMs, firstWaitMs * 2 ** failures);
}

/**
 * Whether what ended a stream may pass; `undefined`: the server ended it, and did not say why. `others`: there are
 * endpoints that have not said the same.
 */
export function mayPass(error: unknown, others: boolean): boolean {
  if (!EtcdError.is(error)) return error === undefined;
  if (error.reason === "NotEtcd") return others;
  return error.retryable || mayRepeat(error, "read", others);
}

export function compacted(compactRevision: bigint): EtcdError {
  return new EtcdError(
    `the revision to watch from is compacted; the oldest there is is ${compactRevision}`,
    "Compacted",
    { outcome: "not-applied", compactRevision },
  );
}

export function tooLarge(revision: bigint, maxBytes: number): EtcdError {
  return new EtcdError(`the events of revision ${revision} take more than ${maxBytes} bytes`, "ResponseTooLarge", {
    outcome: "not-applied",
  });
}

/** What `ready` rejects with when its time is up. `met`: what the watch last met, if anything. */
export function notReady(timeoutMs: number, met: EtcdError | undefined): EtcdError {
  const said = `the watch was not confirmed within ${timeoutMs} ms`;
  if (met === undefined) return new EtcdError(said, "Timeout", { outcome: "not-applied", retryable: true });
  return new EtcdError(`${said}: ${met.message}`, met.reason, {
    code: met.code,
    outcome: "not-applied",
    retryable: true,
    attempts: met.attempts,
    cause: met,
  });
}
