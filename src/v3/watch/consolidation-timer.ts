/** How long nothing must change before it is time, in milliseconds; however busy it is, ten times that. */
const restMs = 200;
const longestRestMs = 60_000;

/** Tells when nothing has changed for a while. */
export interface RestTimer {
  changed(): void;
  stop(): void;
  /** To wait twice as long from now on, up to a minute. */
  slower(): void;
  /** To wait as long as in the beginning. */
  reset(): void;
}

export function restTimer(atRest: () => void): RestTimer {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let latest = 0;
  let waitMs = restMs;

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
          atRest();
        },
        Math.max(0, Math.min(waitMs, latest - at)),
      );
    },
    stop,
    slower() {
      waitMs = Math.min(2 * waitMs, longestRestMs);
    },
    reset() {
      waitMs = restMs;
    },
  };
}
