import type { Interceptor } from "@connectrpc/connect";
import { asEtcdError } from "../errors/connect-error.ts";
import { repeatKey, type Trace, traceKey } from "../context.ts";
import { isOurReason, pause, startDeadline } from "../deadline.ts";
import { amend, type Attempt, type EtcdError, type Outcome } from "../errors/etcd-error.ts";
import { type Log, silent } from "../log.ts";
import {
  backoffMs,
  createRetryBudget,
  mayRepeat,
  outcomeOf,
  type Repeat,
  repeatOf,
  type RetryOptions,
  unpaidWaitMs,
} from "./retry-policy.ts";

/** The longest list of attempts that an error carries. */
const maxAttemptsListed = 32;

export interface RetryConfig {
  /** `false`: each call is one request; the endpoint that failed still rests. */
  readonly options: RetryOptions | false;
  readonly endpointCount: number;
  readonly log?: Log;
  readonly random?: () => number;
}

/** Runs `request` until it succeeds or may not be repeated. `signal` bounds all of it. */
export type Retry = <T>(
  what: {
    readonly name: string;
    readonly repeat: Repeat;
    /** To one endpoint only. */
    readonly pinned?: boolean;
    readonly trace?: Trace | undefined;
  },
  signal: AbortSignal,
  request: (signal: AbortSignal) => Promise<T>,
) => Promise<T>;

/**
 * The only loop that repeats a request. A failure is answered by moving on to the next endpoint at once, and by a pause
 * once all have been tried. The error that comes out in the end lists every request, and its outcome covers them all.
 */
export function createRetry({ options, endpointCount, log = silent, random = Math.random }: RetryConfig): Retry {
  const budget = createRetryBudget();
  return async function retry(what, signal, request) {
    const settings = options === false ? { maxAttempts: 1 } : options;
    const endpoints = what.pinned ? 1 : endpointCount;
    const attempts: Attempt[] = [];
    // Apart from the attempts, which not every transport lists.
    const outcomes: Outcome[] = [];
    for (let tried = 1; ; tried++) {
      try {
        const result = await bounded(request, signal, attemptTimeout(settings, endpoints, what.repeat));
        budget.succeeded();
        return result;
      } catch (thrown) {
        if (signal.aborted && !isOurReason(signal.reason)) throw signal.reason;
        const error = asEtcdError(thrown);
        if (error === undefined) throw thrown;
        attempts.push(...error.attempts);
        outcomes.push(error.outcome);
        if (what.trace !== undefined && error.outcome === "unknown") what.trace.doubts++;
        const repeatable = mayRepeat(error, what.repeat, endpoints > 1) && options !== false;
        const round = Math.floor((tried - 1) / endpoints);
        const wanted = repeatable && !signal.aborted && tried < (settings.maxAttempts ?? Infinity);
        const paid = wanted && (unsent(error) || budget.take());
        if (!paid && !(wanted && what.repeat === "answered")) {
          const outcome = outcomeOf(outcomes, what.repeat);
          throw amend(error, {
            outcome,
            retryable: repeatable && outcome === "not-applied",
            attempts: attempts.slice(-maxAttemptsListed),
          });
        }
        const backsOff = tried % endpoints === 0 || asksForPatience(error);
        const backoff = backsOff ? backoffMs(round, error, settings, random()) : 0;
        const waitMs = paid ? backoff : Math.max(backoff, unpaidWaitMs(settings, random()));
        log({ type: "retry", rpc: what.name, reason: error.reason, outcome: error.outcome, waitMs });
        await pause(waitMs, signal).catch((reason: unknown) => {
          throw isOurReason(reason) ? amend(error, finalAfterWait(reason, outcomes, attempts, what.repeat)) : reason;
        });
      }
    }
  };
}

/** Out of time while waiting for the next try: the last failure says more than "time-out" would. */
function finalAfterWait(
  timeout: EtcdError,
  outcomes: readonly Outcome[],
  attempts: readonly Attempt[],
  repeat: Repeat,
): Parameters<typeof amend>[1] {
  const outcome = outcomeOf(outcomes, repeat);
  return {
    code: timeout.code,
    outcome,
    retryable: outcome === "not-applied",
    attempts: attempts.slice(-maxAttemptsListed),
  };
}

function unsent({ reason, outcome }: EtcdError): boolean {
  return reason === "Unreachable" && outcome === "not-applied";
}

/** A server that answers so is not left for another one: the next request would go to it again. */
function asksForPatience({ reason, retryAfterMs }: EtcdError): boolean {
  return reason === "TooManyRequests" || retryAfterMs !== undefined;
}

/** A write stays with its one request for the whole time: moving it elsewhere is not allowed anyway. */
function attemptTimeout(options: RetryOptions, endpoints: number, repeat: Repeat): number {
  return endpoints > 1 && repeat !== "once" ? (options.attemptTimeoutMs ?? 2000) : Infinity;
}

function bounded<T>(request: (signal: AbortSignal) => Promise<T>, signal: AbortSignal, timeoutMs: number): Promise<T> {
  if (timeoutMs === Infinity) return request(signal);
  const deadline = startDeadline(timeoutMs, signal);
  return request(deadline.signal).finally(deadline.end);
}

/** Connect's form of the loop. Streams pass: what they carry is resumed by whoever reads them. */
export function retryInterceptor(
  retry: Retry,
  isPinned: (request: Parameters<ReturnType<Interceptor>>[0]) => boolean,
): Interceptor {
  return (next) => (request) => {
    if (request.stream) return next(request);
    const repeat = request.contextValues.get(repeatKey) ?? repeatOf(request.method, request.message);
    const trace = request.contextValues.get(traceKey);
    const what = { name: request.method.name, repeat, pinned: isPinned(request), trace };
    return retry(what, request.signal, (signal) => next(signal === request.signal ? request : { ...request, signal }));
  };
}
