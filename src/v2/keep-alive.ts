import { pause } from "../transport/abort.ts";

/**
 * Calls `renew` every third of the time to live, in seconds, until `signal` aborts. What cannot be renewed now may be in
 * a moment; who is to know of a loss learns it by `renew`, or looks at the time.
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
