import type { Address } from "../http/read-address.ts";

/** How long an endpoint that failed is left alone while another one answers, in milliseconds. */
export const defaultRestMs = 10_000;

/** Told of each failure of an endpoint. `silentMs`: how long a request to it had waited for an answer that never came. */
export type FailureListener = (endpoint: Address, silentMs: number) => void;

/** What is known of the endpoints, for those who hold streams open. */
export interface EndpointHealth {
  /** Whether the endpoint in use failed lately, and no other is better. */
  readonly resting: boolean;
  /** Returns what ends the notices. */
  onFailure(listener: FailureListener): () => void;
}

export interface Endpoints extends EndpointHealth {
  readonly all: readonly Address[];
  /** The endpoint that the next call goes to. */
  readonly inUse: Address;
  /** Calls move on to the next endpoint; this one rests. */
  failed(endpoint: Address, silentMs?: number): void;
  succeeded(endpoint: Address): void;
}

/**
 * An ordered list with a memory of health. Calls stick to one endpoint until it fails, so that an application sees one
 * member's view; then the next one in order that is not resting takes over. When all rest, the one whose rest ends
 * first is taken: somebody has to find out that the cluster is back.
 */
export function createEndpoints(
  all: readonly Address[],
  options: { restMs?: number; now?: () => number } = {},
): Endpoints {
  const { restMs = defaultRestMs, now = Date.now } = options;
  const [first] = all;
  if (first === undefined) throw new RangeError("at least one endpoint");
  const restsUntil = new Map<Address, number>();
  const listeners = new Set<FailureListener>();
  let inUse: Address = first;

  const restOf = (endpoint: Address): number => Math.max(restsUntil.get(endpoint) ?? 0, now());

  return {
    all,
    get inUse() {
      return inUse;
    },
    get resting() {
      return restOf(inUse) > now();
    },
    onFailure(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    failed(endpoint, silentMs = 0) {
      restsUntil.set(endpoint, now() + restMs);
      if (endpoint === inUse) moveOn();
      for (const listener of listeners) listener(endpoint, silentMs);
    },
    succeeded(endpoint) {
      restsUntil.delete(endpoint);
    },
  };

  function moveOn(): void {
    const start = all.indexOf(inUse) + 1;
    const inTurn = [...all.slice(start), ...all.slice(0, start)];
    // Of equals the first in turn: the one that failed is the last.
    inUse = inTurn.reduce((best, candidate) => (restOf(candidate) < restOf(best) ? candidate : best));
  }
}
