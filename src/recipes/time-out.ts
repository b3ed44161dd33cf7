import type { CallOptions } from "../transport/connection.ts";
import { startDeadline } from "../transport/deadline.ts";
import { amend, EtcdError, invalidArgument, shown } from "../transport/errors.ts";

/**
 * Does a piece of work for as long as its caller's signal and time allow; without `timeoutMs` for ever. `late` says what
 * did not happen in time: that is a `Timeout`, with the outcome that the failed call of the work has.
 */
export async function limited<T>(
  options: CallOptions,
  late: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal: outer, timeoutMs = Infinity } = options;
  if (typeof timeoutMs !== "number" || !(timeoutMs > 0)) {
    throw invalidArgument(`timeoutMs: expected a positive number of milliseconds, got ${shown(timeoutMs)}`);
  }
  if (outer?.aborted) throw outer.reason;
  const deadline = startDeadline(timeoutMs, outer);
  const { signal } = deadline;
  try {
    return await work(signal);
  } catch (error) {
    const timedOut = signal.aborted && outer?.aborted !== true && EtcdError.is(error) && error.reason === "Timeout";
    if (!timedOut) throw error;
    const { outcome, attempts } = error === signal.reason ? amend(error, { outcome: "not-applied" }) : error;
    throw new EtcdError(`${late} within ${timeoutMs} ms`, "Timeout", { outcome, attempts, cause: error });
  } finally {
    deadline.end();
  }
}
