import { pause } from "../transport/abort.ts";

/**
 * Calls `renew` every third of the TTL, in seconds, until `signal` aborts; after a failure it tries again soon. Losing the
 * key is for `renew`, or its caller's own clock, to notice.
 */
export async function keepAlive(renew: () => Promise<unknown>, ttl: number, signal: AbortSignal): Promise<void> {
  const third = (ttl * 1000) / 3;
  let wait = third;
  while (!signal.aborted) {
    wait = await pause(wait, signal)
      .then(renew)
      .then(
        () => third,
        () => Math.min((ttl * 1000) / 10, 1000),
      );
  }
}
