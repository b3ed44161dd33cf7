import type { CallOptions } from "../../transport/connection.ts";
import { checkString, ownOptions } from "../../v3/check.ts";
import type { Etcd } from "../../v3/client.ts";
import { compare } from "../../v3/kv/compare.ts";
import type { Entry } from "../../v3/kv/entry.ts";
import { op } from "../../v3/kv/op.ts";
import type { Value } from "../../v3/keys.ts";
import { commit } from "../transaction/commit.ts";
import { createConsumer, type Consumer } from "./queue-consumer.ts";
import { limited } from "../wait.ts";
import { uniqueName } from "../unique-name.ts";

/** A queue: first in, first out. */
export interface Queue extends Consumer {
  /** Appends an item, exactly once. Resolves with its key. */
  enqueue(value: Value, options?: CallOptions): Promise<string>;
}

/**
 * A queue that many put into and take from, under the keys below `name + "/"`, as Go's `recipes` have it: the order is
 * that of the revisions that put the items.
 *
 * @example
 * const jobs = queue(etcd, "jobs");
 * await jobs.enqueue("resize 1.png");
 * (await jobs.dequeue({ timeoutMs: 5000 })).text(); // "resize 1.png"
 */
export function queue(etcd: Etcd, name: string): Queue {
  const prefix = `${checkString(name, "name")}/`;
  const order = { sortBy: "modRevision", sortOrder: "ascend" } as const;

  return {
    ...createConsumer(etcd, "queue", { prefix, order }, (first: Entry) => [
      compare.modRevision(first.keyBytes, "=", first.modRevision),
    ]),
    async enqueue(value, options) {
      const call = ownOptions("queue.enqueue", options);
      return limited(call, "the item was not added", async ({ signal, tracker }) => {
        for (;;) {
          const key = prefix + uniqueName();
          const steps = [op.put(key, value)];
          if (await tracker.write(() => commit(etcd, [compare.missing(key)], steps, { signal }))) return key;
          tracker.learn("not-applied");
        }
      });
    },
  };
}
