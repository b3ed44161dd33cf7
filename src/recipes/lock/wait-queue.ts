import { checkString } from "../../v3/check.ts";
import type { CallOptions } from "../../transport/connection.ts";
import type { Etcd } from "../../v3/client.ts";
import type { Value } from "../../v3/keys.ts";
import { compare, type Compare } from "../../v3/kv/compare.ts";
import type { Entry } from "../../v3/kv/entry.ts";
import { op } from "../../v3/kv/op.ts";
import type { RangeQuery, RangeResult } from "../../v3/kv/range.ts";
import { createHoldController, type HoldController, type HoldMessages } from "./hold.ts";
import { ownSession, type Session } from "../session/session.ts";
import { createScope, readAmidWait, type Scope } from "../wait.ts";
import { enter, isThere, type KeyOwner, untilGone, type Waiter } from "./waiter.ts";

export type Turn = "first" | "behind" | "gone";

export interface TurnOptions {
  /** What was read when the waiter entered; `undefined` if its key was there before. */
  readonly known: RangeResult | undefined;
  /** `false`: resolves with `behind` instead of waiting. */
  readonly wait: boolean;
  readonly signal: AbortSignal;
}

/** The ordered keys of a lock, an election or a semaphore: who comes first, and who waits for whom. */
export interface WaitQueue {
  /** The key of a new waiter with the lease of a session. */
  keyOf(leaseId: bigint): string;
  /** A key is created on one of these lists of conditions. */
  readonly conditions: readonly (readonly Compare[])[];
  /** Read together with the creation of a key. */
  readonly peek: ReturnType<typeof op.get>;
  /** Conditions, as above, under which a new key has not to wait; `undefined`: it would have to. */
  vacancy(signal: AbortSignal): Promise<readonly (readonly Compare[])[] | undefined>;
  /** No list of conditions held. Throws if none ever will. */
  refused(signal: AbortSignal): Promise<void>;
  /** Waits until a waiter is first. `gone`: somebody deleted its key. */
  turn(waiter: Waiter, options: TurnOptions): Promise<Turn>;
}

/** What `acquire` and `tryAcquire` were asked for. */
export interface AcquireRequest {
  readonly etcd: Etcd;
  readonly queue: WaitQueue;
  /** Whose lease the key is under. Default: a session of `ttl` seconds that ends with the hold. */
  readonly session: Session | undefined;
  readonly ttl: number | undefined;
  readonly value: Value;
  readonly messages: HoldMessages;
  /** `false`: gives up if it would have to wait. */
  readonly wait: boolean;
  /** Bounds the wait. */
  readonly scope: Scope;
}

export interface Acquired {
  readonly controller: HoldController;
  readonly session: Session;
  /** The key as it was found, if it was there before. */
  readonly found: Entry | undefined;
}

/**
 * Enters a queue and waits until its key is first. Whatever ends the wait, the signal, the session or an error, leaves no
 * key behind. Resolves with `undefined` only without `wait`, if somebody else is before it.
 */
export function acquire(request: AcquireRequest & { readonly wait: true }): Promise<Acquired>;
export function acquire(request: AcquireRequest): Promise<Acquired | undefined>;
export async function acquire(request: AcquireRequest): Promise<Acquired | undefined> {
  const { etcd, queue, scope } = request;
  const { signal } = scope;
  if (signal.aborted) throw signal.reason;
  const conditions = request.wait ? queue.conditions : await queue.vacancy(signal);
  if (conditions === undefined) return undefined;
  const ownsSession = request.session === undefined;
  const session = request.session ?? (await ownSession(etcd, request.ttl, scope));
  if (session.signal.aborted) throw session.signal.reason;
  const either = createScope([scope, session.signal]);
  try {
    const acquired = await acquireWith(request, { etcd, session, ownsSession, scope: either }, conditions);
    if (acquired === undefined && ownsSession) await scope.settle(session.close());
    return acquired;
  } catch (error) {
    const reason = signal.aborted ? signal.reason : error;
    throw ownsSession ? await scope.failed(reason, session.close()) : error;
  } finally {
    either.end();
  }
}

async function acquireWith(
  { queue, value, messages, wait }: AcquireRequest,
  owner: KeyOwner,
  first: readonly (readonly Compare[])[],
): Promise<Acquired | undefined> {
  const { etcd, session, ownsSession, scope } = owner;
  const { signal } = scope;
  const key = queue.keyOf(session.leaseId);
  for (let lists: typeof first | undefined = first; lists !== undefined; ) {
    const entered = await enterOn(lists, (conditions) => enter(owner, { key, value, conditions, peek: queue.peek }));
    if (entered.kind === "entered") {
      const { waiter, unanswered, revision, peeked, found } = entered;
      const since = peeked === undefined ? waiter.createRevision : revision;
      const controller = createHoldController({ etcd, session, ownsSession, waiter, since, messages, unanswered });
      const turnScope = createScope([signal, controller.hold.signal]);
      try {
        const turn = await queue.turn(waiter, { known: peeked, wait, signal: turnScope.signal });
        if (turn === "gone") throw controller.gone();
        if (turn === "behind") {
          await scope.settle(controller.release());
          return undefined;
        }
        controller.assertHeld();
        if (signal.aborted) throw signal.reason;
        return { controller, session, found };
      } catch (error) {
        const release = controller.release();
        if (!ownsSession) throw await scope.failed(signal.aborted ? signal.reason : error, release);
        release.catch(() => undefined);
        throw error;
      } finally {
        turnScope.end();
      }
    }
    if (entered.kind === "refused") await queue.refused(signal);
    else if (wait) await untilGone(etcd, entered.waiter, entered.revision, signal);
    lists = wait ? queue.conditions : await queue.vacancy(signal);
  }
  return undefined;
}

/** Enters on the first list of conditions that holds. */
async function enterOn(
  lists: readonly (readonly Compare[])[],
  enterIf: (conditions: readonly Compare[]) => ReturnType<typeof enter>,
): ReturnType<typeof enter> {
  for (const conditions of lists) {
    const entered = await enterIf(conditions);
    if (entered.kind !== "refused") return entered;
  }
  return { kind: "refused" };
}

/** A queue with one key for each session: `name/` and the lease in hex, as in Go's `concurrency`. */
export interface NamedQueue extends WaitQueue {
  readonly prefix: string;
  /** Whether an entry below the prefix is a waiter. Keys of other names, such as those of `name/other`, are not. */
  holds(entry: Entry): boolean;
  first(options?: CallOptions): Promise<{ readonly entry: Entry | null; readonly revision: bigint }>;
}

/** Keys of other names may stand between: then more are read. */
const firstLimit = 8;
export const newestFirst = { sortBy: "createRevision", sortOrder: "descend", keysOnly: true } as const;

export function createNamedQueue(etcd: Etcd, given: unknown): NamedQueue {
  const name = checkString(given, "name");
  const prefix = `${name}/`;
  const prefixLength = new TextEncoder().encode(prefix).length;
  const holds = (entry: Entry): boolean => isLeaseHex(entry.keyBytes.subarray(prefixLength));

  async function first(options: CallOptions = {}): Promise<{ entry: Entry | null; revision: bigint }> {
    for (let limit = firstLimit; ; limit *= 8) {
      const query = { sortBy: "createRevision", sortOrder: "ascend", limit } as const;
      const { entries, more, revision } = await etcd.range({ prefix }, { ...query, ...options });
      const entry = entries.find(holds);
      if (entry !== undefined || !more) return { entry: entry ?? null, revision };
    }
  }

  return {
    prefix,
    keyOf: (leaseId) => prefix + leaseId.toString(16),
    holds,
    first,
    conditions: [[]],
    peek: op.get({ prefix }, { ...newestFirst, limit: firstLimit }),
    async vacancy(signal) {
      const { entry, revision } = await first({ signal });
      // Nobody may have come since.
      return entry === null ? [[compare.createRevision({ prefix }, "<", revision + 1n)]] : undefined;
    },
    refused: async () => undefined,
    async turn(waiter, { known, wait, signal }) {
      for (let ahead = known; ; ahead = undefined) {
        const before = await lastBefore(waiter, ahead, { wait, signal });
        if (before === "gone") return "gone";
        if (before === undefined) return "first";
        if (!wait) return "behind";
        await untilGone(etcd, before.entry, before.revision, signal);
      }
    },
  };

  /** The last waiter before this one. One transaction, or none. */
  async function lastBefore(
    waiter: Waiter,
    known: RangeResult | undefined,
    how: Pick<TurnOptions, "wait" | "signal">,
  ): Promise<{ entry: Entry; revision: bigint } | "gone" | undefined> {
    let read = known;
    for (let limit = firstLimit; ; limit *= 8) {
      read ??= await readBefore(etcd, waiter, { prefix, limit, ...newestFirst }, how);
      if (read === undefined) return "gone";
      const entry = read.entries.find((each) => each.createRevision < waiter.createRevision && holds(each));
      if (entry !== undefined) return { entry, revision: read.revision };
      if (!read.more) return undefined;
      if (read === known) limit = firstLimit / 8;
      read = undefined;
    }
  }
}

/**
 * Reads keys that were created before a waiter, as of a moment when it was there; `undefined` if it is not. Who waits
 * goes on waiting while that cannot be read.
 */
export async function readBefore(
  etcd: Etcd,
  waiter: Waiter,
  { prefix, ...query }: RangeQuery & { readonly prefix: string },
  { wait, signal }: Pick<TurnOptions, "wait" | "signal">,
): Promise<RangeResult | undefined> {
  const earlier = { ...query, keysOnly: true, maxCreateRevision: waiter.createRevision - 1n };
  const branches = { if: [isThere(waiter)], then: [op.get({ prefix }, earlier)] } as const;
  const { succeeded, results } = await readAmidWait(signal, () => etcd.txn(branches, { signal }), wait);
  return succeeded ? results[0] : undefined;
}

function isLeaseHex(bytes: Uint8Array): boolean {
  const digits = bytes[0] === 0x2d ? bytes.subarray(1) : bytes;
  return digits.length > 0 && digits.every((byte) => (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66));
}
