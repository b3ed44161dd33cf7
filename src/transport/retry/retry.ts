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
  type RetryBudget,
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
  /** An earlier request of the call was sent and not answered, and may have been applied. */
  readonly unanswered: boolean;
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
}

/** Runs `request` until it succeeds or may not be repeated. `signal` bounds all of it. */
export type Retry = <T>(what: Retried, signal: AbortSignal, request: (each: Try) => Promise<T>) => Promise<T>;

/**
 * The only loop that repeats a failed request (a refused token has one of its own, in `auth/token-layer.ts`). A failure is answered by moving on to the next endpoint at once, and by a pause
 * once all have been tried. It goes on until `signal` aborts, unless it met nothing but refused connections for
 * long (`refusedForMs`). The error that comes out in the end lists every request, and its outcome covers them all.
 */
export function createRetry(config: RetryConfig): Retry {
  const { options } = config;
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
      try {
        const unanswered = failures?.unanswered ?? false;
        const result = await request({ signal: bound?.signal ?? signal, progress: bound?.progress, unanswered });
        budget.succeeded();
        return result;
      } catch (thrown) {
        failures ??= createFailures({ ...config, settings, budget, what, signal, start });
        await failures.add(thrown, { tried, endpoints, cut: bound?.signal.aborted === true && !signal.aborted });
      } finally {
        bound?.end();
      }
    }
  };
}

/** What the failures of one call are judged by. */
interface FailuresConfig extends RetryConfig {
  readonly settings: RetryOptions;
  readonly budget: RetryBudget;
  readonly what: Retried;
  readonly signal: AbortSignal;
  /** When the call began, as of `performance.now`. */
  readonly start: number;
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

/** The failed requests of one call. */
interface Failures {
  /** How many were ended because they made no progress. */
  readonly cut: number;
  /** Whether one was sent and not answered, and may have been applied. */
  readonly unanswered: boolean;
  /** Resolves when the next request is due. Rejects with the error of the call, of all its requests, where none is. */
  add(thrown: unknown, failed: FailedTry): Promise<void>;
}

function createFailures(config: FailuresConfig): Failures {
  const { options, settings, budget, what, signal, start, log = silent, random = Math.random } = config;
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

  function waitAfter(error: EtcdError, tried: number, count: number): number {
    // A pause is for a server that asks for one; the next request may go to it again.
    const patience = error.reason === "TooManyRequests" || error.retryAfterMs !== undefined;
    if (tried % count !== 0 && !patience) return 0;
    const free = tried <= count || isUnsent(error) || budget.take();
    const round = Math.floor((tried - 1) / count) + (free ? 0 : unpaidRounds);
    return backoffMs(round, error, settings, random());
  }

  return {
    get cut() {
      return cut;
    },
    get unanswered() {
      return outcomes.includes("unknown");
    },
    async add(thrown, { tried, endpoints, cut: wasCut }) {
      if (signal.aborted && !isOurReason(signal.reason)) throw signal.reason;
      const error = asEtcdError(thrown);
      if (error === undefined) throw thrown;
      attempts.push(...error.attempts);
      outcomes.push(error.outcome);
      if (wasCut) cut++;
      onlyRefused &&= isUnsent(error);
      const retryable = mayRetry(error, what.idempotency, endpoints > 1) && options !== false;
      const leftMs = onlyRefused ? refusedForMs(what.timeoutMs ?? Infinity) - (performance.now() - start) : Infinity;
      const again = retryable && !signal.aborted && tried < (settings.maxAttempts ?? Infinity) && leftMs > 0;
      if (!again) throw final(error, retryable);
      const waitMs = Math.min(waitAfter(error, tried, endpoints), leftMs);
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

interface BoundTry {
  readonly signal: AbortSignal;
  readonly progress: () => void;
  end(): void;
}
