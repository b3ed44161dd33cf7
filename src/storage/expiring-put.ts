import { EtcdError, throwUnsent } from "../transport/errors/etcd-error.ts";
import { elapsedSince, type Moment, now } from "../transport/clock.ts";
import type { Etcd } from "../v3/client.ts";
import type { Value } from "../v3/keys.ts";

/** Puts `value` so that it lives for `ttl` seconds; for ever if that is undefined. */
export type ExpiringPut = (key: string, value: Value, ttl: number | undefined) => Promise<void>;

interface SharedLease {
  readonly id: bigint;
  /** Just before the lease was asked for. */
  readonly granted: Moment;
}

/** Keys that are put within this part of a TTL share a lease, which lives longer by as much. */
const sharedPart = 0.1;
/** TTLs are rounded up to a power of this, so that few leases serve any number of them. */
const step = 1.05;

/**
 * Puts of keys that expire. A lease for each key would be two requests a put, and leave a lease behind with each value that
 * is replaced before its time. So keys with about the same TTL share one: a key lives for its TTL, and at most a sixth
 * longer, plus what etcd rounds up.
 */
export function createExpiringPut(etcd: Etcd): ExpiringPut {
  const leases = new Map<number, SharedLease>();

  async function leaseFor(seconds: number): Promise<bigint> {
    const known = leases.get(seconds);
    if (known !== undefined && elapsedSince(known.granted) < seconds * sharedPart * 1000) return known.id;
    // Callers at the same time get a lease each: none depends on a request that another one began.
    const granted = now();
    // Whatever became of the lease, the key was not written without it. A lease that is left ends by itself.
    const { id } = await etcd.lease.grant(Math.ceil(seconds * (1 + sharedPart))).catch(throwUnsent);
    leases.set(seconds, { id, granted });
    return id;
  }

  return async (key, value, ttl) => {
    if (ttl === undefined) return void (await etcd.put(key, value));
    const seconds = step ** Math.ceil(Math.log(ttl) / Math.log(step));
    try {
      await etcd.put(key, value, { lease: await leaseFor(seconds) });
    } catch (error) {
      // Somebody has revoked it, or it went with a cluster that was wiped. Nothing was written.
      if (!EtcdError.is(error) || error.reason !== "LeaseNotFound") throw error;
      leases.delete(seconds);
      await etcd.put(key, value, { lease: await leaseFor(seconds) });
    }
  };
}
