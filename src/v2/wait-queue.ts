import { boundBy, pause, raceAbort } from "../transport/abort.ts";
import { elapsedSince, type Moment, now } from "../transport/clock.ts";
import { EventIndexCleared, KeyNotFound } from "./code-errors.ts";
import { deleteOwn } from "./delete-own.ts";
import { EtcdV2Error, invalid } from "./errors.ts";
import { keepAlive } from "./keep-alive.ts";
import { checkText } from "./key-path.ts";
import type { ValueNode } from "./node.ts";
import type { Patience } from "./operation.ts";
import type { CallOptions } from "./client-options.ts";
import type { ReadNow } from "./read-now.ts";
import { isPassing } from "./retry-policy.ts";
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
  /** When the request was sent that gave or renewed its time to live. */
  sent: Moment;
}

interface Entering {
  /** Seconds; `null`: it stays until it is deleted. */
  readonly ttl: number | null;
  readonly patience: Patience;
}

interface Joining extends Entering {
  /** No other waiter has this value, so that one whose answer was lost is found again. */
  readonly unique: boolean;
}

interface Taking extends Entering {
  readonly wait: boolean;
}

/**
 * A queue of in-order keys in a directory: who made the first one has the turn. Waiting wakes one waiter at a time:
 * each looks at the key before its own alone, and at the whole queue again when that is gone.
 */
export interface Queue {
  /** All waiters, first to last. */
  waiters(signal?: AbortSignal): Promise<readonly ValueNode[]>;
  join(value: string, how: Joining): Promise<Waiter>;
  /**
   * Resolves when the waiter that `enter` makes is the first; it makes another where one ran out, while this process
   * slept, say. A waiter that waits is kept alive, and one that is given up is left. `null` if it may not wait, and others
   * are before it.
   */
  take(enter: () => Promise<Waiter>, how: Taking): Promise<Waiter | null>;
  renew(waiter: Waiter, ttl: number, options: CallOptions): Promise<void>;
  /** Whether it was there. */
  release(waiter: Pick<Waiter, "key" | "value">, options?: CallOptions): Promise<boolean>;
}

/** How long the deletion of a waiter is tried, in milliseconds. Its time to live ends it else. */
const releaseMs = 3000;
/** How long it is tried to find out whether a waiter came about that nobody waits for any more, in milliseconds. */
const settleMs = 10_000;

const { signal: never } = new AbortController();

/** `name` is one segment below `root`, so that no queue is among the waiters of another. */
export function createQueue(keys: Keys, root: string, name: string): Queue {
  if (checkText(name, "name") === "") throw invalid("name: expected one that is not empty");
  const dir = `${root}/${encodeURIComponent(name)}`;

  async function look(signal?: AbortSignal): Promise<{ waiters: readonly ValueNode[]; index: bigint }> {
    const { node, index } = await keys.readNow(dir, { signal });
    return { waiters: node?.dir === true ? node.children.filter((child) => !child.dir) : [], index };
  }

  /**
   * Not ended by the signal: what it does has to be known before it can be undone. An answer that is lost is made up for
   * by looking for the waiter, until that is answered or the caller has gone for long.
   */
  async function append(value: string, { ttl, unique, patience: { signal } }: Joining): Promise<Waiter> {
    const sent = now();
    let node: ValueNode | undefined;
    try {
      ({ node } = await keys.append(dir, value, { ttl }));
    } catch (error) {
      // The key may be there all the same, and others wait behind it.
      if (!unique || !EtcdV2Error.is(error) || error.outcome !== "unknown") throw error;
      node = await find(value, () => signal.aborted && elapsedSince(sent) > settleMs);
      // The request may arrive still, but for an answer of etcd, which comes when it is done.
      if (node === undefined) throw error;
    }
    return { key: node.key, token: node.createdIndex, value, sent };
  }

  /** The waiter of that value. It is looked for again where that fails, unless it is `over`. */
  async function find(value: string, over: () => boolean): Promise<ValueNode | undefined> {
    for (let failures = 0; ; failures++) {
      try {
        return (await look()).waiters.find((child) => child.value === value);
      } catch (error) {
        if (!EtcdV2Error.is(error) || !isPassing(error) || over()) return undefined;
        await pause(Math.min(2000, 100 * 2 ** failures), never);
      }
    }
  }

  async function renew(waiter: Waiter, ttl: number, options: CallOptions): Promise<void> {
    const sent = now();
    await keys.refresh(waiter.key, ttl, options);
    waiter.sent = sent;
  }

  const release: Queue["release"] = ({ key, value }, options = { timeoutMs: releaseMs }) =>
    deleteOwn(keys, key, value, options);

  async function turn(
    waiter: Waiter,
    { ttl, wait, patience: { signal } }: Taking,
  ): Promise<"first" | "behind" | "gone"> {
    const waiting = boundBy(Infinity, signal, () => undefined);
    const stay = (seconds: number): Promise<void> =>
      renew(waiter, seconds, { signal: waiting.signal }).catch((error: unknown) => {
        if (error instanceof KeyNotFound) waiting.abort(error);
        throw error;
      });
    if (ttl !== null) void keepAlive(() => stay(ttl), ttl, waiting.signal);
    try {
      for (;;) {
        const { waiters, index } = await look(waiting.signal);
        const own = waiters.findIndex(({ key }) => key === waiter.key);
        if (own <= 0) return own === 0 ? "first" : "gone";
        const before = waiters[own - 1];
        if (before === undefined || !wait) return "behind";
        try {
          await keys.wait(before.key, { index: index + 1n, signal: waiting.signal });
        } catch (error) {
          // Where the history is too short for the wait, the queue tells what happened.
          if (!(error instanceof EventIndexCleared)) throw error;
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
    waiters: async (signal) => (await look(signal)).waiters,
    async join(value, how) {
      const { patience } = how;
      const { signal } = patience;
      if (signal.aborted) throw signal.reason;
      const joining = append(value, how);
      try {
        return await raceAbort(joining, signal);
      } catch (error) {
        throw signal.aborted
          ? await patience.failed(
              error,
              joining.then((waiter) => release(waiter)),
            )
          : error;
      }
    },
    async take(enter, how) {
      const { patience } = how;
      let waiter: Waiter | undefined;
      try {
        for (let where = "gone"; where === "gone"; ) {
          // Until there is another, what fails is the entering, which knows itself what it leaves.
          waiter = undefined;
          waiter = await enter();
          where = await turn(waiter, how);
          if (where === "first") return waiter;
        }
      } catch (error) {
        throw waiter === undefined ? error : await patience.failed(error, release(waiter));
      }
      if (waiter !== undefined) await patience.undone(release(waiter));
      return null;
    },
    renew,
    release,
  };
}
