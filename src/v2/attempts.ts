import { boundBy, raceAbort } from "../transport/abort.ts";
import type { Address } from "../transport/http/read-address.ts";
import type { Endpoints } from "../transport/retry/endpoints.ts";
import { type AttemptV2, EtcdV2Error, Timeout } from "./errors.ts";
import type { Answer, ExchangeRequest } from "./exchange.ts";
import { isBlamed } from "./retry-policy.ts";

/** The attempts of one call: each asks one member, and notes what came of it. */
export interface Attempts<T> {
  /** Makes one more, and reads its answer. */
  next(this: void): Promise<{ readonly response: Response; readonly value: T }>;
  /** What the last one failed with, if it did. */
  readonly failure: EtcdV2Error | undefined;
  /** Those that failed. */
  readonly made: readonly AttemptV2[];
  /** Whether the call ended while a request was under way. */
  readonly inFlight: boolean;
}

export interface AttemptsConfig<T> {
  readonly exchange: (attempt: Pick<ExchangeRequest, "endpoint" | "signal" | "onHead">) => Promise<Answer>;
  /** Makes the result. If it throws an `EtcdV2Error`, that is a failure of the member like others. */
  readonly read: (answer: Answer) => T;
  readonly endpoints: Endpoints;
  /** The only endpoint to ask. `undefined`: the one in use. */
  readonly endpoint: Address | undefined;
  readonly failover: boolean;
  readonly write: boolean;
  /** How long the first member may be silent, in milliseconds. */
  readonly headMs: number;
  /** Bounds the whole call. */
  readonly signal: AbortSignal;
}

export function createAttempts<T>(config: AttemptsConfig<T>): Attempts<T> {
  const { exchange, read, endpoints, failover, write, signal } = config;
  const made: AttemptV2[] = [];
  let { headMs } = config;
  let inFlight = false;
  let failure: EtcdV2Error | undefined;
  return {
    made,
    get failure() {
      return failure;
    },
    get inFlight() {
      return inFlight;
    },
    async next() {
      if (signal.aborted) throw signal.reason;
      const endpoint = config.endpoint ?? endpoints.inUse;
      const bound = boundBy(Infinity, signal);
      const silent = (): void => {
        bound.abort(new Timeout(`no answer of ${endpoint.origin} within ${headMs} ms`, { outcome: "not-applied" }));
        // Doubled with each member that was silent, so that an answer that takes long can be had.
        headMs *= 2;
      };
      const timer = headMs === Infinity ? undefined : setTimeout(silent, headMs);
      const start = performance.now();
      inFlight = true;
      try {
        const sent = exchange({ endpoint, signal: bound.signal, onHead: () => clearTimeout(timer) });
        const answer = await raceAbort(sent, bound.signal);
        const value = read(answer);
        inFlight = false;
        endpoints.succeeded(endpoint);
        return { response: answer.response, value };
      } catch (thrown) {
        const error = bound.signal.aborted ? bound.signal.reason : thrown;
        inFlight = signal.aborted;
        if (failover && isBlamed(error)) endpoints.failed(endpoint);
        if (EtcdV2Error.is(error)) {
          failure = error;
          const ms = Math.round(performance.now() - start);
          const outcome = write ? error.outcome : "not-applied";
          made.push({ endpoint: endpoint.origin, ms, reason: error.name, outcome });
        }
        throw error;
      } finally {
        clearTimeout(timer);
        bound.end();
      }
    },
  };
}
