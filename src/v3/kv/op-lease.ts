import { Lease } from "../../transport/codec/services.ts";
import type { Connection } from "../../transport/connection.ts";
import { EtcdError } from "../../transport/errors/etcd-error.ts";
import { createSharedWork, type NoteFailure } from "../../transport/shared-work.ts";
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

interface Granted {
  readonly ID: bigint;
  /** When it was asked for. */
  readonly at: ReturnType<typeof now>;
}

export function createOpLease(connection: Connection): OpLease {
  const { shareRequests, timeoutMs: limitMs } = connection;
  const grants = createSharedWork(grant, { shareRequests, limitMs });
  let current: Granted | undefined;

  async function grant(onFailure: NoteFailure): Promise<Granted> {
    const at = now();
    current = { ID: await grantedId(randomInt63(), onFailure), at };
    return current;
  }

  async function grantedId(ID: bigint, onFailure: NoteFailure): Promise<bigint> {
    const request = { ID, TTL: BigInt(ttlSeconds) };
    try {
      return (await connection.unary(Lease.method.leaseGrant, request, { idempotency: "keyed", onFailure })).ID;
    } catch (error) {
      // Nobody else has this id: an earlier copy of the request made the lease, and its answer was lost.
      if (!EtcdError.is(error) || error.reason !== "LeaseExist") throw error;
      return ID;
    }
  }

  return {
    async id(signal) {
      if (current === undefined || elapsedSince(current.at) > (ttlSeconds * 1000) / 2) {
        return (await grants.join(signal)).ID;
      }
      return current.ID;
    },
    lost() {
      current = undefined;
    },
  };
}
