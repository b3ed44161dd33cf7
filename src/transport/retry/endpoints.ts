import type { Address } from "../http/read-address.ts";

/** How long an endpoint that failed is left alone while another one answers, in milliseconds. */
export const defaultRestMs = 10_000;

export interface Endpoints {
  readonly all: readonly Address[];
  /** The endpoint that the next call goes to. */
  readonly inUse: Address;
  /** Calls move on to the next endpoint; this one rests. */
  failed(endpoint: Address): void;
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
  let inUse: Address = first;

  const restOf = (endpoint: Address): number => Math.max(restsUntil.get(endpoint) ?? 0, now());

  return {
    all,
    get inUse() {
      return inUse;
    },
    failed(endpoint) {
      restsUntil.set(endpoint, now() + restMs);
      if (endpoint !== inUse) return;
      const start = all.indexOf(endpoint) + 1;
      const inTurn = [...all.slice(start), ...all.slice(0, start)];
      // Of equals the first in turn: the one that failed is the last.
      inUse = inTurn.reduce((best, candidate) => (restOf(candidate) < restOf(best) ? candidate : best));
    },
    succeeded(endpoint) {
      restsUntil.delete(endpoint);
    },
  };
}
