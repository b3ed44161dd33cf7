import { raceAbort } from "../transport/abort.ts";
import { CompareFailed, KeyNotFound } from "./code-errors.ts";
import { HoldLost, Timeout } from "./errors.ts";
import { createHold, type Hold, keepAlive, moment, type OwnHold } from "./hold.ts";
import { checkText } from "./key-path.ts";
import { type CallOptions, checkNames, checkTimeout } from "./options.ts";
import { checkTtl } from "./params.ts";
import { createQueue, type Keys, type Place } from "./queue.ts";
import { randomName } from "./random-name.ts";
import type { Requester } from "./requester.ts";

export interface LockV2Options {
  /** Seconds until etcd frees a lock that is not renewed. Default 60; at least 1. */
  readonly ttl?: number | undefined;
  /** Renew the lock while it is held. Default `false`: `renew` does it. */
  readonly keepAlive?: boolean | undefined;
}

/** A lock of one holder at a time, in the order in which they asked. It is not acquired by making the object. */
export interface LockV2 extends AsyncDisposable {
  readonly name: string;
  /** What this object holds; `null` if it does not. */
  readonly hold: Hold | null;
  /**
   * Waits for the lock; with no `timeoutMs` for ever. Rejects with `Timeout` or the signal's reason, and leaves nothing
   * behind then. Resolves at once if this object holds it.
   */
  acquire(options?: CallOptions): Promise<Hold>;
  /** The lock if it is free, else `null`. */
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

/** Where the queues of all locks are: a folder that other v2 clients use for theirs too. */
const root = "/_locks";

export function createLock(requester: Requester, keys: Keys, name: string, given?: LockV2Options): LockV2 {
  const options = checkNames<LockV2Options & CallOptions>("lock", given, ["ttl", "keepAlive"]);
  const ttl = checkTtl(options.ttl ?? 60);
  // One segment, so that no lock is among the places of another.
  const queue = createQueue(keys, `${root}/${encodeURIComponent(checkText(name, "name"))}`);
  let current: { readonly hold: OwnHold; readonly place: Place } | undefined;
  let acquiring: Promise<Hold | null> | undefined;

  function take(place: Place): Hold {
    const hold = createHold(place.key, place.token, ttl, place.sent);
    current = { hold, place };
    if (options.keepAlive === true)
      void keepAlive(
        () => renew(ttl, {}),
        ttl,
        hold.signal,
        () => hold.end("etcd has it no more"),
      );
    return hold;
  }

  async function enter(wait: boolean, call: CallOptions): Promise<Hold | null> {
    const { signal, timeoutMs = Infinity } = call;
    const deadline = requester.begin(signal, checkTimeout(timeoutMs));
    let place: Place | undefined;
    try {
      for (;;) {
        place = await queue.join(randomName(), ttl, true, deadline.signal);
        const mine = wait ? await queue.turn(place, ttl, deadline.signal) : await queue.isFirst(place, deadline.signal);
        if (mine === true) return take(place);
        if (mine === false && !wait) {
          await queue.leave(place);
          return null;
        }
        // The place ran out while this process slept, say: to the end of the queue.
      }
    } catch (error) {
      if (place !== undefined) await queue.leave(place).catch(() => undefined);
      if (deadline.signal.aborted && deadline.signal.reason instanceof Timeout && signal?.aborted !== true) {
        throw new Timeout(`the lock ${name} was not free within ${timeoutMs} ms`, { outcome: "not-applied" });
      }
      throw error;
    } finally {
      deadline.end();
    }
  }

  async function acquire(wait: boolean, call: CallOptions): Promise<Hold | null> {
    for (;;) {
      if (current?.hold.isHeld() === true) return current.hold;
      if (acquiring === undefined) {
        acquiring = enter(wait, call).finally(() => (acquiring = undefined));
        return acquiring;
      }
      const other = acquiring.then(
        () => undefined,
        () => undefined,
      );
      await raceAbort(other, call.signal);
    }
  }

  function held(): { readonly hold: OwnHold; readonly place: Place } {
    if (current?.hold.isHeld() === true) return current;
    throw new HoldLost(`the lock ${name} is not held`, { outcome: "not-applied" });
  }

  async function renew(seconds: number, call: CallOptions): Promise<void> {
    const { hold, place } = held();
    const sent = moment();
    try {
      await keys.refresh(place.key, seconds, call);
    } catch (error) {
      if (!(error instanceof KeyNotFound)) throw error;
      hold.end("etcd has it no more");
      throw hold.signal.reason;
    }
    hold.renewed(seconds, sent);
  }

  async function release(): Promise<void> {
    if (current === undefined) return;
    const { hold, place } = current;
    current = undefined;
    hold.end("it was released");
    try {
      await queue.leave(place);
    } catch (error) {
      if (!(error instanceof CompareFailed)) throw error;
    }
  }

  const own = (where: string, call?: CallOptions): CallOptions => checkNames(where, call);
  return {
    name,
    get hold() {
      return current?.hold.isHeld() === true ? current.hold : null;
    },
    acquire: async (call) => (await acquire(true, own("acquire", call))) as Hold,
    tryAcquire: async (call) => acquire(false, own("tryAcquire", call)),
    async isLocked(call) {
      const { signal } = own("isLocked", call);
      return (await queue.places(signal)).length > 0;
    },
    isHeld: () => current?.hold.isHeld() === true,
    renew: async (seconds = ttl, call) => renew(checkTtl(seconds), own("renew", call)),
    release,
    [Symbol.asyncDispose]: release,
  };
}
