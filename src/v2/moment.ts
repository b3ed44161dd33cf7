/** By both clocks: one of them may stand still while the machine sleeps, the other may be set back. */
export interface Moment {
  readonly wall: number;
  readonly steady: number;
}

export function moment(): Moment {
  return { wall: Date.now(), steady: performance.now() };
}

/** Milliseconds since then. */
export function since({ wall, steady }: Moment): number {
  return Math.max(Date.now() - wall, performance.now() - steady);
}
