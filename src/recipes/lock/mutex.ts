import type { Etcd } from "../../v3/client.ts";
import { callKinds, ownOptions } from "../../v3/check.ts";
import type { CallOptions } from "../../transport/connection.ts";
import { type EtcdError, notApplied, withOutcome } from "../../transport/errors/etcd-error.ts";
import * as kind from "../../transport/option-kinds.ts";
import { checkOptions, type Kinds } from "../../transport/options.ts";
import { extended, type Hold, type HoldMessages } from "./hold.ts";
import { acquire, type Acquired, type AcquireRequest, createNamedQueue } from "./wait-queue.ts";
import { createScope, type Scope } from "../wait.ts";
import { type Session, sessionKind } from "../session/session.ts";

/** Under which lease a lock is held: one of its own, or that of a session. */
export interface MutexOptions {
  /** Seconds until the lock of a holder that vanished is free. Each hold has a lease of its own for it. @default 60 */
  readonly ttl?: number | undefined;
  /** Hold it under the lease of this session instead, and no longer than that lives. */
  readonly session?: Session | undefined;
}

/** How long `acquire` waits for a lock. */
export interface AcquireOptions {
  /** How long to wait, in milliseconds; then it rejects with `LockTimeout`. @default for ever */
  readonly timeoutMs?: number | undefined;
  /** Aborting it ends the wait; it does not end the hold. */
  readonly signal?: AbortSignal | undefined;
}

/** The holder of a lock. */
export interface LockHolder {
  /** The holder's key in the wait queue. */
  readonly key: string;
  /** The fencing token: the create revision of `key`. It grows with each holder. */
  readonly token: bigint;
  /** The lease that `key` is put with. */
  readonly leaseId: bigint;
}

/** A lock that is held. Its `signal` aborts with `LockLost`, or `Released`. */
export interface Held extends Hold, AsyncDisposable {
  /** Whether it is held, by this machine's clocks and what etcd has told so far. Only `guard` and `token` are proof. */
  isHeld(): boolean;
  /** Throws the reason of `signal` if it is not held. */
  assertHeld(): void;
  /**
   * Frees it for the next waiter. Rejects if that fails: `isHeld()` is `false` all the same, and under a session of the
   * caller's the deletion of the key is retried for two more minutes.
   */
  release(): Promise<void>;
}

/** A lock by its name, held or not. */
export interface Mutex {
  /**
   * Waits in the queue until it is free. Rejects with `LockTimeout`, the signal's own reason, or what ended the session,
   * and leaves no key in the queue then. (If etcd cannot be reached, the key expires with the lease.)
   */
  acquire(options?: AcquireOptions): Promise<Held>;
  /** Takes it if it is free, otherwise `null`. Never enters the queue behind others. */
  tryAcquire(options?: AcquireOptions): Promise<Held | null>;
  /** Whether anybody holds it, in this process or another. */
  isLocked(options?: CallOptions): Promise<boolean>;
  /** The holder, or `null`. */
  holder(options?: CallOptions): Promise<LockHolder | null>;
}

const mutexKinds: Kinds<MutexOptions> = { ttl: kind.anything, session: sessionKind };

/** A scope that ends with `LockTimeout` when the time is up. */
function scopeOf({ messages }: Pick<AcquireRequest, "messages">, { signal, timeoutMs }: AcquireOptions): Scope {
  const expired = (): EtcdError => notApplied(`${messages.what} was not free within ${timeoutMs} ms`, "LockTimeout");
  return createScope([signal], timeoutMs, expired);
}

function heldBy({ controller }: Acquired): Held {
  const { hold, isHeld, assertHeld, release } = controller;
  return extended(hold, { isHeld, assertHeld, release, [Symbol.asyncDispose]: release });
}

/** The ways to a hold that locks and semaphores have in common. `where`: how errors about wrong options begin. */
export function acquireMethods(
  where: string,
  request: Omit<AcquireRequest, "scope" | "wait" | "value"> & { readonly value?: string },
): Pick<Mutex, "acquire" | "tryAcquire"> {
  const plain = { value: "", ...request };
  return {
    async acquire(given) {
      const scope = scopeOf(plain, ownOptions(`${where}.acquire`, given));
      try {
        return heldBy(await acquire({ ...plain, wait: true, scope }));
      } finally {
        scope.end();
      }
    },
    async tryAcquire(given) {
      const scope = scopeOf(plain, ownOptions(`${where}.tryAcquire`, given));
      try {
        const acquired = await acquire({ ...plain, wait: false, scope });
        return acquired === undefined ? null : heldBy(acquired);
      } finally {
        scope.end();
      }
    },
  };
}

/**
 * A lock that one program at a time holds, first come, first served; the same lock as that of `etcdctl lock` and Go's
 * `concurrency`. Nothing is sent until it is asked for. Check `guard` or `token` where you write: a paused holder may
 * still act after it lost the lock.
 *
 * @example
 * const report = mutex(etcd, "report", { ttl: 30 });
 * const held = await report.tryAcquire();
 * if (held !== null) await held.release();
 */
export function mutex(etcd: Etcd, name: string, options?: MutexOptions): Mutex {
  const { ttl = 60, session } = checkOptions("mutex", options, mutexKinds);
  const queue = createNamedQueue(etcd, name);
  const messages: HoldMessages = { what: `the lock ${name}`, lost: "LockLost" };

  return {
    ...acquireMethods("mutex", { etcd, queue, session, ttl, messages }),

    async isLocked(given) {
      return (await queue.first(ownOptions("mutex.isLocked", given))).entry !== null;
    },

    async holder(given) {
      const { entry } = await queue.first(ownOptions("mutex.holder", given));
      return entry === null ? null : { key: entry.key, token: entry.createRevision, leaseId: entry.lease };
    },
  };
}

/** Options of {@link lock} and {@link withLock}: those of {@link mutex} and of its `acquire`. */
export type LockOptions = MutexOptions & AcquireOptions;

/**
 * Waits for a lock: `mutex(etcd, name, options).acquire(options)`.
 *
 * @throws `LockTimeout` when it is not free in time, or what ended the session.
 * @example
 * const held = await lock(etcd, "report", { timeoutMs: 5000 });
 * try {
 *   await held.txn({ then: [op.put("report/state", "done")] }); // only while it is held
 * } finally {
 *   await held.release();
 * }
 */
export async function lock(etcd: Etcd, name: string, options?: LockOptions): Promise<Held> {
  const { ttl, session, timeoutMs, signal } = checkOptions("lock", options, { ...mutexKinds, ...callKinds });
  return mutex(etcd, name, { ttl, session }).acquire({ timeoutMs, signal });
}

/**
 * Does `work` while holding a lock, and frees it. `work` should end when `held.signal` aborts. Rejects with `LockLost` if
 * the lock was lost meanwhile, even if `work` ignored that.
 *
 * @throws `LockTimeout` when it is not free in time; `LockLost` when it was lost meanwhile.
 * @example
 * await withLock(etcd, "report", async (held) => write(await compute({ signal: held.signal })), { timeoutMs: 5000 });
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
    // The work is done, but the lock may still be held until the lease expires.
    throw withOutcome(error, "unknown");
  }
  return result;
}
