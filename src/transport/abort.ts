import { type Aborter, onAbort } from "./on-abort.ts";

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
 * makes the reason when the time is up (default: an `AbortError`); `onEnd` is called by `end`; `own` is what aborts the deadline's signal.
 */
export function boundBy(
  timeoutMs: number,
  signal: AbortSignal | undefined,
  expired?: () => unknown,
  {
    onEnd,
    own = new AbortController(),
  }: { readonly onEnd?: (() => void) | undefined; readonly own?: Aborter | undefined } = {},
): Deadline {
  // Before the timer starts, because this throws if `signal` is not an AbortSignal.
  const unsubscribe = signal && onAbort(signal, () => own.abort(signal.reason));
  const timer =
    timeoutMs === Infinity ? undefined : setTimeout(() => own.abort(expired?.()), Math.min(timeoutMs, longestTimer));
  return {
    signal: own.signal,
    abort: (reason) => own.abort(reason),
    end() {
      clearTimeout(timer);
      unsubscribe?.();
      onEnd?.();
    },
  };
}

/** Waits for `promise`, but no longer than until `signal` aborts; then rejects with the signal's reason. */
export function raceAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return signal === undefined ? promise : race(promise, signal, (reject) => reject(signal.reason));
}

/**
 * Races `work` against `signal`. `work` gets the signal too, and mostly rejects with an error that says more, so it has
 * until the next turn of the event loop.
 */
export function untilAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return race(work, signal, (reject) => setTimeout(reject, 0, signal.reason));
}

function race<T>(
  work: Promise<T>,
  signal: AbortSignal,
  giveUp: (reject: (reason: unknown) => void) => unknown,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const unsubscribe = onAbort(signal, () => giveUp(reject));
    work.then(
      (result) => {
        unsubscribe();
        resolve(result);
      },
      (error: unknown) => {
        unsubscribe();
        reject(error);
      },
    );
  });
}

/** Resolves after `ms`, or rejects with the signal's reason. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => {
        unsubscribe();
        resolve();
      },
      Math.min(ms, longestTimer),
    );
    const unsubscribe = onAbort(signal, () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
