import { isOurReason } from "./deadline.ts";
import type { EtcdError } from "./errors/etcd-error.ts";
import { isControlFlow } from "./http/control-flow.ts";
import { onAbort } from "./on-abort.ts";

/** Work that several callers want the outcome of. One of them begins it. */
export interface SharedWork<T> {
  /**
   * The outcome of the run under way, or of a new one. Rejects with the reason of `signal` as soon as that aborts; where
   * that is a time-out, with the last failure that the run has outlasted, if there was one.
   */
  join(signal?: AbortSignal): Promise<T>;
  /** The outcome of a run that begins after this call, once the run under way is over. */
  joinNext(signal?: AbortSignal): Promise<T>;
  /** The next caller begins a new run, whatever is under way. */
  forget(): void;
}

export interface SharedWorkOptions {
  /**
   * `true`: callers wait for the promise of the run. `false`: a promise may end unsettled together with the caller that
   * began it, so the others look, by timers of their own, whether the outcome is there.
   */
  readonly shareRequests: boolean;
  /** A run that is older is not waited for any more, in milliseconds. Its own caller waits on. @default Infinity */
  readonly limitMs?: number | undefined;
}

/**
 * A runtime that ends an event takes its promises and its timers along. So a run ticks by a timer of its own, and
 * a waiting caller has one as well: a run that stands still while the waiting caller's timer fires for `dead`
 * milliseconds is dead. No clock is compared, so that neither a slow machine nor a blocked event loop makes a run look
 * dead.
 *
 * A caller that waits for a promise looks rarely. One that does not looks after `first` milliseconds, and then at
 * intervals of half the time that it has waited so far, `last` at most: many long waits must not keep the machine busy.
 */
const sharedPace = { tick: 250, first: 250, last: 250, dead: 1000 } as const;
const isolatedPace = { tick: 50, first: 10, last: 1000, dead: 300 } as const;

interface Run<T> {
  /** As of `performance.now`. */
  readonly began: number;
  ticks: number;
  /** Resolves when `outcome` is there; never rejects. */
  over: Promise<void>;
  outcome: { readonly value: T } | { readonly error: unknown } | undefined;
  /** The last failure that it has outlasted. */
  failure: EtcdError | undefined;
  /** The run that took its place when it was given up. */
  next: Run<T> | undefined;
}

/** Told of failures that a run outlasts. */
export type NoteFailure = (error: EtcdError) => void;

/** Runs `work` once at a time for all who want it. A run that nobody can settle any more is given up and replaced. */
export function createSharedWork<T>(
  work: (note: NoteFailure) => Promise<T>,
  options: SharedWorkOptions,
): SharedWork<T> {
  const { shareRequests, limitMs = Infinity } = options;
  const pace = shareRequests ? sharedPace : isolatedPace;
  let current: Run<T> | undefined;
  let givenUp: Run<T> | undefined;

  function begin(): Run<T> {
    const over = Promise.resolve();
    const began = performance.now();
    const run: Run<T> = { began, ticks: 0, over, outcome: undefined, failure: undefined, next: undefined };
    current = run;
    if (givenUp !== undefined) givenUp.next = run;
    givenUp = undefined;
    const ticker = setInterval(() => void run.ticks++, pace.tick);
    const end = (outcome: NonNullable<Run<T>["outcome"]>): void => {
      clearInterval(ticker);
      run.outcome = outcome;
      if (current === run) current = undefined;
    };
    run.over = startedBy(() => work((error) => void (run.failure = error))).then(
      (value) => end({ value }),
      (error: unknown) => end({ error }),
    );
    return run;
  }

  /** Resolves when the run is over, or given up. */
  function waitFor(run: Run<T>, own: boolean, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      let seen = run.ticks;
      let waitedMs = 0;
      let stillMs = 0;
      let sleepMs: number = pace.first;
      let timer = own ? undefined : setTimeout(look, sleepMs);
      const unsubscribe =
        signal === undefined ? undefined : onAbort(signal, () => finish(() => reject(endOf(run, signal))));
      if (own || shareRequests) void run.over.then(() => finish(resolve));

      function finish(end: () => void): void {
        clearTimeout(timer);
        unsubscribe?.();
        end();
      }

      function look(): void {
        stillMs = run.ticks === seen ? stillMs + sleepMs : 0;
        seen = run.ticks;
        waitedMs += sleepMs;
        const dead = stillMs >= pace.dead || performance.now() - run.began > limitMs;
        if (dead && current === run) {
          current = undefined;
          givenUp = run;
        }
        if (dead || run.outcome !== undefined) return finish(resolve);
        sleepMs = Math.min(pace.last, Math.max(pace.first, waitedMs / 2));
        timer = setTimeout(look, sleepMs);
      }
    });
  }

  async function join(signal: AbortSignal | undefined, tooOld: Run<T> | undefined): Promise<T> {
    let replacement: Run<T> | undefined;
    for (;;) {
      if (signal?.aborted) throw signal.reason;
      // A replacement may be over by now: what it brought will do.
      const known = replacement ?? current;
      const own = known === undefined;
      const run = known ?? begin();
      await waitFor(run, own, signal);
      replacement = run.outcome === undefined ? run.next : undefined;
      if (run === tooOld || run.outcome === undefined) continue;
      if ("value" in run.outcome) return run.outcome.value;
      const { error } = run.outcome;
      // A framework's control-flow error concerns the page whose render began the run, and is not an answer for others.
      if (own || !isControlFlow(error)) throw error;
    }
  }

  return {
    join: (signal) => join(signal, undefined),
    joinNext: (signal) => join(signal, current),
    forget() {
      current = undefined;
    },
  };
}

/** Why a caller waits no longer. The failure of a run says more than that the time was up. */
function endOf({ failure }: Run<unknown>, { reason }: AbortSignal): unknown {
  return failure !== undefined && isOurReason(reason) && reason.reason === "Timeout" ? failure : reason;
}

/** A promise even where `work` throws. It begins at once. */
async function startedBy<T>(work: () => Promise<T>): Promise<T> {
  return work();
}
