import type { CallOptions } from "../../transport/connection.ts";
import { ownOptions } from "../../v3/check.ts";
import type { Etcd } from "../../v3/client.ts";
import type { Compare } from "../../v3/kv/compare.ts";
import type { Entry } from "../../v3/kv/entry.ts";
import { op } from "../../v3/kv/op.ts";
import type { RangeQuery } from "../../v3/kv/range.ts";
import { commit } from "../transaction/commit.ts";
import { nextChange, limited, type Limits, type WaitRead, readsOfWait } from "../wait.ts";

/** The side of a queue that takes. */
export interface Consumer {
  /**
   * Takes the first item, exactly once: nobody else gets it. Waits for one, for ever unless `timeoutMs` says otherwise;
   * then it rejects with `Timeout`. Aborting ends the wait, but an item whose removal is already under way is given out
   * still. If it rejects with outcome `unknown` the network failed for so long that an item may have been removed.
   */
  dequeue(options?: CallOptions): Promise<Entry>;
  /** Takes the first item if there is one, `null` if there is none. */
  tryDequeue(options?: CallOptions): Promise<Entry | null>;
  /** The item that would be taken now; it stays. */
  peek(options?: CallOptions): Promise<Entry | null>;
  /** How many items wait. */
  size(options?: CallOptions): Promise<bigint>;
}

interface Items {
  readonly prefix: string;
  /** What they are sorted by. */
  readonly order: RangeQuery;
}

/** `name`: of the function that users call. `stillFirst`: the conditions on which the first item is taken. */
export function createConsumer(
  etcd: Etcd,
  name: string,
  { prefix, order }: Items,
  stillFirst: (first: Entry) => readonly Compare[],
): Consumer {
  const first = { ...order, limit: 1 };

  /** Takes the first item, or tells as of which revision there is none. */
  async function take({ signal, tracker, left }: Limits, reading: WaitRead): Promise<Entry | bigint> {
    for (;;) {
      const { entries, revision } = await reading(() => etcd.range({ prefix }, { ...first, signal }));
      const [item] = entries;
      if (item === undefined) return revision;
      // Without the signal: when the item is gone from the store, somebody must get it.
      const removing = { timeoutMs: left() };
      if (await tracker.write(() => commit(etcd, stillFirst(item), [op.delete(item.keyBytes)], removing))) return item;
      tracker.learn("not-applied");
      if (signal.aborted) throw signal.reason;
    }
  }

  return {
    async dequeue(options) {
      return limited(ownOptions(`${name}.dequeue`, options), "there was no item", async (limits) => {
        const { signal } = limits;
        const reading = readsOfWait(signal);
        for (;;) {
          const taken = await take(limits, reading);
          if (typeof taken !== "bigint") return taken;
          await nextChange(etcd, { prefix }, { from: taken + 1n, only: "put", signal });
        }
      });
    },
    async tryDequeue(options) {
      return limited(ownOptions(`${name}.tryDequeue`, options), "the queue did not answer", async (limits) => {
        const taken = await take(limits, (read) => read());
        return typeof taken === "bigint" ? null : taken;
      });
    },
    async peek(options) {
      const { entries } = await etcd.range({ prefix }, { ...first, ...ownOptions(`${name}.peek`, options) });
      return entries[0] ?? null;
    },
    async size(options) {
      return etcd.count({ prefix }, ownOptions(`${name}.size`, options));
    },
  };
}
