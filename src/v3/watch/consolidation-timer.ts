/** How long nothing must change before it is time, in milliseconds; however busy it is, ten times that. */
const quietMs = 200;
const longestQuietMs = 60_000;

/** Tells when nothing has changed for a while. */
export interface ConsolidationTimer {
  changed(): void;
  stop(): void;
  /** To wait twice as long from now on, up to a minute. */
  slower(): void;
  /** To wait as long as in the beginning. */
  reset(): void;
}

export function consolidationTimer(onQuiet: () => void): ConsolidationTimer {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let latest = 0;
  let waitMs = quietMs;

  function stop(): void {
    clearTimeout(timer);
    timer = undefined;
  }

  return {
    changed() {
      const at = performance.now();
      if (timer === undefined) latest = at + 10 * waitMs;
      clearTimeout(timer);
      timer = setTimeout(
        () => {
          timer = undefined;
          onQuiet();
        },
        Math.max(0, Math.min(waitMs, latest - at)),
      );
    },
    stop,
    slower() {
      waitMs = Math.min(2 * waitMs, longestQuietMs);
    },
    reset() {
      waitMs = quietMs;
    },
  };
}
