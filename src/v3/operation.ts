import type { CallOptions, Connection } from "../transport/connection.ts";
import { etcdVerdict, type Verdict } from "../transport/errors/etcd-verdict.ts";

/** For a request that finds out what became of a write: repeated until the time of the operation is over. */
export function untilTheEnd(options: CallOptions): CallOptions {
  return { ...options, timeoutMs: Infinity };
}

/**
 * Runs an operation of several requests in the time of one: `work` gives each of them the options that it is given, and
 * tells the verdict which of them write. An operation that never does has nothing to apply, whatever it fails with.
 */
export async function operation<T>(
  connection: Connection,
  options: CallOptions,
  work: (options: CallOptions, verdict: Verdict) => Promise<T>,
): Promise<T> {
  const { signal, timeoutMs = connection.timeoutMs } = options;
  const deadline = connection.begin(signal, timeoutMs);
  const verdict = etcdVerdict(signal);
  try {
    return await work({ signal: deadline.signal, timeoutMs }, verdict);
  } catch (error) {
    return await (verdict.wrote ? Promise.reject(error) : verdict.help(() => Promise.reject(error)));
  } finally {
    deadline.end();
  }
}
