export interface Deadline {
  /** Aborts with the caller's own reason, or with what says so when the time is up. */
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
  /** Frees the timer and the listener. Call it when the work is over. */
  end(): void;
}

interface Listeners {
  readonly all: Set<() => void>;
  tell(): void;
}

const listening = new WeakMap<AbortSignal, Listeners>();

/**
 * Calls `listener` when a signal aborts that has not yet, until what it returns is called. One listener of the signal
 * stands for all of ours: callers use one signal for many calls, and Node takes more than ten on it for a leak.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  let own = listening.get(signal);
  if (own === undefined) {
    const all = new Set<() => void>();
    const tell = (): void => {
      for (const each of all) each();
    };
    own = { all, tell };
    signal.addEventListener("abort", tell);
    listening.set(signal, own);
  }
  const { all, tell } = own;
  // A function of its own each time, so that the same one may be given twice.
  const call = (): void => listener();
  all.add(call);
  return () => {
    if (!all.delete(call) || all.size > 0) return;
    signal.removeEventListener("abort", tell);
    listening.delete(signal);
  };
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
  const pass = (): void => controller.abort(signal?.reason);
  let stop: (() => void) | undefined;
  // First, for this throws where the signal is none: no timer is left behind.
  if (signal?.aborted) pass();
  else if (signal) stop = onAbort(signal, pass);
  const timer =
    timeoutMs === Infinity
      ? undefined
      : setTimeout(() => controller.abort(expired()), Math.min(timeoutMs, longestTimer));
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    end() {
      clearTimeout(timer);
      stop?.();
      onEnd?.();
    },
  };
}

/** Waits for `promise`, but no longer than until `signal` aborts; then rejects with the signal's reason. */
export function raceAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/**
 * Waits for work that hears `signal` itself, and if it does not end with it, gives it up. Its own end says more than the
 * signal's reason does, so it has until the next turn of the event loop.
 */
export function untilAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => {
      setTimeout(reject, 0, signal.reason);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** Resolves after `ms`, or rejects with the signal's reason. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(
      () => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      },
      Math.min(ms, longestTimer),
    );
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
}
