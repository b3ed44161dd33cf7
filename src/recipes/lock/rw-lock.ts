import type { CallOptions } from "../../transport/connection.ts";
import { checkOptions } from "../../transport/options.ts";
import { checkString } from "../../v3/check.ts";
import type { Etcd } from "../../v3/client.ts";
import { op } from "../../v3/kv/op.ts";
import { checkLeaseOptions, leaseKinds, type LeaseOptions } from "../session/session.ts";
import { uniqueName } from "../unique-name.ts";
import { acquireMethods, type Held } from "./mutex.ts";
import { untilGone } from "./waiter.ts";
import { newestFirst, readBefore, type WaitQueue } from "./wait-queue.ts";

/** One side of a lock for readers and writers. */
export interface LockSide {
  /**
   * Waits in the queue.
   *
   * @throws `LockTimeout` after `timeoutMs` (default: waits for ever), or with what ended the session
   */
  acquire(options?: CallOptions): Promise<Held>;
  /** Takes it if it is free for this side, otherwise `null`. */
  tryAcquire(options?: CallOptions): Promise<Held | null>;
}

/** Many may read at a time, or one write. */
export interface RwLock {
  /** For readers, who may hold it together. */
  readonly read: LockSide;
  /** For a writer, which holds it alone. */
  readonly write: LockSide;
}

/**
 * A lock for readers and writers under the keys below `name + "/"`, as Go's `recipes` have it: `name/read/…` and
 * `name/write/…`. First come, first served: a reader waits for the writers that came before, so that readers
 * never starve a writer. As with Go's, a writer waits for whatever is below `name + "/"`: give no other lock a name that
 * begins so.
 *
 * @example
 * const document = rwLock(etcd, "document");
 * const writing = await document.write.acquire({ timeoutMs: 5000 });
 * await writing.release();
 * const reading = await document.read.acquire();
 * await reading.release();
 */
export function rwLock(etcd: Etcd, name: string, given?: LeaseOptions): RwLock {
  const options = checkOptions("rwLock", given, leaseKinds);
  const prefix = `${checkString(name, "name")}/`;
  checkLeaseOptions(options);

  function side(own: string, blockers: string): LockSide {
    const queue: WaitQueue = {
      keyOf: () => `${prefix}${own}/${uniqueName()}`,
      conditions: [[]],
      // The newest of the creation's answer may be the key itself.
      peek: op.get({ prefix: blockers }, { ...newestFirst, limit: 2 }),
      vacancy: async (signal) => ((await etcd.count({ prefix: blockers }, { signal })) > 0n ? undefined : [[]]),
      refused: async () => undefined,
      async turn(waiter, { known, wait, signal }) {
        for (let read = known; ; read = undefined) {
          read ??= await readBefore(etcd, waiter, { prefix: blockers, ...newestFirst, limit: 1 }, { wait, signal });
          if (read === undefined) return "gone";
          const last = read.entries.find((entry) => entry.createRevision < waiter.createRevision);
          if (last === undefined) return "first";
          if (!wait) return "behind";
          // Whatever is below the name counts, keys that are not UTF-8 as well.
          await untilGone(etcd, { key: last.keyBytes, createRevision: last.createRevision }, read.revision, signal);
        }
      },
    };
    const messages = { what: `the lock ${name}`, lost: "LockLost" } as const;
    return acquireMethods(`rwLock.${own}`, { etcd, queue, session: options.session, ttl: options.ttl, messages });
  }

  return { read: side("read", `${prefix}write/`), write: side("write", prefix) };
}
