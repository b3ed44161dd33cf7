/** A moment by both clocks of the machine, in milliseconds. */
export interface Moment {
  readonly wall: number;
  readonly monotonic: number;
}

export function now(): Moment {
  return { wall: Date.now(), monotonic: performance.now() };
}

/**
 * Milliseconds since `moment`, by whichever clock says more: the monotonic one may stand still while the machine
 * sleeps, the wall clock may be set back.
 */
export function elapsedSince(moment: Moment): number {
  return Math.max(Date.now() - moment.wall, performance.now() - moment.monotonic);
}

/** Milliseconds by the clock that is never set: for what must not last longer because the wall clock was set back. */
export function monotonicMs(): number {
  return performance.now();
}
