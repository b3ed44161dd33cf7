import { lossyText } from "../../transport/bytes.ts";
import type { CallOptions } from "../../transport/connection.ts";
import { notApplied, unexpected } from "../../transport/errors/etcd-error.ts";
import { checkString, ownOptions } from "../../v3/check.ts";
import type { Etcd } from "../../v3/client.ts";
import { compare } from "../../v3/kv/compare.ts";
import { op } from "../../v3/kv/op.ts";
import type { Value } from "../../v3/keys.ts";
import { commit } from "../transaction/commit.ts";
import { limited } from "../wait.ts";
import { createConsumer, type Consumer } from "./queue-consumer.ts";

/** A queue whose items have a priority: see {@link priorityQueue}. */
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
 *
 * @example
 * const alerts = priorityQueue(etcd, "alerts");
 * await alerts.enqueue("disk is filling", 20);
 * await alerts.enqueue("disk is full", 1);
 * (await alerts.dequeue()).text(); // "disk is full"
 */
export function priorityQueue(etcd: Etcd, name: string): PriorityQueue {
  const prefix = `${checkString(name, "name")}/`;

  return {
    ...createConsumer(etcd, "priorityQueue", { prefix, order: {} }, (first) => [
      compare.modRevision(first.keyBytes, "=", first.modRevision),
      compare.missing({ from: prefix, to: first.keyBytes }),
    ]),
    async enqueue(value, priority, options) {
      const call = ownOptions("priorityQueue.enqueue", options);
      const lane = prefix + digits(checkPriority(priority), 5);
      return limited(call, "the item was not added", async ({ signal, tracker }) => {
        for (;;) {
          const { number, revision } = await nextNumber(etcd, `${lane}/`, signal);
          const key = `${lane}/${digits(number, itemDigits)}`;
          // Each client that adds to the lane writes its counter, so that no number is given twice, nor one below the last.
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
  throw unexpected("priority", "a whole number from 0 to 65535", priority);
}

function digits(number: number | bigint, length: number): string {
  return String(number).padStart(length, "0");
}

/** How many digits the number of an item has. */
const itemDigits = 16;

/**
 * The number after that of the last item. Keys that do not end with the number of an item are nobody's: they are passed over.
 */
async function nextNumber(
  etcd: Etcd,
  prefix: string,
  signal: AbortSignal,
): Promise<{ readonly number: bigint; readonly revision: bigint }> {
  for (let limit = 1; ; limit *= 8) {
    const query = { sortBy: "key", sortOrder: "descend", limit, keysOnly: true, signal } as const;
    const { entries, more, revision } = await etcd.range({ from: `${prefix}0`, to: `${prefix}:` }, query);
    const last = entries.map(({ keyBytes }) => numberOf(keyBytes)).find((number) => number !== undefined);
    if (last === undefined && more) continue;
    const number = (last ?? -1n) + 1n;
    if (String(number).length <= itemDigits) return { number, revision };
    throw notApplied(`the queue ${prefix} has no number left after ${last}`, "RecipeMismatch");
  }
}

function numberOf(key: Uint8Array): bigint | undefined {
  const digits = /\/(\d+)$/.exec(lossyText(key))?.[1];
  return digits?.length === itemDigits ? BigInt(digits) : undefined;
}
