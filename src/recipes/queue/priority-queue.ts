import type { CallOptions } from "../../transport/connection.ts";
import { EtcdError, invalidArgument, shown } from "../../transport/errors/etcd-error.ts";
import { checkString, ownOptions } from "../../v3/check.ts";
import type { Etcd } from "../../v3/client.ts";
import { compare } from "../../v3/kv/compare.ts";
import { op } from "../../v3/kv/op.ts";
import type { Value } from "../../v3/keys.ts";
import { commit } from "../transaction/commit.ts";
import { limited } from "../wait.ts";
import { createConsumer, type Consumer } from "./queue-consumer.ts";

export interface PriorityQueue extends Consumer {
  /**
   * Adds an item, exactly once. `priority`: a whole number from 0, which is taken first, to 65,535. Items of the same
   * priority are taken in the order in which they came. Resolves with the item's key.
   */
  enqueue(value: Value, priority: number, options?: CallOptions): Promise<string>;
}

/**
 * A queue by priority, under the keys below `name + "/"`, as Go's `recipes` have it: `name/<priority>/<number>`. Beside
 * it there is a key `__name/<priority>` for each priority, which numbers the items. An item is taken only while it is
 * the first of all.
 */
export function priorityQueue(etcd: Etcd, name: string): PriorityQueue {
  const prefix = `${checkString(name, "name")}/`;

  return {
    ...createConsumer(etcd, prefix, "priorityQueue", {}, (first) => [
      compare.modRevision(first.keyBytes, "=", first.modRevision),
      compare.missing({ from: prefix, to: first.keyBytes }),
    ]),
    async enqueue(value, priority, options) {
      const call = ownOptions("priorityQueue.enqueue", options);
      const lane = prefix + digits(checkPriority(priority), 5);
      const last = { sortBy: "key", sortOrder: "descend", limit: 1, keysOnly: true } as const;
      return limited(call, "the item was not added", async ({ signal, tracker }) => {
        for (;;) {
          let { entries, revision } = await etcd.range({ prefix: `${lane}/` }, { ...last, signal });
          // One that is no text is nobody's item: only what begins with a digit may be.
          if (lenient.decode(entries[0]?.keyBytes).includes("\ufffd")) {
            ({ entries, revision } = await etcd.range({ from: `${lane}/0`, to: `${lane}/:` }, { ...last, signal }));
          }
          const [previous] = entries;
          const number = previous === undefined ? 0n : numberOf(lenient.decode(previous.keyBytes)) + 1n;
          const key = `${lane}/${digits(number, 16)}`;
          // Whoever adds to the lane writes its counter, so that no number is given twice, nor one below the last.
          const counter = `__${lane}`;
          const steps = [op.put(counter, ""), op.put(key, value)];
          const unchanged = [compare.modRevision(counter, "<", revision + 1n)];
          if (await tracker.write(() => commit(etcd, unchanged, steps, { signal }))) return key;
          tracker.learn("not-applied");
        }
      });
    },
  };
}

function checkPriority(priority: unknown): number {
  if (typeof priority === "number" && Number.isInteger(priority) && priority >= 0 && priority <= 65_535)
    return priority;
  throw invalidArgument(`priority: expected a whole number from 0 to 65535, got ${shown(priority)}`);
}

function digits(number: number | bigint, length: number): string {
  return String(number).padStart(length, "0");
}

const lenient = new TextDecoder();

function numberOf(key: string): bigint {
  const last = key.slice(key.lastIndexOf("/") + 1);
  if (/^\d+$/.test(last)) return BigInt(last);
  throw new EtcdError(`the key ${key} does not end with the number of an item`, "RecipeMismatch", {
    outcome: "not-applied",
  });
}
