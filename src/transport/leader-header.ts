import type { Address } from "./address.ts";
import { EtcdError } from "./errors.ts";

/**
 * Learns which endpoints take the require-leader header. etcd's CORS answer does not list it, so a page of another
 * origin gets an opaque network error for it: after one such failure the next stream goes without, and if that fails
 * as well, the header was not to blame.
 */
export interface LeaderHeader {
  sentTo(endpoint: Address, wish: "always" | "auto" | undefined): boolean;
  passed(endpoint: Address, sent: boolean): void;
  failed(endpoint: Address, sent: boolean, error: unknown): void;
}

export function createLeaderHeader(): LeaderHeader {
  const allowed = new WeakSet<Address>();
  const withheld = new WeakSet<Address>();
  return {
    sentTo: (endpoint, wish) => wish === "always" || (wish === "auto" && !withheld.has(endpoint)),
    passed(endpoint, sent) {
      if (sent) allowed.add(endpoint);
    },
    failed(endpoint, sent, error) {
      const opaque = EtcdError.is(error) && error.reason === "Unreachable" && error.outcome === "unknown";
      if (!opaque || allowed.has(endpoint)) return;
      if (sent) withheld.add(endpoint);
      else withheld.delete(endpoint);
    },
  };
}
