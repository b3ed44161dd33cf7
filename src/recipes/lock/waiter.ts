import type { Etcd } from "../../v3/client.ts";
import type { Compare } from "../../v3/kv/compare.ts";
import { compare } from "../../v3/kv/compare.ts";
import type { Entry } from "../../v3/kv/entry.ts";
import type { Value } from "../../v3/keys.ts";
import { op } from "../../v3/kv/op.ts";
import { EtcdError } from "../../transport/errors/etcd-error.ts";
import { backOff } from "../back-off.ts";
import { claim } from "./claims.ts";
import { type Ahead, firstLook, type Line, newestFirst, type Place } from "./wait-queue.ts";
import { isReason } from "../scope.ts";
import type { Session } from "../session/session.ts";

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
      await backOff(failures, 50, 2000, signal);
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
