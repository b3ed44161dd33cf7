import { boundBy, checkTimeout, onAbort, raceAbort } from "../transport/deadline.ts";
import { amend, EtcdError } from "../transport/errors/etcd-error.ts";

export interface Scope {
  /** Aborts with the reason of the first signal that does, or with what `late` makes when the time is up. */
  readonly signal: AbortSignal;
  /**
   * How long a caller who has given up waits for what it leaves to be put in order, in milliseconds: a second, and where
   * it gave a time, a twentieth of that, or the time of a round trip.
   */
  readonly graceMs: number;
  /** Waits for `undoing`, no longer than `graceMs`; it goes on after that. Resolves with whether it was done by then. */
  undone(undoing: Promise<unknown>): Promise<boolean>;
  /**
   * Waits so, and resolves with `error`, whose outcome says whether something may be left of what it ended: it is
   * `unknown` unless all was undone. `stays`: something is left that cannot be undone.
   */
  failed(error: unknown, undoing: Promise<unknown>, stays?: boolean): Promise<unknown>;
  /** Whether it is the reason of a signal that was given, which its caller gets back as it is. */
  isGiven(reason: unknown): boolean;
  /** Frees the timer and the listeners. */
  end(): void;
}

const longestGraceMs = 1000;
/** What a server under load takes for the request that cleans up. */
const shortestGraceMs = 50;

/** `outer`: signals and scopes that end it too. */
export function createScope(
  outer: readonly (AbortSignal | Scope | undefined)[],
  timeoutMs: number = Infinity,
  late?: () => EtcdError,
): Scope {
  const bound = boundBy(checkTimeout(timeoutMs), undefined, () => late?.());
  const ends = [bound.end];
  let graceMs = Math.min(longestGraceMs, Math.max(shortestGraceMs, timeoutMs / 20));
  for (const each of outer) {
    if (each === undefined) continue;
    const signal = "graceMs" in each ? each.signal : each;
    if ("graceMs" in each) graceMs = Math.min(graceMs, each.graceMs);
    if (signal.aborted) bound.abort(signal.reason);
    else ends.push(onAbort(signal, () => bound.abort(signal.reason)));
  }

  function isGiven(reason: unknown): boolean {
    return outer.some((each) => {
      if (each === undefined) return false;
      return "graceMs" in each ? each.isGiven(reason) : each.aborted && each.reason === reason;
    });
  }

  async function undone(undoing: Promise<unknown>): Promise<boolean> {
    const patience = boundBy(graceMs, undefined, () => undefined);
    const done = undoing.then(
      () => true,
      () => false,
    );
    try {
      return await raceAbort(done, patience.signal).catch(() => false);
    } finally {
      patience.end();
    }
  }

  return {
    signal: bound.signal,
    graceMs,
    undone,
    async failed(error, undoing, stays = false) {
      const clean = (await undone(undoing)) && !stays;
      if (!EtcdError.is(error) || isGiven(error)) return error;
      return amend(error, { outcome: clean ? "not-applied" : "unknown" });
    },
    isGiven,
    end() {
      for (const end of ends) end();
    },
  };
}

/** Whether an error is one of etcd's or ours with this reason. */
export function isReason(error: unknown, reason: EtcdError["reason"]): error is EtcdError {
  return EtcdError.is(error) && error.reason === reason;
}
