import { boundBy, raceAbort } from "../transport/abort.ts";
import { type CallOptions, checkTimeout } from "./client-options.ts";
import { EtcdV2Error } from "./errors.ts";
import type { Requester } from "./requester.ts";

/** Bounds a wait, and says what became of the cleanup when the wait is given up. */
export interface Patience {
  readonly signal: AbortSignal;
  /** Waits for `cleanup`, though not for long; it continues after that. Resolves with whether it was done by then. */
  cleanedUp(cleanup: Promise<unknown>): Promise<boolean>;
  /** Waits for `cleanup` in the same way, and resolves with `error`, whose outcome says whether a key may be left. */
  failed(error: unknown, cleanup: Promise<unknown>): Promise<unknown>;
  end(): void;
}

/** The longest wait for a cleanup, in milliseconds; for a wait with a time limit, a twentieth of that. */
const longestGraceMs = 3000;
/** The shortest: what a server under load takes for one request, in milliseconds. */
const shortestGraceMs = 50;

/** `expired` makes the reason when the time is up; needed only with a `timeoutMs`. */
export function createPatience(
  requester: Requester,
  { signal, timeoutMs = Infinity }: CallOptions,
  expired?: () => EtcdV2Error,
): Patience {
  const deadline = requester.begin(signal, checkTimeout(timeoutMs), expired);
  const graceMs = Math.min(longestGraceMs, Math.max(shortestGraceMs, timeoutMs / 20));

  async function cleanedUp(cleanup: Promise<unknown>): Promise<boolean> {
    const grace = boundBy(graceMs, undefined);
    try {
      await raceAbort(cleanup, grace.signal);
      return true;
    } catch {
      return false;
    } finally {
      grace.end();
    }
  }

  return {
    signal: deadline.signal,
    cleanedUp,
    async failed(error, cleanup) {
      const outcome = (await cleanedUp(cleanup)) ? "not-applied" : "unknown";
      return EtcdV2Error.is(error) && error !== signal?.reason ? Object.assign(error, { outcome }) : error;
    },
    end: deadline.end,
  };
}
