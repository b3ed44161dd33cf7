import { pause } from "../transport/deadline.ts";

/** Waits before another try: at random, no longer than `firstMs`, doubled with each failure up to `longestMs`. */
export function backOff(failures: number, firstMs: number, longestMs: number, signal: AbortSignal): Promise<void> {
  return pause(Math.random() * Math.min(longestMs, firstMs * 2 ** failures), signal);
}
