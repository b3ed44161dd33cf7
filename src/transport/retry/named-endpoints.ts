import { boundBy, raceAbort } from "../abort.ts";
import { timeoutError } from "../deadline.ts";
import { amend, EtcdError, throwUnsent } from "../errors/etcd-error.ts";
import type { Address } from "../http/address.ts";
import type { Log } from "../log.ts";
import type { Endpoints } from "./endpoints.ts";
import { createLookup } from "./lookup.ts";

/** The URLs of the endpoints as they are now. */
export type EndpointsFunction = () => string | readonly string[] | Promise<string | readonly string[]>;

export interface NamedEndpointsOptions {
  readonly name: EndpointsFunction;
  readonly endpoints: Endpoints;
  /** Checks what the function names. Throws `InvalidArgument`. */
  readonly parse: (urls: unknown) => readonly Address[];
  readonly shareRequests: boolean;
  /** How long the function may take, in milliseconds. */
  readonly limitMs: number;
  readonly log: Log;
}

/** Endpoints that a function names: asked at first, and again in the background when all that it named rest. */
export interface NamedEndpoints {
  /** `undefined`: endpoints are known. Else what to wait for, which rejects with outcome `not-applied`. */
  known(signal: AbortSignal | undefined): Promise<void> | undefined;
  /** What the function says from now on counts, not what it may say to the question under way. */
  reset(): void;
}

export function createNamedEndpoints(options: NamedEndpointsOptions): NamedEndpoints {
  const { name, endpoints, parse, shareRequests, limitMs, log } = options;
  let epoch = 0;
  const lookup = createLookup({ ask, wanted: () => endpoints.allResting, shareRequests, limitMs });

  async function ask(): Promise<boolean> {
    const startEpoch = epoch;
    const bound = boundBy(limitMs, undefined, () => timeoutError(limitMs));
    try {
      const before = endpoints.all;
      const addresses = parse(await raceAbort(calling(name), bound.signal));
      if (startEpoch !== epoch) return false;
      endpoints.replace(addresses);
      const fresh = endpoints.all !== before;
      if (fresh) log({ type: "endpoints", endpoints: addresses.map(({ origin }) => origin), reason: undefined });
      return fresh;
    } catch (thrown) {
      const error = asLookupError(thrown);
      log({ type: "endpoints", endpoints: endpoints.all.map(({ origin }) => origin), reason: error.reason });
      throw error;
    } finally {
      bound.end();
    }
  }

  return {
    known(signal) {
      if (endpoints.all.length === 0) return lookup.result(signal).catch(throwUnsent);
      lookup.refresh();
      return undefined;
    },
    reset() {
      epoch++;
      lookup.reset();
    },
  };
}

/** A promise even where the function throws. */
async function calling<T>(name: () => T | Promise<T>): Promise<T> {
  return name();
}

function asLookupError(thrown: unknown): EtcdError {
  if (EtcdError.is(thrown)) return amend(thrown, { outcome: "not-applied" });
  return new EtcdError("endpoints: the function that names them failed", "Unreachable", {
    outcome: "not-applied",
    cause: thrown,
  });
}
