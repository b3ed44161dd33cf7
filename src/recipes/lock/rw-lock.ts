import type { CallOptions } from "../../transport/connection.ts";
import { checkOptions } from "../../transport/options.ts";
import { checkString } from "../../v3/check.ts";
import type { Etcd } from "../../v3/client.ts";
import type { Held } from "./mutex.ts";
import { untilGone } from "./waiter.ts";
import {
  checkLeaseOptions,
  leaseKinds,
  type LeaseOptions,
  readFrom,
  type SharedLine,
  waysInto,
} from "./shared-wait-queue.ts";

/** One side of a lock for readers and writers. */
export interface LockSide {
  /** Waits in line. Rejects with `LockTimeout` after `timeoutMs` (default: waits for ever), or with what ended the session. */
  acquire(options?: CallOptions): Promise<Held>;
  /** Takes it if it is free for this side, otherwise `null`. */
  tryAcquire(options?: CallOptions): Promise<Held | null>;
}

/** Many may read at a time, or one write. */
export interface RwLock {
  readonly read: LockSide;
  readonly write: LockSide;
}

/**
 * A lock for readers and writers under the keys below `name + "/"`, as Go's `recipes` have it: `name/read/…` and
 * `name/write/…`. First come, first served: who comes to read waits for the writers that came before, so that readers
 * never starve a writer. As with Go's, a writer waits for whatever is below `name + "/"`: give no other lock a name that
 * begins so.
 */
export function rwLock(etcd: Etcd, name: string, given?: LeaseOptions): RwLock {
  const options = checkOptions("rwLock", given, leaseKinds);
  const prefix = `${checkString(name, "name")}/`;
  checkLeaseOptions(options);

  function side(own: string, blockers: string): LockSide {
    const line: SharedLine = {
      name: `rwLock.${own}`,
      words: { what: `the lock ${name}`, lost: "LockLost" },
      prefix: `${prefix}${own}/`,
      value: "",
      conditions: [[]],
      refused: () => Promise.resolve(),
      full: async (signal) => (await etcd.count({ prefix: blockers }, { signal })) > 0n,
      async turn(place, signal, wait) {
        const newest = { sortBy: "createRevision", sortOrder: "descend", limit: 1 } as const;
        for (;;) {
          const ahead = await readFrom(etcd, place, blockers, newest, signal);
          if (ahead === "gone") return ahead;
          const [last] = ahead.entries;
          if (last === undefined) return "come";
          if (!wait) return "wait";
          await untilGone(etcd, { key: last.key, createRevision: last.createRevision }, ahead.revision, signal);
        }
      },
    };
    return waysInto(etcd, line, options);
  }

  return { read: side("read", `${prefix}write/`), write: side("write", prefix) };
}
