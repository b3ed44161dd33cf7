import { raceAbort, startDeadline } from "../transport/deadline.ts";
import { amend, EtcdError } from "../transport/errors/etcd-error.ts";
import { ownOptions } from "../v3/check.ts";
import type { RangeOptions } from "../v3/kv/range.ts";

/** How long a caller waits for something that goes on without him. */
export type WaitOptions = Pick<RangeOptions, "signal" | "timeoutMs">;

export function checkWaitOptions(where: string, given: WaitOptions | undefined): WaitOptions {
  return ownOptions(where, given);
}

/**
 * Waits for work, but no longer than told: rejects with the signal's reason, or with `Timeout`. The work is told by the
 * signal it gets, and what becomes of it after that is not looked at.
 */
export async function waitAtMost<T>(
  { timeoutMs = Infinity, signal }: WaitOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = startDeadline(timeoutMs, signal);
  try {
    return await raceAbort(work(deadline.signal), deadline.signal);
  } catch (error) {
    const timedOut = error === deadline.signal.reason && signal?.aborted !== true && EtcdError.is(error);
    throw timedOut ? amend(error, { outcome: "not-applied" }) : error;
  } finally {
    deadline.end();
  }
}
