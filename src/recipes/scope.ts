import { boundBy, checkTimeout, onAbort } from "../transport/deadline.ts";
import { EtcdError } from "../transport/errors/etcd-error.ts";

export interface Scope {
  /** Aborts with the reason of the first signal that does, or with what `late` makes when the time is up. */
  readonly signal: AbortSignal;
  /** Frees the timer and the listeners. */
  end(): void;
}

export function createScope(
  signals: readonly (AbortSignal | undefined)[],
  timeoutMs: number = Infinity,
  late?: () => EtcdError,
): Scope {
  const bound = boundBy(checkTimeout(timeoutMs), undefined, () => late?.());
  const ends = [bound.end];
  for (const signal of signals) {
    if (signal === undefined) continue;
    if (signal.aborted) bound.abort(signal.reason);
    else ends.push(onAbort(signal, () => bound.abort(signal.reason)));
  }
  return {
    signal: bound.signal,
    end() {
      for (const end of ends) end();
    },
  };
}

/** Whether an error is one of etcd's or ours with this reason. */
export function isReason(error: unknown, reason: EtcdError["reason"]): error is EtcdError {
  return EtcdError.is(error) && error.reason === reason;
}
