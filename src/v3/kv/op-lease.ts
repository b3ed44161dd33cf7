import { Lease } from "../../transport/codec/services.ts";
import type { Connection } from "../../transport/connection.ts";
import { raceAbort } from "../../transport/deadline.ts";
import { EtcdError } from "../../transport/errors/etcd-error.ts";
import { elapsedSince, now } from "../../transport/clock.ts";
import { randomInt63 } from "../random.ts";

/** How long the record of an operation outlives it at least half of, in seconds. */
const ttlSeconds = 120;

/**
 * The lease that the records of `exactlyOnce` writes hang on. It is never used past half of its life: a record must
 * outlive every copy of its write that may still be under way.
 */
export interface OpLease {
  id(signal: AbortSignal): Promise<bigint>;
  /** etcd does not know the lease any more. */
  lost(): void;
}

export function createOpLease(connection: Connection): OpLease {
  let current: { readonly id: Promise<bigint>; readonly at: ReturnType<typeof now> } | undefined;

  async function grant(): Promise<bigint> {
    const ID = randomInt63();
    try {
      await connection.unary(Lease.method.leaseGrant, { ID, TTL: BigInt(ttlSeconds) }, { repeat: "any" });
    } catch (error) {
      // Nobody else has this id: an earlier copy of the request made the lease, and its answer was lost.
      if (!EtcdError.is(error) || error.reason !== "LeaseExist") throw error;
    }
    return ID;
  }

  return {
    id(signal) {
      if (current === undefined || elapsedSince(current.at) > (ttlSeconds * 1000) / 2) {
        const fresh = { id: grant(), at: now() };
        current = fresh;
        fresh.id.catch(() => {
          if (current === fresh) current = undefined;
        });
      }
      return raceAbort(current.id, signal);
    },
    lost() {
      current = undefined;
    },
  };
}
