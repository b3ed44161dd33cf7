import { boundBy, pause, raceAbort } from "../transport/abort.ts";
import { elapsedSince, type Moment, now } from "../transport/clock.ts";
import { EventIndexCleared, KeyNotFound } from "./code-errors.ts";
import { deleteOwn } from "./delete-own.ts";
import { EtcdV2Error, invalid } from "./errors.ts";
import { keepAlive } from "./keep-alive.ts";
import { checkText } from "./key-path.ts";
import type { ValueNode } from "./node.ts";
import type { Patience } from "./patience.ts";
import type { CallOptions } from "./client-options.ts";
import type { ReadNow } from "./read-now.ts";
import { isPassing, outlastsForeign } from "./retry-policy.ts";
import type { WatchesV2 } from "./watch.ts";
import type { WritesV2 } from "./writes.ts";

export interface Keys extends WritesV2, WatchesV2 {
  readonly readNow: ReadNow;
}

/** A child of the queue's directory. */
export interface Waiter {
  readonly key: string;
  readonly token: bigint;
  readonly value: string;
  /** When the request that gave it its TTL, or renewed it, was sent. */
  sent: Moment;
}

interface WaiterOptions {
  /** Seconds; `null`: it stays until it is deleted. */
  readonly ttl: number | null;
  readonly patience: Patience;
}

interface EnterOptions extends WaiterOptions {
  /** No other waiter has this value, so that one whose answer was lost is found again. */
  readonly unique: boolean;
}

interface AcquireRequest extends WaiterOptions {
  readonly wait: boolean;
}

/**
 * A wait queue of in-order keys in a directory: the creator of the first key has the turn. Each waiter watches only the
 * key before its own, and reads the whole queue again when that is gone, so a release wakes one waiter.
 */
export interface WaitQueue {
  /** All waiters, first to last. */
  waiters(signal?: AbortSignal): Promise<readonly ValueNode[]>;
  enter(value: string, how: EnterOptions): Promise<Waiter>;
  /**
   * Resolves when the waiter that `enter` creates is first. Creates another one where the key of the last one expired,
   * such as while this process slept. The key is kept alive while it waits, and deleted when the wait is given up.
   * Resolves with `null` if it would have to wait and `wait` is false.
   */
  acquire(enter: () => Promise<Waiter>, how: AcquireRequest): Promise<Waiter | null>;
  renew(waiter: Waiter, ttl: number, options: CallOptions): Promise<void>;
  /** Whether it was there. */
  release(waiter: Pick<Waiter, "key" | "value">, options?: CallOptions): Promise<boolean>;
}

/** How long the deletion of a waiter is tried, in milliseconds. After that its TTL ends it. */
const releaseMs = 3000;
/** How long to look for a waiter whose creation was not answered, after its caller gave up, in milliseconds. */
const settleMs = 10_000;

const { signal: never } = new AbortController();

/** `name` is one segment below `root`, so that no queue is among the waiters of another. */
export function createWaitQueue(keys: Keys, root: string, name: string): WaitQueue {
  if (checkText(name, "name") === "") throw invalid("name: expected a string that is not empty");
  const dir = `${root}/${encodeURIComponent(name)}`;

  async function readWaiters(signal?: AbortSignal): Promise<{ waiters: readonly ValueNode[]; index: bigint }> {
    const { node, index } = await keys.readNow(dir, { signal });
    return { waiters: node?.dir === true ? node.children.filter((child) => !child.dir) : [], index };
  }

  /**
   * Creates the key of a waiter. Not ended by the signal: the outcome has to be known before the key can be deleted.
   * Where the answer is lost the waiter is looked for by its value, until that is answered or the caller gave up long ago.
   */
  async function create(value: string, { ttl, unique, patience: { signal } }: EnterOptions): Promise<Waiter> {
    const sent = now();
    let node: ValueNode | undefined;
    try {
      ({ node } = await keys.append(dir, value, { ttl }));
    } catch (error) {
      // The key may have been created, and others may wait behind it.
      if (!unique || !EtcdV2Error.is(error) || error.outcome !== "unknown") throw error;
      const read = readAgain(() => signal.aborted && elapsedSince(sent) > settleMs);
      node = (await read.catch(() => undefined))?.waiters.find((child) => child.value === value);
      // The request may still arrive, unless etcd itself answered with an error.
      if (node === undefined) throw error;
    }
    return { key: node.key, token: node.createdIndex, value, sent };
  }

  /** Reads all waiters, again where that fails in a way that may pass, until `over` says that it is too late. */
  async function readAgain(over: () => boolean, signal: AbortSignal = never): ReturnType<typeof readWaiters> {
    for (let failures = 0; ; failures++) {
      try {
        return await readWaiters(signal);
      } catch (error) {
        if (!EtcdV2Error.is(error) || !(isPassing(error) || outlastsForeign(error, failures)) || over()) throw error;
        await pause(waitAfter(failures), signal);
      }
    }
  }

  async function renew(waiter: Waiter, ttl: number, options: CallOptions): Promise<void> {
    const sent = now();
    await keys.refresh(waiter.key, ttl, options);
    waiter.sent = sent;
  }

  const release: WaitQueue["release"] = ({ key, value }, options = { timeoutMs: releaseMs }) =>
    deleteOwn(keys, key, value, options);

  async function turn(
    waiter: Waiter,
    { ttl, wait, patience: { signal } }: AcquireRequest,
  ): Promise<"first" | "behind" | "gone"> {
    const waiting = boundBy(Infinity, signal);
    const stay = (seconds: number): Promise<void> =>
      renew(waiter, seconds, { signal: waiting.signal }).catch((error: unknown) => {
        if (error instanceof KeyNotFound) waiting.abort(error);
        throw error;
      });
    if (ttl !== null) void keepAlive(() => stay(ttl), ttl, waiting.signal);
    try {
      for (let failures = 0; ; ) {
        // The wait goes on: reading the queue may work again in a moment.
        const { waiters, index } = await readAgain(() => !wait, waiting.signal);
        const own = waiters.findIndex(({ key }) => key === waiter.key);
        if (own <= 0) return own === 0 ? "first" : "gone";
        const before = waiters[own - 1];
        if (before === undefined || !wait) return "behind";
        try {
          await keys.wait(before.key, { index: index + 1n, signal: waiting.signal });
          failures = 0;
        } catch (error) {
          // Where the history is too short for the wait, the queue tells what happened.
          if (error instanceof EventIndexCleared) continue;
          if (!outlastsForeign(error, failures)) throw error;
          await pause(waitAfter(failures++), waiting.signal);
        }
      }
    } catch (error) {
      if (error instanceof KeyNotFound && !signal.aborted) return "gone";
      throw error;
    } finally {
      waiting.abort(undefined);
      waiting.end();
    }
  }

  return {
    waiters: async (signal) => (await readWaiters(signal)).waiters,
    async enter(value, how) {
      const { patience } = how;
      const { signal } = patience;
      if (signal.aborted) throw signal.reason;
      const creating = create(value, how);
      try {
        return await raceAbort(creating, signal);
      } catch (error) {
        throw signal.aborted
          ? await patience.failed(
              error,
              creating.then((waiter) => release(waiter)),
            )
          : error;
      }
    },
    async acquire(enter, how) {
      const { patience } = how;
      let waiter: Waiter | undefined;
      try {
        for (let where = "gone"; where === "gone"; ) {
          // Without a waiter, `enter` failed, and has cleaned up itself.
          waiter = undefined;
          waiter = await enter();
          where = await turn(waiter, how);
          if (where === "first") return waiter;
        }
      } catch (error) {
        throw waiter === undefined ? error : await patience.failed(error, release(waiter));
      }
      if (waiter !== undefined) await patience.cleanedUp(release(waiter));
      return null;
    },
    renew,
    release,
  };
}

/** Milliseconds before the next try after so many failures in a row. */
function waitAfter(failures: number): number {
  return Math.min(2000, 100 * 2 ** failures);
}
