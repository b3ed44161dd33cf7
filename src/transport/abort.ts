import { onAbort } from "./on-abort.ts";

export interface Deadline {
  /** Aborts with the caller's own reason, or with what says so when the time is up. */
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
  /** Frees the timer and the listener. Call it when the work is over. */
  end(): void;
}

/** Timers of more than 31 bits fire at once in every engine. */
export const longestTimer: number = 2 ** 31 - 1;

/**
 * Bounds a piece of work by a time and by the caller's signal. `timeoutMs: Infinity` leaves the signal alone. `expired`
 * makes the reason when the time is up; `onEnd` is called by `end`.
 */
export function boundBy(
  timeoutMs: number,
  signal: AbortSignal | undefined,
  expired: () => unknown,
  onEnd?: () => void,
): Deadline {
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal?.reason);
  // Before the timer starts, for this throws where the signal is none.
  if (signal?.aborted) abort();
  const forget = signal && !signal.aborted ? onAbort(signal, abort) : undefined;
  const timer =
    timeoutMs === Infinity
      ? undefined
      : setTimeout(() => controller.abort(expired()), Math.min(timeoutMs, longestTimer));
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    end() {
      clearTimeout(timer);
      forget?.();
      onEnd?.();
    },
  };
}

/** Waits for `promise`, but no longer than until `signal` aborts; then rejects with the signal's reason. */
export function raceAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const giveUp = (): void => reject(signal.reason);
    if (signal.aborted) giveUp();
    const forget = signal.aborted ? undefined : onAbort(signal, giveUp);
    promise.then(resolve, reject).finally(forget);
  });
}

/**
 * Waits for work that hears `signal` itself, and if it does not end with it, gives it up. Its own end says more than the
 * signal's reason does, so it has until the next turn of the event loop.
 */
export function untilAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const giveUp = (): void => {
      setTimeout(reject, 0, signal.reason);
    };
    if (signal.aborted) giveUp();
    const forget = signal.aborted ? undefined : onAbort(signal, giveUp);
    work.then(resolve, reject).finally(forget);
  });
}

/** Resolves after `ms`, or rejects with the signal's reason. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const giveUp = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(
      () => {
        forget?.();
        resolve();
      },
      Math.min(ms, longestTimer),
    );
    if (signal.aborted) giveUp();
    const forget = signal.aborted ? undefined : onAbort(signal, giveUp);
  });
}
