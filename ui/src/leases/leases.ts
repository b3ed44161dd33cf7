import { type Etcd, EtcdError, type LeaseTimeToLive } from "fetcd";

/** A lease as it was at `readAt`, by the page's clock. */
export interface SeenLease extends LeaseTimeToLive {
  readonly readAt: number;
}

/** Concurrent requests: browsers open six connections to a server, and other requests need some of them. */
const atOnce = 3;

/** Reads all leases with their keys, sorted by when they end. Leases that end meanwhile are left out. */
export async function readLeases(etcd: Etcd, signal: AbortSignal): Promise<SeenLease[]> {
  const ids = await etcd.lease.list({ signal });
  const seen: SeenLease[] = [];
  const next = ids.values();
  const worker = async (): Promise<void> => {
    for (const id of next) {
      try {
        seen.push({ ...(await timeToLive(etcd, id, signal)), readAt: Date.now() });
      } catch (error) {
        if (!EtcdError.is(error) || error.reason !== "LeaseNotFound") throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return seen.sort((a, b) => a.ttl - b.ttl);
}

/** Reads a lease with its keys, or without them if this user may not see them. */
async function timeToLive(etcd: Etcd, id: bigint, signal: AbortSignal): Promise<LeaseTimeToLive> {
  try {
    return await etcd.lease.timeToLive(id, { keys: true, signal });
  } catch (error) {
    if (!EtcdError.is(error) || error.reason !== "PermissionDenied") throw error;
    return etcd.lease.timeToLive(id, { signal });
  }
}

/** Seconds that are left of a lease, if nobody has renewed it since. */
export function secondsLeft({ ttl, readAt }: SeenLease, now: number): number {
  return Math.max(0, Math.round(ttl - (now - readAt) / 1_000));
}
