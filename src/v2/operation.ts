import { boundBy, raceAbort } from "../transport/abort.ts";
import type { WriteTracker } from "../transport/errors/write-tracker.ts";
import { EtcdV2Error } from "./errors.ts";
import { type CallOptions, checkTimeout } from "./client-options.ts";
import type { Requester } from "./requester.ts";
import { trackWrites } from "./track-writes.ts";

/** Runs an operation of several requests in the time of one, which `work` gives to each, and tells the tracker which of them write. */
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

/** What bounds a wait, and what is done when it is given up. */
export interface Patience {
  readonly signal: AbortSignal;
  /** Waits for `undoing`, though not for long: it goes on after that. Resolves with whether it was done by then. */
  undone(undoing: Promise<unknown>): Promise<boolean>;
  /** Waits so, and resolves with `error`, whose outcome says whether something may be left of what it ended. */
  failed(error: unknown, undoing: Promise<unknown>): Promise<unknown>;
  end(): void;
}

/** How long a caller that has given up waits at most, in milliseconds; if it gave a time, a twentieth of that. */
const longestGraceMs = 3000;
/** What a server under load takes for the request that cleans up. */
const shortestGraceMs = 50;

/** `expired`: what ends the wait when the time is over; without one it has no end. */
export function createPatience(
  requester: Requester,
  { signal, timeoutMs = Infinity }: CallOptions,
  expired?: () => EtcdV2Error,
): Patience {
  const deadline = requester.begin(signal, checkTimeout(timeoutMs), expired);
  const graceMs = Math.min(longestGraceMs, Math.max(shortestGraceMs, timeoutMs / 20));

  async function undone(undoing: Promise<unknown>): Promise<boolean> {
    const grace = boundBy(graceMs, undefined, () => undefined);
    const done = undoing.then(
      () => true,
      () => false,
    );
    try {
      return await raceAbort(done, grace.signal).catch(() => false);
    } finally {
      grace.end();
    }
  }

  return {
    signal: deadline.signal,
    undone,
    async failed(error, undoing) {
      const outcome = (await undone(undoing)) ? "not-applied" : "unknown";
      const own = signal?.aborted === true && error === signal.reason;
      return EtcdV2Error.is(error) && !own ? Object.assign(error, { outcome }) : error;
    },
    end: deadline.end,
  };
}
