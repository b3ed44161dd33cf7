import type { Address } from "./address.ts";
import type { Endpoints } from "./endpoints.ts";
import { amend, EtcdError } from "./errors.ts";
import type { Reason } from "./reasons.ts";

/** Failures after which another member may do better. A refusal of the request itself is not one. */
const blamed: ReadonlySet<Reason> = new Set<Reason>([
  "Unreachable",
  "Tls",
  "MalformedResponse",
  "NotEtcd",
  "RedirectRefused",
  "Timeout",
  "NoLeader",
  "Stopped",
  "Unhealthy",
  "NotSupportedForLearner",
  "NotCapable",
]);

/** Runs one attempt against an endpoint, remembers what it says about the endpoint, and notes it in the error. */
export async function attempt<T>(endpoints: Endpoints, endpoint: Address, run: () => Promise<T>): Promise<T> {
  const start = performance.now();
  try {
    const result = await run();
    endpoints.succeeded(endpoint);
    return result;
  } catch (error) {
    if (!EtcdError.is(error)) throw error;
    const { reason, outcome } = error;
    if (blamed.has(reason)) endpoints.failed(endpoint);
    const ms = Math.round(performance.now() - start);
    throw amend(error, { attempts: [{ endpoint: endpoint.origin, ms, reason, outcome }] });
  }
}
