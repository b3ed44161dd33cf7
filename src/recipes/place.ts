import type { Etcd } from "../v3/client.ts";
import type { Compare } from "../v3/compare.ts";
import { compare } from "../v3/compare.ts";
import type { Entry } from "../v3/entry.ts";
import type { Value } from "../v3/keys.ts";
import { op } from "../v3/op.ts";
import { EtcdError } from "../transport/errors.ts";
import { claim, giveUp, isClaimed } from "./claims.ts";
import { type Ahead, firstLook, isThere, type Line, newestFirst, type Place } from "./line.ts";
import { createScope, isReason, pause } from "./scope.ts";
import type { Session } from "./session.ts";

/** What became of the wish for a place. `found`: it was there before, or an unanswered copy of the request made it. */
export type Entered =
  | {
      readonly kind: "entered";
      readonly place: Place;
      readonly ahead: Ahead | undefined;
      readonly found?: Entry | undefined;
    }
  /** The session has a place in this line already, which another task of this program has taken. */
  | { readonly kind: "occupied"; readonly place: Place; readonly revision: bigint }
  /** A condition did not hold. */
  | { readonly kind: "refused" };

/**
 * Takes a place in the line, at its end. Repeated until it is answered, or the session ends: a second copy finds the key
 * there. `doubt` is called when a copy that was not answered may still arrive.
 */
export async function enter(
  etcd: Etcd,
  line: Line,
  session: Session,
  value: Value,
  conditions: readonly Compare[],
  doubt: () => void,
): Promise<Entered> {
  const key = line.keyOf(session.leaseId);
  const { signal } = session;
  const branches = {
    if: [compare.missing(key), ...conditions],
    then: [
      op.put(key, value, { lease: session.leaseId }),
      op.get({ prefix: line.prefix }, { ...newestFirst, limit: firstLook }),
    ],
    else: [op.get(key)],
  } as const;
  for (let failures = 0; ; failures++) {
    try {
      const { succeeded, revision, results } = await etcd.txn(branches, { signal, exactlyOnce: false });
      const found = succeeded ? undefined : results[0].entry;
      if (found === null) return { kind: "refused" };
      const place = { key, createRevision: found?.createRevision ?? revision };
      if (!claim(session, place.createRevision)) return { kind: "occupied", place, revision };
      if (!succeeded) return { kind: "entered", place, ahead: undefined, found };
      const { entries, more } = results[1];
      const before = line.lastBefore(place, entries);
      return { kind: "entered", place, ahead: before !== undefined || !more ? { before, revision } : undefined };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!EtcdError.is(error) || error.outcome !== "unknown") throw error;
      doubt();
      await pause(Math.random() * Math.min(2000, 50 * 2 ** failures), signal);
    }
  }
}

/** Waits until nobody is before the place. Rejects with `gone()` if the place itself is taken away. */
export async function awaitTurn(
  etcd: Etcd,
  line: Line,
  place: Place,
  known: Ahead | undefined,
  signal: AbortSignal,
  gone: () => EtcdError,
): Promise<void> {
  for (let ahead = known; ; ahead = undefined) {
    ahead ??= await aheadOrThrow(line, place, signal, gone);
    const { before, revision } = ahead;
    if (before === undefined) return;
    await untilGone(etcd, { key: before.key, createRevision: before.createRevision }, revision, signal);
  }
}

async function aheadOrThrow(line: Line, place: Place, signal: AbortSignal, gone: () => EtcdError): Promise<Ahead> {
  const ahead = await line.ahead(place, signal);
  if (ahead === "gone") throw gone();
  return ahead;
}

/** Resolves when the key of a place, which was there at `revision`, is gone. */
export async function untilGone(etcd: Etcd, place: Place, revision: bigint, signal: AbortSignal): Promise<void> {
  for (let from = revision + 1n; ; ) {
    try {
      for await (const _ of etcd.watch(place.key, { from, only: "delete", signal })) return;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!isReason(error, "Compacted")) throw error;
    }
    // The history since is gone; what is there now tells as much.
    const now = await etcd.range(place.key, { signal });
    if (now.entries[0]?.createRevision !== place.createRevision) return;
    from = now.revision + 1n;
  }
}

/** How long the giving up of a place is tried, in milliseconds. */
const longestLeaveMs = 10_000;

/**
 * Deletes the key of a place, if it still is that place. Harmless however often it arrives. `doubtful`: a copy of the
 * request for the place may still arrive.
 */
export async function leave(etcd: Etcd, session: Session, place: Place, doubtful = false): Promise<void> {
  const scope = createScope([], longestLeaveMs, () => new EtcdError("no answer in time", "Timeout", unknown));
  const { signal } = scope;
  try {
    for (let failures = 0; ; failures++) {
      try {
        const branches = { if: [isThere(place)], then: [op.delete(place.key)] } as const;
        const { revision } = await etcd.txn(branches, { signal, exactlyOnce: false });
        giveUp(session, place.createRevision);
        if (doubtful) void sweep(etcd, session, place.key, revision + 1n);
        return;
      } catch (error) {
        if (!EtcdError.is(error) || error.outcome !== "unknown" || signal.aborted) throw error;
        await pause(Math.random() * Math.min(2000, 50 * 2 ** failures), signal);
      }
    }
  } finally {
    scope.end();
  }
}

const unknown = { outcome: "unknown" } as const;

/** How long a copy of a request may be under way at most, with good reason to think so, in milliseconds. */
const longestDelayMs = 120_000;

/**
 * For two minutes deletes the key of a place that nobody here has taken: a late copy of a request, given up without an
 * answer, may create it. Needed only for sessions that live on; with the lease of an ended one nothing is created.
 */
export async function sweep(etcd: Etcd, session: Session, key: string, since: bigint): Promise<void> {
  const scope = createScope([session.signal], longestDelayMs);
  try {
    for await (const { entry } of etcd.watch(key, { from: since, only: "put", signal: scope.signal })) {
      // Whoever is taking a place right now finds this one, and takes it for its own.
      await pause(1000, scope.signal);
      const place = { key, createRevision: entry.createRevision };
      if (!isClaimed(session, place.createRevision)) await leave(etcd, session, place);
    }
  } catch {
    // The time is up, or the session has ended.
  } finally {
    scope.end();
  }
}
