import type { Address } from "./address.ts";
import { EtcdError } from "../errors/etcd-error.ts";
import { codesOf } from "../errors/network-failure.ts";

/**
 * Learns which endpoints take the require-leader header. etcd's CORS answer does not list it, so a page of another
 * origin gets an opaque network error for it: after one such failure the stream is opened without, and if that fails
 * as well, the header was not to blame.
 */
export interface LeaderHeader {
  /** Opens a stream by `send`, with the headers that it is given; once more without where CORS may forbid them. */
  open<T>(
    endpoint: Address,
    requirement: "always" | "auto" | undefined,
    send: (headers: Readonly<Record<string, string>>) => Promise<T>,
  ): Promise<T>;
}

/** Asks etcd to refuse where it knows of no leader. */
export const requireLeader: Readonly<Record<string, string>> = { "grpc-metadata-hasleader": "true" };

export function createLeaderHeader(): LeaderHeader {
  const allowed = new WeakSet<Address>();
  const withheld = new WeakSet<Address>();
  return {
    async open(endpoint, requirement, send) {
      if (requirement === undefined || (requirement === "auto" && withheld.has(endpoint))) {
        return send({}).catch((error: unknown) => {
          withheld.delete(endpoint);
          throw error;
        });
      }
      try {
        const opened = await send(requireLeader);
        allowed.add(endpoint);
        return opened;
      } catch (error) {
        if (requirement === "always" || allowed.has(endpoint) || !isOpaque(error)) throw error;
      }
      const opened = await send({});
      withheld.add(endpoint);
      return opened;
    },
  };
}

/** When CORS forbids a request, fetch says only that it failed. An error with a code has another cause. */
function isOpaque(error: unknown): boolean {
  if (!EtcdError.is(error) || error.reason !== "Unreachable" || error.outcome !== "unknown") return false;
  return codesOf(error.cause).length === 0;
}
