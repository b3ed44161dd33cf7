import { EtcdError, invalidArgument, shown } from "../transport/errors.ts";

export interface Scope {
  /** Aborts with the reason of the first signal that does, or with what `late` makes when the time is up. */
  readonly signal: AbortSignal;
  /** Frees the timer and the listeners. */
  end(): void;
}

/** Timers of more than 31 bits fire at once in every engine. */
const longestTimer = 2 ** 31 - 1;

export function createScope(
  signals: readonly (AbortSignal | undefined)[],
  timeoutMs: number = Infinity,
  late?: () => EtcdError,
): Scope {
  if (typeof timeoutMs !== "number" || !(timeoutMs > 0)) {
    throw invalidArgument(`timeoutMs: expected a positive number of milliseconds, got ${shown(timeoutMs)}`);
  }
  const controller = new AbortController();
  const timer =
    timeoutMs === Infinity
      ? undefined
      : setTimeout(() => controller.abort(late?.()), Math.min(timeoutMs, longestTimer));
  const ends: (() => void)[] = [];
  for (const signal of signals) {
    if (signal === undefined) continue;
    const onAbort = (): void => controller.abort(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort);
    ends.push(() => signal.removeEventListener("abort", onAbort));
  }
  return {
    signal: controller.signal,
    end() {
      clearTimeout(timer);
      for (const end of ends) end();
    },
  };
}

/** Waits for `work`, but no longer than until `signal` aborts; then rejects with its reason. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort);
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** Resolves after `ms`. Rejects with the reason of `signal` when that aborts before. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await orAborted(new Promise<void>((resolve) => (timer = setTimeout(resolve, ms))), signal);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether an error is one of etcd's or ours with this reason. */
export function isReason(error: unknown, reason: EtcdError["reason"]): error is EtcdError {
  return EtcdError.is(error) && error.reason === reason;
}
