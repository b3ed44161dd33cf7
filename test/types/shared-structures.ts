// Recipes that many programs share: calls that must compile, with their types, and calls that must not.
import {
  barrier,
  type Cache,
  counter,
  doubleBarrier,
  type Entry,
  type Etcd,
  type Held,
  priorityQueue,
  queue,
  registry,
  rwLock,
  semaphore,
  transact,
} from "../../src/index.ts";
import { is, type Same } from "./same.ts";

declare const etcd: Etcd;
declare const signal: AbortSignal;
declare const bytes: Uint8Array;

export async function calls(): Promise<void> {
  const moved = await transact(
    etcd,
    async (tx) => {
      const one = await tx.get("a");
      is<Same<typeof one, Entry | null>>();
      const several = await tx.get(["a", bytes]);
      is<Same<typeof several, (Entry | null)[]>>();
      is<Same<Awaited<ReturnType<typeof tx.range>>, Entry[]>>();
      tx.put("a", bytes, { lease: 1n });
      tx.delete(bytes);
      is<Same<[typeof tx.attempt, typeof tx.signal], [number, AbortSignal]>>();
      return 42;
    },
    { isolation: "repeatable-read", maxAttempts: 3, maxTxnOps: 1024, signal, timeoutMs: 10 },
  );
  is<Same<typeof moved, number>>();
  is<Same<Awaited<ReturnType<ReturnType<typeof counter>["add"]>>, bigint>>();
  await counter(etcd, "n").add(-1);
  is<Same<Awaited<ReturnType<ReturnType<typeof queue>["tryDequeue"]>>, Entry | null>>();
  is<Same<Awaited<ReturnType<ReturnType<typeof queue>["dequeue"]>>, Entry>>();
  await priorityQueue(etcd, "q").enqueue(bytes, 3, { signal });
  is<Same<Awaited<ReturnType<ReturnType<typeof semaphore>["tryAcquire"]>>, Held | null>>();
  await using held = await rwLock(etcd, "l", { ttl: 5 }).write.acquire({ timeoutMs: 5 });
  is<Same<[typeof held.token, typeof held.key], [bigint, string]>>();
  await semaphore(etcd, "s", { permits: 2 }).acquire();
  await using both = doubleBarrier(etcd, "d", { count: 2, ttl: 5 });
  await both.enter({ signal });
  is<Same<Awaited<ReturnType<ReturnType<typeof barrier>["hold"]>>, boolean>>();
  await using listed = await registry(etcd, "api").register("a", bytes, { ttl: 5, signal });
  await listed.update("b", { timeoutMs: 5 });
  is<Same<Awaited<ReturnType<ReturnType<typeof registry>["discover"]>>, Cache<Entry>>>();
}

export function mistakes(): void {
  // @ts-expect-error a level that there is not
  void transact(etcd, () => 1, { isolation: "snapshot" });
  // @ts-expect-error a transaction deletes keys, not ranges
  void transact(etcd, (tx) => tx.delete({ prefix: "a/" }));
  // @ts-expect-error a semaphore has a number of permits
  semaphore(etcd, "s");
  // @ts-expect-error it is asked for by its name
  semaphore(etcd, "s", { permit: 3 });
  // @ts-expect-error how many take part has to be said
  doubleBarrier(etcd, "d", {});
  // @ts-expect-error an item has a priority
  void priorityQueue(etcd, "q").enqueue("item");
  // @ts-expect-error a lock for readers and writers is taken on one side
  void rwLock(etcd, "l").acquire();
}
