import { raceAbort } from "../abort.ts";
import type { Address } from "../http/address.ts";
import type { Endpoints } from "./endpoints.ts";
import { amend, EtcdError } from "../errors/etcd-error.ts";
import type { Reason } from "../errors/reasons.ts";

/** Failures after which another member may do better. A refusal of the request itself is not one. */
const blamed: ReadonlySet<Reason> = new Set<Reason>([
  "Unreachable",
  "Tls",
  "MalformedResponse",
  "NotEtcd",
  "RedirectRefused",
  "Timeout",
  "TooManyRequests",
  "NoLeader",
  "Stopped",
  "Unhealthy",
  "NotSupportedForLearner",
  "NotCapable",
  "ClusterChanged",
  "StaleRead",
]);

/**
 * Runs one attempt against an endpoint, remembers what it says about the endpoint, and notes it in the error. It does
 * not outlast `signal`, which a custom `fetch` may not have passed on.
 */
export function attempt<T>(
  endpoints: Endpoints,
  endpoint: Address,
  signal: AbortSignal | undefined,
  run: () => Promise<T>,
): Promise<T> {
  const start = performance.now();
  // A signal that was aborted before is left to `run`, which says that nothing was sent.
  const bound = signal?.aborted ? undefined : signal;
  return raceAbort(run(), bound).then(
    (result) => {
      endpoints.succeeded(endpoint);
      return result;
    },
    (error: unknown) => {
      const silent = bound?.aborted === true && error === bound.reason;
      throw noteFailure(endpoints, endpoint, error, { start, silent });
    },
  );
}

/**
 * Remembers what a failure says about its endpoint. Returns the error with that attempt in it. `start`: when the request
 * was sent; `silent`: no answer came.
 */
export function noteFailure(
  endpoints: Endpoints,
  endpoint: Address,
  error: unknown,
  { start, silent }: { readonly start: number; readonly silent?: boolean },
): unknown {
  if (!EtcdError.is(error)) return error;
  const { reason, outcome } = error;
  const ms = Math.round(performance.now() - start);
  if (blamesEndpoint(reason)) endpoints.failed(endpoint, silent ? ms : 0);
  return amend(error, { attempts: [{ endpoint: endpoint.origin, ms, reason, outcome }] });
}

/** Whether a failure says that another member may do better. */
export function blamesEndpoint(reason: Reason): boolean {
  return blamed.has(reason);
}
