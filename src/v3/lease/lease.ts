import { Lease } from "../../transport/codec/services.ts";
import type { CallOptions, Connection } from "../../transport/connection.ts";
import { EtcdError, notApplied, unexpected } from "../../transport/errors/etcd-error.ts";
import * as kind from "../../transport/option-kinds.ts";
import { checkLeaseId, leaseIdKind, ownOptions } from "../check.ts";
import type { Keyspace } from "../namespace.ts";
import { randomInt63 } from "../random.ts";
import { checkAnswer, createRenewals, type Renewals } from "./renewals.ts";
import type { WriteTracker } from "../../transport/errors/track-writes.ts";
import { operation, untilTheEnd } from "../operation.ts";
import { withJson } from "../json-form.ts";

/** A lease and the time that it has. */
export interface GrantedLease {
  /** Its id: give it as `lease` to `put`. */
  readonly id: bigint;
  /**
   * Seconds that the lease lives from now on, as etcd says: it raises short ones to 1.5 election time-outs, and where
   * the first answer was lost some of them are over.
   */
  readonly ttl: number;
}

/** What is left of a lease, as `lease.timeToLive` tells. */
export interface LeaseTimeToLive extends GrantedLease {
  /** Seconds that it was granted for, and that each renewal sets it back to. */
  readonly grantedTtl: number;
  /** The keys attached to it that this client's namespace holds, in that namespace. Only where asked for. */
  readonly keys?: Uint8Array[];
}

/** Options of `lease.grant`. */
export interface LeaseGrantOptions extends CallOptions {
  /** Behind a proxy that makes ids of its own a chosen one rejects with `Unsupported`. @default a random one */
  readonly id?: bigint | undefined;
}

/** Options of `lease.timeToLive`. */
export interface LeaseTimeToLiveOptions extends CallOptions {
  /** Also answer the keys that are attached to it. @default false */
  readonly keys?: boolean | undefined;
}

/** Leases: keys put with one vanish when it is revoked or not renewed in time. They belong to no namespace. */
export interface LeaseService {
  /**
   * Makes a lease that lives `ttl` whole seconds. With an `id` of the caller's, a lease of that id rejects with
   * `LeaseExist`; its outcome is `unknown` if that lease may be what an earlier request of this very call made. Rejects
   * with outcome `applied` where the lease was made, but not found out in time how long it lives.
   */
  grant(ttl: number, options?: LeaseGrantOptions): Promise<GrantedLease>;
  /** Ends a lease and deletes its keys. @throws `LeaseNotFound` if there was none */
  revoke(id: bigint, options?: CallOptions): Promise<void>;
  /** Renews a lease once. Rejects with `LeaseNotFound` if it is gone. Calls of one tick travel as one request. */
  keepAliveOnce(id: bigint, options?: CallOptions): Promise<GrantedLease>;
  /** What is left of a lease. @throws `LeaseNotFound` if it is gone */
  timeToLive(id: bigint, options?: LeaseTimeToLiveOptions): Promise<LeaseTimeToLive>;
  /** The ids of all leases of the cluster. */
  list(options?: CallOptions): Promise<bigint[]>;
}

interface Asked {
  readonly ID: bigint;
  /** Also for the keys that have it. */
  readonly keys: boolean;
}

export function createLease(
  connection: Connection,
  keyspace: Keyspace,
  renewals: Renewals = createRenewals(connection),
): LeaseService {
  async function grant(
    TTL: bigint,
    chosen: bigint | undefined,
    options: CallOptions,
    tracker: WriteTracker,
  ): Promise<GrantedLease> {
    const ID = chosen ?? randomInt63();
    try {
      const granted = await tracker.write(() => connection.unary(Lease.method.leaseGrant, { TTL, ID }, options));
      // A caller that chose the id gets that one. A proxy may make another one of a random proposal.
      if (chosen !== undefined && granted.ID !== ID) throw await refusedId(ID, granted.ID, options);
      if (granted.ID === 0n) checkAnswer(granted, ID);
      return withJson({ id: granted.ID, ttl: Number(granted.TTL) });
    } catch (error) {
      // Another cluster has granted it, where nobody is going to use it.
      if (isReason(error, "ClusterChanged") && error.outcome === "applied")
        await connection
          .follow()
          .unary(Lease.method.leaseRevoke, { ID }, options)
          .catch(() => undefined);
      if (chosen !== undefined || !isReason(error, "LeaseExist")) throw error;
      // Nobody else has this id: an earlier copy of the request made the lease, and its answer was lost. The copy need
      // not be ours: some browsers send a POST again by themselves.
      tracker.learn("applied");
      const { ttl } = await tracker.help(() => timeToLive({ ID, keys: false }, untilTheEnd(options)));
      return withJson({ id: ID, ttl });
    }
  }

  /** A lease that nobody wants is not left behind. */
  async function refusedId(chosen: bigint, made: bigint, options: CallOptions): Promise<EtcdError> {
    const what = `lease ${chosen} was requested, but a proxy or etcd granted lease ${made}`;
    try {
      await connection.unary(Lease.method.leaseRevoke, { ID: made }, options);
      return notApplied(`${what}; it is revoked`, "Unsupported");
    } catch (cause) {
      return new EtcdError(`${what}; it could not be revoked`, "Unsupported", { outcome: "applied", cause });
    }
  }

  async function timeToLive(asked: Asked, options: CallOptions): Promise<LeaseTimeToLive> {
    const { ID, keys } = asked;
    const answer = await connection.unary(Lease.method.leaseTimeToLive, asked, options);
    checkAnswer(answer, ID);
    if (answer.TTL < 0n) throw leaseNotFound(ID);
    const lease = { id: ID, ttl: Number(answer.TTL), grantedTtl: Number(answer.grantedTTL) };
    if (!keys) return withJson(lease);
    const held = answer.keys.filter((key) => keyspace.holds(key)).map((key) => keyspace.strip(key));
    return withJson({ ...lease, keys: held });
  }

  return {
    async grant(ttl, options) {
      const own = ownOptions("lease.grant", options, { id: leaseIdKind });
      const TTL = checkTtl(ttl);
      const id = own.id === undefined ? undefined : checkLeaseId(own.id, "id");
      return operation(connection, own, (shared, tracker) => grant(TTL, id, shared, tracker));
    },

    async revoke(id, options) {
      const own = ownOptions("lease.revoke", options);
      try {
        await connection.unary(Lease.method.leaseRevoke, { ID: checkLeaseId(id, "id") }, own);
      } catch (error) {
        // An earlier request of this call has done it, and its answer was lost.
        if (isReason(error, "LeaseNotFound") && error.outcome === "unknown") return;
        throw error;
      }
    },

    async keepAliveOnce(id, options) {
      const own = ownOptions("lease.keepAliveOnce", options);
      const ID = checkLeaseId(id, "id");
      const renewed = await renewals.renew(ID, own);
      connection.guard.check(renewed.header);
      if (renewed.TTL <= 0n) throw leaseNotFound(ID);
      return withJson({ id: ID, ttl: Number(renewed.TTL) });
    },

    async timeToLive(id, options) {
      const own = ownOptions("lease.timeToLive", options, { keys: kind.boolean });
      return timeToLive({ ID: checkLeaseId(id, "id"), keys: own.keys === true }, own);
    },

    async list(options) {
      const own = ownOptions("lease.list", options);
      const { leases } = await connection.unary(Lease.method.leaseLeases, {}, own);
      return withJson(leases.map(({ ID }) => ID));
    },
  };
}

/** The most that etcd takes. */
const longestTtl = 9_000_000_000;

function checkTtl(ttl: unknown): bigint {
  if (typeof ttl === "number" && Number.isInteger(ttl) && ttl >= 1 && ttl <= longestTtl) return BigInt(ttl);
  throw unexpected("ttl", `whole seconds from 1 to ${longestTtl}`, ttl);
}

function leaseNotFound(id: bigint): EtcdError {
  return notApplied(`lease ${id} does not exist or has expired`, "LeaseNotFound");
}

function isReason(error: unknown, reason: EtcdError["reason"]): error is EtcdError {
  return EtcdError.is(error) && error.reason === reason;
}
