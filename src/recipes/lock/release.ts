import { pause } from "../../transport/deadline.ts";
import { EtcdError } from "../../transport/errors/etcd-error.ts";
import type { Etcd } from "../../v3/client.ts";
import { op } from "../../v3/kv/op.ts";
import { backOff } from "../back-off.ts";
import { giveUp, isClaimed } from "./claims.ts";
import { isThere, type Place } from "./wait-queue.ts";
import { nextChange } from "../next-change.ts";
import { createScope } from "../scope.ts";
import type { Session } from "../session/session.ts";

/** How long the giving up of a place is tried before its caller goes on, in milliseconds. */
const longestLeaveMs = 10_000;

/**
 * Deletes the key of a place, if it still is that place. Harmless however often it arrives. `doubtful`: a copy of the
 * request for the place may still arrive. Where it fails it is tried on, unheard: the session may live for long.
 */
export async function leave(etcd: Etcd, session: Session, place: Place, doubtful = false): Promise<void> {
  const scope = createScope([], longestLeaveMs, () => new EtcdError("no answer in time", "Timeout", unknown));
  giveUp(session, place.createRevision);
  try {
    await remove(etcd, place, scope.signal);
    if (doubtful) void sweep(etcd, session, place.key);
  } catch (error) {
    void sweep(etcd, session, place.key);
    throw error;
  } finally {
    scope.end();
  }
}

const unknown = { outcome: "unknown" } as const;

async function remove(etcd: Etcd, place: Place, signal: AbortSignal): Promise<void> {
  for (let failures = 0; ; failures++) {
    try {
      const branches = { if: [isThere(place)], then: [op.delete(place.key)] } as const;
      await etcd.txn(branches, { signal, exactlyOnce: false });
      return;
    } catch (error) {
      if (!EtcdError.is(error) || error.outcome !== "unknown" || signal.aborted) throw error;
      await backOff(failures, 50, 2000, signal);
    }
  }
}

/** How long a copy of a request may be under way at most, with good reason to think so, in milliseconds. */
const longestDelayMs = 120_000;

/**
 * For two minutes deletes the key of a place that nobody here has: a request that was given up without an answer may
 * have created it, or a late copy may do so. Needed only for sessions that live on; with the lease of an ended one
 * nothing is created.
 */
export async function sweep(etcd: Etcd, session: Session, key: string): Promise<void> {
  const scope = createScope([session.signal], longestDelayMs);
  const { signal } = scope;
  try {
    for (let failures = 0; ; ) {
      try {
        await sweepOnce(etcd, session, key, signal);
        failures = 0;
      } catch {
        await backOff(failures++, 50, 2000, signal);
      }
    }
  } catch {
    // The time is up, or the session has ended.
  } finally {
    scope.end();
  }
}

async function sweepOnce(etcd: Etcd, session: Session, key: string, signal: AbortSignal): Promise<void> {
  const { entries, revision } = await etcd.range(key, { keysOnly: true, signal });
  const [entry] = entries;
  if (entry !== undefined) {
    // Whoever is taking a place right now finds this one, and takes it for its own.
    await pause(1000, signal);
    const { createRevision } = entry;
    if (!isClaimed(session, createRevision)) return remove(etcd, { key, createRevision }, signal);
  }
  await nextChange(etcd, key, { from: revision + 1n, signal });
}
