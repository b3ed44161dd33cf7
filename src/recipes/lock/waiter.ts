import { pause, raceAbort } from "../../transport/deadline.ts";
import { EtcdError } from "../../transport/errors/etcd-error.ts";
import type { Etcd } from "../../v3/client.ts";
import type { Key, Value } from "../../v3/keys.ts";
import { compare, type Compare } from "../../v3/kv/compare.ts";
import type { Entry } from "../../v3/kv/entry.ts";
import { op } from "../../v3/kv/op.ts";
import type { RangeResult } from "../../v3/kv/range.ts";
import type { Session } from "../session/session.ts";
import { backOff, createScope, nextChange, readAmidWait, type Scope } from "../wait.ts";

// The key of one waiter or holder: how it is created, watched and deleted.

/** A key in a wait queue, under the lease of a session. A key with another create revision is another waiter. */
export interface Waiter {
  readonly key: string;
  readonly createRevision: bigint;
}

/** True while nobody has deleted the key or created it anew. */
export function isThere({ key, createRevision }: Waiter): ReturnType<typeof compare.createRevision> {
  return compare.createRevision(key, "=", createRevision);
}

/** A key that is to be created. */
export interface WantedKey {
  readonly key: string;
  readonly value: Value;
  /** The key is created only if these hold. */
  readonly conditions: readonly Compare[];
  /** What is read in the same transaction, once the key is there. */
  readonly peek: ReturnType<typeof op.get>;
}

/** The session that a key belongs to, and what bounds the wait for it. */
export interface KeyOwner {
  readonly etcd: Etcd;
  readonly session: Session;
  /** The session was started for this key alone, and its end deletes the key. */
  readonly ownsSession: boolean;
  readonly scope: Scope;
}

export type Entered =
  | {
      readonly kind: "entered";
      readonly waiter: Waiter;
      /** A copy of the request was not answered, and may still arrive. */
      readonly unanswered: boolean;
      /** As of when. */
      readonly revision: bigint;
      readonly peeked: RangeResult | undefined;
      /** The key as it was found, if it was there before, or an unanswered copy of the request had created it. */
      readonly found: Entry | undefined;
    }
  /** Another task of this program owns this key of the session. */
  | { readonly kind: "occupied"; readonly waiter: Waiter; readonly revision: bigint }
  /** A condition did not hold. */
  | { readonly kind: "refused" };

/** Creates a key. If the scope ends first, the key is deleted as soon as its creation is answered. */
export async function enter(owner: KeyOwner, wanted: WantedKey): Promise<Entered> {
  const { session, ownsSession, scope } = owner;
  const { signal } = scope;
  if (signal.aborted) throw signal.reason;
  // Not ended by the signal: the outcome has to be known before the key can be deleted.
  const creating = create(owner, wanted);
  try {
    const { entered, unanswered, error } = await raceAbort(creating, signal);
    if (entered === undefined) throw error;
    // A copy of the request may still arrive, and create the key once nothing prevents it.
    if (unanswered && entered.kind !== "entered" && !ownsSession) void deleteStrayKeys(owner.etcd, session, wanted.key);
    return entered;
  } catch (error) {
    const cleanup = withdraw(owner, wanted.key, creating);
    if (!ownsSession) throw await scope.failed(signal.aborted ? signal.reason : error, cleanup);
    cleanup.catch(() => undefined);
    throw error;
  }

  /** Deletes the key that a request under way is going to create. */
  async function withdraw({ etcd }: KeyOwner, key: string, pending: typeof creating): Promise<void> {
    const { entered, unanswered, error } = await pending;
    if (entered?.kind === "entered") return releaseWaiter(owner, entered.waiter, { unanswered });
    if (!unanswered) return;
    // A copy of the request that was not answered may have created the key, or do so yet.
    void deleteStrayKeys(etcd, session, key);
    throw error ?? signal.reason;
  }
}

interface Creation {
  readonly entered: Entered | undefined;
  readonly unanswered: boolean;
  readonly error: unknown;
}

/** Repeats the creation until it is answered, or the session ends: a second copy finds the key there. Never rejects. */
async function create({ etcd, session }: KeyOwner, wanted: WantedKey): Promise<Creation> {
  const { key, value, conditions, peek } = wanted;
  const { signal } = session;
  const put = op.put(key, value, { lease: session.leaseId });
  const branches = { if: [compare.missing(key), ...conditions], then: [put, peek], else: [op.get(key)] } as const;
  let unanswered = false;
  for (let failures = 0; ; failures++) {
    try {
      const { succeeded, revision, results } = await etcd.txn(branches, { signal, exactlyOnce: false });
      const found = succeeded ? undefined : results[0].entry;
      const waiter = { key, createRevision: found?.createRevision ?? revision };
      let entered: Entered;
      if (found === null) entered = { kind: "refused" };
      else if (!ownersOf(session).claim(waiter.createRevision)) entered = { kind: "occupied", waiter, revision };
      else {
        const peeked = succeeded ? results[1] : undefined;
        entered = { kind: "entered", waiter, unanswered, revision, peeked, found };
      }
      return { entered, unanswered, error: undefined };
    } catch (error) {
      if (signal.aborted) return { entered: undefined, unanswered, error: signal.reason };
      const unknown = EtcdError.is(error) && error.outcome === "unknown";
      if (!unknown) return { entered: undefined, unanswered, error };
      unanswered = true;
      try {
        await backOff(failures, signal);
      } catch (ended) {
        return { entered: undefined, unanswered, error: ended };
      }
    }
  }
}

/** Resolves when the key of a waiter, which was there at `revision`, is gone. */
export async function untilGone(
  etcd: Etcd,
  waiter: { readonly key: Key; readonly createRevision: bigint },
  revision: bigint,
  signal: AbortSignal,
): Promise<void> {
  for (let from = revision + 1n; ; ) {
    if (await nextChange(etcd, waiter.key, { from, only: "delete", signal })) return;
    // The history since then is compacted; what is there now says the same.
    const now = await readAmidWait(signal, () => etcd.range(waiter.key, { signal }));
    if (now.entries[0]?.createRevision !== waiter.createRevision) return;
    from = now.revision + 1n;
  }
}

/** How long the deletion of a key is tried before its caller continues, in milliseconds. */
const longestReleaseMs = 10_000;

/**
 * Deletes the key of a waiter, if it still is that waiter's. Harmless however often it arrives. `unanswered`: a copy of
 * the request that created the key may still arrive. On failure it is retried in the background, since the session may
 * stay alive for long.
 */
export async function releaseWaiter(
  { etcd, session }: Pick<KeyOwner, "etcd" | "session">,
  waiter: Waiter,
  { unanswered }: { readonly unanswered: boolean } = { unanswered: false },
): Promise<void> {
  const scope = createScope([], longestReleaseMs, () => new EtcdError("no answer in time", "Timeout", unknownOutcome));
  ownersOf(session).giveUp(waiter.createRevision);
  try {
    await remove(etcd, waiter, scope.signal);
    if (unanswered) void deleteStrayKeys(etcd, session, waiter.key);
  } catch (error) {
    void deleteStrayKeys(etcd, session, waiter.key);
    throw error;
  } finally {
    scope.end();
  }
}

const unknownOutcome = { outcome: "unknown" } as const;

async function remove(etcd: Etcd, waiter: Waiter, signal: AbortSignal): Promise<void> {
  for (let failures = 0; ; failures++) {
    try {
      const branches = { if: [isThere(waiter)], then: [op.delete(waiter.key)] } as const;
      await etcd.txn(branches, { signal, exactlyOnce: false });
      return;
    } catch (error) {
      if (!EtcdError.is(error) || error.outcome !== "unknown" || signal.aborted) throw error;
      await backOff(failures, signal);
    }
  }
}

/** How long a copy of a request may be under way at most, with good reason to think so, in milliseconds. */
const longestDelayMs = 120_000;

/**
 * For two minutes deletes a key that no task of this program holds: a request that was given up without an answer may
 * have created it, or a late copy may do so. Needed only for sessions that stay alive: nothing is created with the lease
 * of an ended one.
 */
async function deleteStrayKeys(etcd: Etcd, session: Session, key: string): Promise<void> {
  const scope = createScope([session.signal], longestDelayMs);
  const { signal } = scope;
  try {
    for (let failures = 0; ; ) {
      try {
        await deleteStrayKey(etcd, session, key, signal);
        failures = 0;
      } catch {
        await backOff(failures++, signal);
      }
    }
  } catch {
    // The time is up, or the session has ended.
  } finally {
    scope.end();
  }
}

async function deleteStrayKey(etcd: Etcd, session: Session, key: string, signal: AbortSignal): Promise<void> {
  const { entries, revision } = await etcd.range(key, { keysOnly: true, signal });
  const [entry] = entries;
  if (entry !== undefined) {
    // A task that is entering the queue right now finds this key, and claims it.
    await pause(1000, signal);
    const { createRevision } = entry;
    if (!ownersOf(session).isClaimed(createRevision)) return remove(etcd, { key, createRevision }, signal);
  }
  await nextChange(etcd, key, { from: revision + 1n, signal });
}

/**
 * The keys of a session that tasks of this program hold, by create revision. A session has one key in a lock's queue, so
 * this is what makes tasks that share a session exclude each other, and what tells a key that an unanswered request
 * created from one that another task holds. Responses can arrive out of order: the first task to claim a key owns it.
 */
export interface Owners {
  /** Whether nobody owned the key; it is the caller's then. */
  claim(createRevision: bigint): boolean;
  /** Whether somebody owns the key, and has not given it up. */
  isClaimed(createRevision: bigint): boolean;
  giveUp(createRevision: bigint): void;
}

/** How many keys are remembered after they were given up: an answer about one may still be under way. */
const mostRemembered = 1000;

/** By a registered symbol: two copies of this package that share a session exclude each other's tasks too. */
const ownersKey: unique symbol = Symbol.for("fetcd session owners");

/** The owners of a session's keys, kept on the session itself. */
export function ownersOf(session: Session & { readonly [ownersKey]?: Owners }): Owners {
  const known = session[ownersKey];
  if (known !== undefined) return known;
  const owners = createOwners();
  Object.defineProperty(session, ownersKey, { value: owners });
  return owners;
}

function createOwners(): Owners {
  const claimed = new Set<bigint>();
  const givenUp: bigint[] = [];
  return {
    claim(createRevision) {
      if (claimed.has(createRevision)) return false;
      claimed.add(createRevision);
      return true;
    },
    isClaimed: (createRevision) => claimed.has(createRevision) && !givenUp.includes(createRevision),
    giveUp(createRevision) {
      if (givenUp.push(createRevision) <= mostRemembered) return;
      const oldest = givenUp.shift();
      if (oldest !== undefined) claimed.delete(oldest);
    },
  };
}
