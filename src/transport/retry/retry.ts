import { asEtcdError } from "../errors/connect-error.ts";
import { isOurReason, pause, startDeadline, timeoutError } from "../deadline.ts";
import { amend, type Attempt, type EtcdError, type Outcome } from "../errors/etcd-error.ts";
import { type Log, silent } from "../log.ts";
import {
  attemptMs,
  backoffMs,
  createRetryBudget,
  refusedForMs,
  isUnsent,
  mayRetry,
  outcomeOf,
  type Idempotency,
  type RetryOptions,
  unpaidRounds,
} from "./retry-policy.ts";

/** The longest list of attempts that an error carries. */
const maxAttemptsListed = 32;

export interface RetryConfig {
  /** `false`: each call is one request; the endpoint that failed still rests. */
  readonly options: RetryOptions | false;
  /** Looked at before each request: endpoints may be replaced while a call runs. */
  readonly endpointCount: number;
  readonly log?: Log;
  readonly random?: () => number;
}

/** What one request of a call is given. */
export interface Try {
  readonly signal: AbortSignal;
  /** To be called when the head of the answer has arrived, and with each piece of its body. */
  readonly progress?: (() => void) | undefined;
}

export interface Retried {
  readonly name: string;
  readonly idempotency: Idempotency;
  /** There is but one that it may go to. */
  readonly oneEndpoint?: boolean;
  /** Each request may take all the time there is. */
  readonly patient?: boolean | undefined;
  /** The time of the call, which `signal` keeps; default: none. */
  readonly timeoutMs?: number | undefined;
  /** Told of each request that fails. */
  readonly onFailure?: ((error: EtcdError) => void) | undefined;
}

/** Runs `request` until it succeeds or may not be repeated. `signal` bounds all of it. */
export type Retry = <T>(what: Retried, signal: AbortSignal, request: (each: Try) => Promise<T>) => Promise<T>;

/**
 * The only loop that repeats a failed request (a refused token has one of its own, in `auth/token-layer.ts`). A failure
 * is answered by moving on to the next endpoint at once, and by a pause once all have been tried. It goes on until
 * `signal` aborts, unless it met nothing but refused connections for long (`refusedForMs`). The error that comes out in
 * the end lists every request, and its outcome covers them all.
 */
export function createRetry(config: RetryConfig): Retry {
  const { options, log = silent, random = Math.random } = config;
  const settings = options === false ? { maxAttempts: 1 } : options;
  const budget = createRetryBudget();

  return async function retry(what, signal, request) {
    const start = performance.now();
    // Most calls succeed at once, and need none of this.
    let failures: Failures | undefined;
    for (let tried = 1; ; tried++) {
      const endpoints = what.oneEndpoint ? 1 : config.endpointCount;
      // A write stays with its one request for the whole time: moving it elsewhere is not allowed anyway.
      const cuts = endpoints > 1 && what.idempotency !== "once" && what.patient !== true;
      const bound = cuts ? boundTry(attemptMs(settings, failures?.cut ?? 0), signal) : undefined;
      const bounds = bound ?? { signal, progress: undefined };
      try {
        const result = await request(bounds);
        budget.succeeded();
        return result;
      } catch (thrown) {
        failures ??= createFailures(what, signal, start);
        await failures.add(thrown, { tried, endpoints, cut: bounds.signal.aborted && !signal.aborted });
      } finally {
        bound?.end();
      }
    }
  };

  function createFailures(what: Retried, signal: AbortSignal, start: number): Failures {
    const attempts: Attempt[] = [];
    // Apart from the attempts, which not every transport lists.
    const outcomes: Outcome[] = [];
    let cut = 0;
    let onlyRefused = true;

    const final = (error: EtcdError, retryable: boolean): EtcdError => {
      const outcome = outcomeOf(outcomes, what.idempotency);
      const listed = attempts.slice(-maxAttemptsListed);
      return amend(error, { outcome, retryable: retryable && outcome === "not-applied", attempts: listed });
    };

    return {
      get cut() {
        return cut;
      },
      async add(thrown, failed) {
        const { tried, endpoints } = failed;
        if (signal.aborted && !isOurReason(signal.reason)) throw signal.reason;
        const error = asEtcdError(thrown);
        if (error === undefined) throw thrown;
        attempts.push(...error.attempts);
        outcomes.push(error.outcome);
        what.onFailure?.(error);
        if (failed.cut) cut++;
        onlyRefused &&= isUnsent(error);
        const retryable = mayRetry(error, what.idempotency, endpoints > 1) && options !== false;
        const leftMs = onlyRefused ? refusedForMs(what.timeoutMs ?? Infinity) - (performance.now() - start) : Infinity;
        const again = retryable && !signal.aborted && tried < (settings.maxAttempts ?? Infinity) && leftMs > 0;
        if (!again) throw final(error, retryable);
        const waitMs = Math.min(waitAfter(error, failed), leftMs);
        log({ type: "retry", rpc: what.name, reason: error.reason, outcome: error.outcome, waitMs });
        await pause(waitMs, signal).catch((reason: unknown) => {
          if (!isOurReason(reason)) throw reason;
          // Out of time while waiting for the next try: the last failure says more than "time-out" would.
          const timedOut = reason.reason === "Timeout";
          throw final(timedOut ? error : reason, timedOut);
        });
      },
    };
  }

  function waitAfter(error: EtcdError, { tried, endpoints }: FailedTry): number {
    // A pause is for a server that asks for one; the next request may go to it again.
    const patience = error.reason === "TooManyRequests" || error.retryAfterMs !== undefined;
    if (tried % endpoints !== 0 && !patience) return 0;
    const free = tried <= endpoints || isUnsent(error) || budget.take();
    const round = Math.floor((tried - 1) / endpoints) + (free ? 0 : unpaidRounds);
    return backoffMs(round, error, settings, random());
  }
}

/** The failed requests of one call. */
interface Failures {
  /** How many were ended because they made no progress. */
  readonly cut: number;
  /** Resolves when the next request is due. Rejects with the error of the call, of all its requests, where none is. */
  add(thrown: unknown, failed: FailedTry): Promise<void>;
}

/** A request that failed. */
interface FailedTry {
  /** Which one it was, from 1. */
  readonly tried: number;
  /** How many it could have gone to. */
  readonly endpoints: number;
  /** Whether it was ended because it made no progress. */
  readonly cut: boolean;
}

interface BoundTry {
  readonly signal: AbortSignal;
  readonly progress: () => void;
  end(): void;
}

/** Ends a request that makes no progress for `timeoutMs`. */
function boundTry(timeoutMs: number, signal: AbortSignal): BoundTry {
  const deadline = startDeadline(Infinity, signal);
  const expired = (): void => deadline.abort(timeoutError(timeoutMs));
  let timer = setTimeout(expired, timeoutMs);
  return {
    signal: deadline.signal,
    progress() {
      clearTimeout(timer);
      timer = setTimeout(expired, timeoutMs);
    },
    end() {
      clearTimeout(timer);
      deadline.end();
    },
  };
}
