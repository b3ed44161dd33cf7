import { EtcdError } from "./errors.ts";

export interface Deadline {
  /** Aborts with the caller's own reason, or with an `EtcdError` (`Timeout`) when the time is up. */
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
  /** Frees the timer and the listener. Call it when the work is over. */
  end(): void;
}

/**
 * Bounds a piece of work by a time and by the caller's signal. `timeoutMs: Infinity` leaves the signal alone. `onEnd` is
 * called by `end`.
 */
export function startDeadline(timeoutMs: number, signal?: AbortSignal, onEnd?: () => void): Deadline {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal?.reason);
  const timer =
    timeoutMs === Infinity
      ? undefined
      : setTimeout(() => controller.abort(timeoutError(timeoutMs)), Math.min(timeoutMs, longestTimer));
  if (signal?.aborted) onAbort();
  else signal?.addEventListener("abort", onAbort);
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    end() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      onEnd?.();
    },
  };
}

/** The time-out of a Connect call as a limit: as everywhere in Connect, none, zero and less mean no limit. */
export function limitOf(timeoutMs: number | undefined): number {
  return timeoutMs === undefined || timeoutMs <= 0 ? Infinity : timeoutMs;
}

/** Timers of more than 31 bits fire at once in every engine. */
const longestTimer = 2 ** 31 - 1;

function timeoutError(timeoutMs: number): EtcdError {
  return ourReason(new EtcdError(`no answer within ${timeoutMs} ms`, "Timeout", { outcome: "unknown" }));
}

const ours = new WeakSet<EtcdError>();

/**
 * Marks an error that we end a call with. A caller's signal may end it with an `EtcdError` as well, such as the loss of a
 * lease, which the call must reject with as it is.
 */
export function ourReason(error: EtcdError): EtcdError {
  ours.add(error);
  return error;
}

export function isOurReason(reason: unknown): reason is EtcdError {
  return EtcdError.is(reason) && ours.has(reason);
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
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
}
