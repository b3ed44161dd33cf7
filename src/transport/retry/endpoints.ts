import { monotonicMs } from "../clock.ts";
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
  /** Has `listener` called when other endpoints have taken the place of these. Returns what ends the notices. */
  onReplaced(listener: () => void): () => void;
}

/** The endpoints of a transport, and which of them failed lately. */
export interface Endpoints extends EndpointHealth {
  /** All endpoints, in order of preference. */
  readonly all: readonly Address[];
  /** The endpoint that the next call goes to. Throws a `RangeError` while none is known. */
  readonly inUse: Address;
  /** Whether all of them failed lately. */
  readonly allResting: boolean;
  /** Whether one of them failed lately. */
  readonly someResting: boolean;
  /** Calls move on to the next endpoint; this one rests. */
  failed(endpoint: Address, silentMs?: number): void;
  /** This one answered: it rests no longer. */
  succeeded(endpoint: Address): void;
  /**
   * Other endpoints, in order of preference. What is known of those that stay is kept, and so is the one in use. Throws
   * a `RangeError` for an empty list.
   */
  replace(addresses: readonly Address[]): void;
}

/**
 * An ordered list with a memory of health. Calls stick to one endpoint until it fails, so that an application sees one
 * member's view; then the next one in order that is not resting takes over. When all rest, the one whose rest ends
 * first is taken: somebody has to find out that the cluster is back. The list may be empty until it is replaced.
 */
export function createEndpoints(
  addresses: readonly Address[],
  options: { restMs?: number; now?: () => number } = {},
): Endpoints {
  // Not the wall clock: set back by an hour it would make the rests of before last an hour.
  const { restMs = defaultRestMs, now = monotonicMs } = options;
  let [inUse] = addresses;
  const restsUntil = new Map<Address, number>();
  const listeners = new Set<FailureListener>();
  const replacementListeners = new Set<() => void>();

  const rests = (endpoint: Address): boolean => restOf(endpoint) > 0;
  /** Until when it rests; 0: it does not. */
  function restOf(endpoint: Address): number {
    const until = restsUntil.get(endpoint) ?? 0;
    return until > now() ? until : 0;
  }

  const list: Endpoints & { all: readonly Address[] } = {
    // With a value, so that a console shows where a transport leads.
    all: distinct(addresses),
    get inUse() {
      return inUse ?? firstOf(list.all);
    },
    get resting() {
      return inUse !== undefined && rests(inUse);
    },
    get allResting() {
      return list.all.every(rests);
    },
    get someResting() {
      return list.all.some(rests);
    },
    onFailure(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    onReplaced(listener) {
      replacementListeners.add(listener);
      return () => void replacementListeners.delete(listener);
    },
    failed(endpoint, silentMs = 0) {
      // A request may end after its endpoint has been replaced.
      if (list.all.includes(endpoint)) restsUntil.set(endpoint, now() + restMs);
      if (endpoint === inUse) moveOn(endpoint);
      for (const listener of listeners) listener(endpoint, silentMs);
    },
    succeeded(endpoint) {
      restsUntil.delete(endpoint);
    },
    replace(next) {
      const before = new Map(list.all.map((address) => [address.url, address]));
      // Kept as the same object, because what is known of an endpoint is stored under it.
      const kept = distinct(next).map((address) => before.get(address.url) ?? address);
      const best = inUse !== undefined && kept.includes(inUse) ? inUse : leastResting(kept, firstOf(kept));
      if (kept.length === list.all.length && kept.every((address, i) => address === list.all[i])) return;
      for (const address of list.all) if (!kept.includes(address)) restsUntil.delete(address);
      list.all = kept;
      inUse = best;
      for (const listener of replacementListeners) listener();
    },
  };
  return list;

  function moveOn(left: Address): void {
    const start = list.all.indexOf(left) + 1;
    const inTurn = [...list.all.slice(start), ...list.all.slice(0, start)];
    // Among equals the first in turn wins; the endpoint that failed comes last.
    inUse = leastResting(inTurn, left);
  }

  function leastResting([first, ...others]: readonly Address[], fallback: Address): Address {
    return others.reduce((best, candidate) => (restOf(candidate) < restOf(best) ? candidate : best), first ?? fallback);
  }
}

/** Each endpoint once: where a list names the same one again there is no other to go to. */
function distinct(addresses: readonly Address[]): readonly Address[] {
  const known = new Map<string, Address>();
  for (const address of addresses) if (!known.has(address.url)) known.set(address.url, address);
  return [...known.values()];
}

function firstOf([first]: readonly Address[]): Address {
  if (first === undefined) throw new RangeError("no endpoint is known");
  return first;
}
