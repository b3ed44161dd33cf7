import type { Etcd } from "../../v3/client.ts";
import { compare } from "../../v3/kv/compare.ts";
import { callKinds, ownOptions } from "../../v3/check.ts";
import type { CallOptions } from "../../transport/connection.ts";
import { amend, EtcdError } from "../../transport/errors/etcd-error.ts";
import * as kind from "../../transport/option-kinds.ts";
import { checkOptions, type Kinds } from "../../transport/options.ts";
import { extended, type Hold, type HoldWords } from "./hold.ts";
import { createLine } from "./wait-queue.ts";
import { createScope } from "../scope.ts";
import { type Session, sessionKind } from "../session/session.ts";
import { takePlace, type Wish } from "./acquire.ts";

export interface MutexOptions {
  /** Seconds until the lock of a holder that vanished is free. Default 60. Each hold has a lease of its own for it. */
  readonly ttl?: number | undefined;
  /** Hold it under the lease of this session instead, and no longer than that lives. */
  readonly session?: Session | undefined;
}

export interface AcquireOptions {
  /** How long to wait, in milliseconds; then it rejects with `LockTimeout`. Default: for ever. */
  readonly timeoutMs?: number | undefined;
  /** Aborting it ends the wait; it does not end the hold. */
  readonly signal?: AbortSignal | undefined;
}

/** Who has a lock. */
export interface LockHolder {
  readonly key: string;
  readonly token: bigint;
  readonly leaseId: bigint;
}

/** A lock that is held. Its `signal` aborts with `LockLost`, or `Released`. */
export interface Held extends Hold, AsyncDisposable {
  /** Whether it is held, by this machine's clocks and what etcd has told so far. Only `guard` and `token` are proof. */
  isHeld(): boolean;
  /** Throws the reason of `signal` if it is not held. */
  assertHeld(): void;
  /**
   * Frees it for the next one. Rejects if that fails; it counts as free here all the same, and under a session that lives
   * on it is tried for two minutes more.
   */
  release(): Promise<void>;
}

/** A lock that is not asked for yet. */
export interface Mutex {
  /**
   * Waits in line until it is free. Rejects with `LockTimeout`, the signal's own reason, or what ended the session; no
   * trace of it stays in the line then. (Where etcd cannot be reached, it goes with the lease.)
   */
  acquire(options?: AcquireOptions): Promise<Held>;
  /** Takes it if it is free, otherwise `null`. Does not stand in line for a moment. */
  tryAcquire(options?: AcquireOptions): Promise<Held | null>;
  isLocked(options?: CallOptions): Promise<boolean>;
  holder(options?: CallOptions): Promise<LockHolder | null>;
}

const mutexKinds: Kinds<MutexOptions> = { ttl: kind.anything, session: sessionKind };
const words: HoldWords = { what: "the lock", lost: "LockLost" };

/**
 * A lock that one at a time holds, first come, first served; the same one as that of `etcdctl lock` and Go's
 * `concurrency`. Nothing is sent until it is asked for. What it protects has to look at `guard` or `token`: a holder that
 * stood still may act after its time.
 */
export function mutex(etcd: Etcd, name: string, options?: MutexOptions): Mutex {
  const { ttl = 60, session } = checkOptions("mutex", options, mutexKinds);
  const line = createLine(etcd, name);

  function wish({ signal, timeoutMs }: AcquireOptions): Wish {
    const late = (): EtcdError =>
      new EtcdError(`the lock ${name} was not free within ${timeoutMs} ms`, "LockTimeout", { outcome: "not-applied" });
    const scope = createScope([signal], timeoutMs, late);
    return { etcd, line, session, ttl, value: "", words, scope };
  }

  async function take(what: Wish, conditions?: Parameters<typeof takePlace>[1]): Promise<Held | null> {
    const taken = await takePlace(what, conditions);
    if (taken === undefined) return null;
    const { hold, isHeld, assertHeld, release } = taken.standing;
    return extended(hold, { isHeld, assertHeld, release, [Symbol.asyncDispose]: release });
  }

  return {
    async acquire(given) {
      const what = wish(ownOptions("mutex.acquire", given));
      try {
        for (;;) {
          const held = await take(what);
          if (held !== null) return held;
        }
      } finally {
        what.scope.end();
      }
    },

    async tryAcquire(given) {
      const what = wish(ownOptions("mutex.tryAcquire", given));
      const { signal } = what.scope;
      try {
        for (;;) {
          const { entry, revision } = await line.first({ signal });
          if (entry !== null) return null;
          // Nobody may have come since.
          const still = compare.createRevision({ prefix: line.prefix }, "<", revision + 1n);
          const held = await take(what, [still]);
          if (held !== null) return held;
        }
      } finally {
        what.scope.end();
      }
    },

    async isLocked(given) {
      return (await line.first(ownOptions("mutex.isLocked", given))).entry !== null;
    },

    async holder(given) {
      const { entry } = await line.first(ownOptions("mutex.holder", given));
      return entry === null ? null : { key: entry.key, token: entry.createRevision, leaseId: entry.lease };
    },
  };
}

export type LockOptions = MutexOptions & AcquireOptions;

/** Waits for a lock: `mutex(etcd, name, options).acquire(options)`. */
export async function lock(etcd: Etcd, name: string, options?: LockOptions): Promise<Held> {
  const { ttl, session, timeoutMs, signal } = checkOptions("lock", options, { ...mutexKinds, ...callKinds });
  return mutex(etcd, name, { ttl, session }).acquire({ timeoutMs, signal });
}

/**
 * Does `work` while holding a lock, and frees it. `work` should end when `held.signal` aborts. Rejects with `LockLost` if
 * the lock was lost meanwhile, even where `work` did not mind.
 */
export async function withLock<T>(
  etcd: Etcd,
  name: string,
  work: (held: Held) => Promise<T>,
  options?: LockOptions,
): Promise<T> {
  const held = await lock(etcd, name, options);
  let result: T;
  try {
    result = await work(held);
    held.assertHeld();
  } catch (error) {
    await held.release().catch(() => undefined);
    throw error;
  }
  try {
    await held.release();
  } catch (error) {
    // The work is done, and the lock may be held for a while still.
    throw EtcdError.is(error) ? amend(error, { outcome: "unknown" }) : error;
  }
  return result;
}
