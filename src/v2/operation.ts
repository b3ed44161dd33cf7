import type { WriteTracker } from "../transport/errors/write-tracker.ts";
import { type CallOptions, checkTimeout } from "./client-options.ts";
import type { Requester } from "./requester.ts";
import { trackWrites } from "./track-writes.ts";

/**
 * Runs an operation of several requests in the time of one, which `work` gives to each, and tells the tracker which of
 * them write.
 */
export async function operation<T>(
  requester: Requester,
  { signal, timeoutMs = requester.timeoutMs }: CallOptions,
  work: (call: CallOptions, tracker: WriteTracker) => Promise<T>,
): Promise<T> {
  const deadline = requester.begin(signal, checkTimeout(timeoutMs));
  const tracker = trackWrites(signal);
  try {
    return await work({ signal: deadline.signal, timeoutMs }, tracker);
  } catch (error) {
    // The reads of an operation that has written nothing end with the time of it, which knows nothing of reads.
    throw tracker.wrote ? error : tracker.amended(error);
  } finally {
    deadline.end();
  }
}
