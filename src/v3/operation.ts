import type { CallOptions, Connection } from "../transport/connection.ts";
import { trackWrites, type WriteTracker } from "../transport/errors/track-writes.ts";

/** For a request that finds out what became of a write: repeated until the time of the operation is over. */
export function untilTheEnd(options: CallOptions): CallOptions {
  return { ...options, timeoutMs: Infinity };
}

/**
 * Runs an operation of several requests in the time of one: `work` gives each of them the options that it is given, and
 * tells the tracker which of them write. An operation that never does has nothing to apply, whatever it fails with.
 */
export async function operation<T>(
  connection: Connection,
  options: CallOptions,
  work: (options: CallOptions, tracker: WriteTracker) => Promise<T>,
): Promise<T> {
  const { signal, timeoutMs = connection.timeoutMs } = options;
  const deadline = connection.begin(signal, timeoutMs);
  const tracker = trackWrites(signal);
  try {
    return await work({ signal: deadline.signal, timeoutMs }, tracker);
  } catch (error) {
    throw tracker.wrote ? error : tracker.amended(error);
  } finally {
    deadline.end();
  }
}
