import { anything, boolean, type Kinds } from "../transport/option-kinds.ts";
import { raceAbort } from "../transport/abort.ts";
import { HoldLost, Timeout } from "./errors.ts";
import { createHold, type Hold, type OwnHold } from "./hold.ts";
import { operation } from "./operation.ts";
import { createPatience, type Patience } from "./patience.ts";
import { type CallOptions, checkOptions, ownOptions } from "./client-options.ts";
import { checkTtl } from "./params.ts";
import { createWaitQueue, type Keys, type Waiter } from "./wait-queue.ts";
import { randomName } from "../transport/random-name.ts";
import type { Requester } from "./requester.ts";

/** Options of `lock`. */
export interface LockV2Options {
  /** Seconds until etcd frees a lock that is not renewed. @default 60; at least 1 */
  readonly ttl?: number | undefined;
  /** Renew the lock while it is held. @default false: `renew` does it */
  readonly keepAlive?: boolean | undefined;
}

/** A lock of one holder at a time, in the order in which they asked. Making the object does not acquire it. */
export interface LockV2 extends AsyncDisposable {
  /** The lock's name. */
  readonly name: string;
  /** What this object holds; `null` if it does not. */
  readonly hold: Hold | null;
  /**
   * Waits for the lock; with no `timeoutMs` for ever. Rejects with `Timeout` or the signal's reason, and leaves nothing
   * behind then. Resolves at once if this object holds it.
   */
  acquire(options?: CallOptions): Promise<Hold>;
  /** The lock if it is free, else `null`; so also while this object waits for it. */
  tryAcquire(options?: CallOptions): Promise<Hold | null>;
  /** Whether anybody holds it, in this process or another. */
  isLocked(options?: CallOptions): Promise<boolean>;
  /** Whether this object does, by its own clock: no request is made. */
  isHeld(): boolean;
  /** Seconds from now on. Rejects with `HoldLost` if it is not held. Default: the lock's `ttl`. */
  renew(ttl?: number, options?: CallOptions): Promise<void>;
  /** Does nothing if it is not held. */
  release(): Promise<void>;
}

const lockKinds: Kinds<LockV2Options> = { ttl: anything, keepAlive: boolean };

interface Acquiring extends CallOptions {
  readonly wait: boolean;
}

/** Where the queues of all locks are: a folder that other v2 clients use for theirs too. */
const root = "/_locks";

export function createLock(requester: Requester, keys: Keys, name: string, given?: LockV2Options): LockV2 {
  const options = checkOptions("lock", given, lockKinds);
  const ttl = checkTtl(options.ttl ?? 60);
  const queue = createWaitQueue(keys, root, name);
  let current: OwnHold | undefined;
  let acquiring: { readonly wait: boolean; readonly done: Promise<Hold | null> } | undefined;

  const held = (): OwnHold | null => (current?.isHeld() === true ? current : null);

  async function enter(wait: boolean, patience: Patience): Promise<Hold | null> {
    const enterQueue = (): Promise<Waiter> => queue.enter(randomName(), { ttl, unique: true, patience });
    const waiter = await queue.acquire(enterQueue, { ttl, patience, wait });
    if (waiter === null) return null;
    current = createHold(requester.begin(undefined), queue, waiter, ttl);
    if (options.keepAlive === true) current.keep();
    return current;
  }

  async function acquire({ wait, signal, timeoutMs = Infinity }: Acquiring): Promise<Hold | null> {
    const expired = (): Timeout =>
      new Timeout(`the lock ${name} was not free within ${timeoutMs} ms`, { outcome: "not-applied" });
    const patience = createPatience(requester, { signal, timeoutMs }, expired);
    try {
      for (;;) {
        const hold = held();
        if (hold !== null) return hold;
        if (acquiring === undefined) {
          const done = enter(wait, patience).finally(() => (acquiring = undefined));
          acquiring = { wait, done };
          return await done;
        }
        // An earlier call of this object waits in the queue already.
        if (acquiring.wait && !wait) return null;
        const over = (): void => undefined;
        await raceAbort(acquiring.done.then(over, over), patience.signal);
      }
    } finally {
      patience.end();
    }
  }

  async function release(): Promise<void> {
    const hold = current;
    current = undefined;
    await hold?.release("it was released");
  }

  return {
    name,
    get hold() {
      return held();
    },
    acquire: async (call) => (await acquire({ ...ownOptions("acquire", call), wait: true })) as Hold,
    tryAcquire: async (call) => acquire({ ...ownOptions("tryAcquire", call), wait: false }),
    async isLocked(call) {
      const waiters = operation(requester, ownOptions("isLocked", call), ({ signal }) => queue.waiters(signal));
      return (await waiters).length > 0;
    },
    isHeld: () => held() !== null,
    async renew(seconds = ttl, call) {
      checkTtl(seconds);
      const hold = held();
      if (hold === null) throw new HoldLost(`the lock ${name} is not held`, { outcome: "not-applied" });
      await hold.renew(seconds, ownOptions("renew", call));
    },
    release,
    [Symbol.asyncDispose]: release,
  };
}
