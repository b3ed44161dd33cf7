import { describe, expect, it } from "vitest";
import {
  barrier,
  createEtcd,
  doubleBarrier,
  type Etcd,
  queue,
  registry,
  rwLock,
  semaphore,
  transact,
} from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";

/** Each is left waiting. */
const waits: Record<string, (etcd: Etcd) => Promise<unknown>> = {
  "queue.dequeue": (etcd) => queue(etcd, "r").dequeue(),
  "barrier.wait": (etcd) => barrier(etcd, "held").wait(),
  "doubleBarrier.enter": (etcd) => doubleBarrier(etcd, "r", { count: 2 }).enter(),
  "semaphore.acquire": (etcd) => semaphore(etcd, "taken", { permits: 1 }).acquire(),
  "rwLock.acquire": (etcd) => rwLock(etcd, "locked").read.acquire(),
  "a function of transact": (etcd) =>
    transact(etcd, async (tx) => {
      for await (const _ of etcd.watch("never")) tx.put("a", "");
    }),
};

describe.each(Object.entries(waits))("%s", (_, wait) => {
  it("ends with its client, and leaves neither requests nor keys", async () => {
    const memory = createMemoryEtcd();
    const other = createEtcd({ fetch: memory.fetch });
    await barrier(other, "held").hold();
    const slot = await semaphore(other, "taken", { permits: 1 }).acquire();
    const writer = await rwLock(other, "locked").write.acquire();
    const before = (await other.keys({ all: true })).filter((key) => !key.startsWith("_fetcd/"));
    const watchers = memory.watchers;

    const etcd = createEtcd({ fetch: memory.fetch });
    const waiting = wait(etcd);
    const outcome = expect(waiting).rejects.toMatchObject({ reason: "Closed" });
    while (memory.watchers === watchers) await other.get("x");
    await etcd.close();
    await outcome;
    for (;;) {
      const keys = (await other.keys({ all: true })).filter((key) => !key.startsWith("_fetcd/"));
      if (keys.join() === before.join() && memory.watchers <= watchers) break;
    }
    await slot.release();
    await writer.release();
    await other.close();
    memory.close();
  });
});

it("a registration ends with its client", async () => {
  const memory = createMemoryEtcd();
  const etcd = createEtcd({ fetch: memory.fetch });
  const own = await registry(etcd, "api").register("a", "1");
  await etcd.close();
  expect(own.registered).toBe(false);
  await expect(own.update("2")).rejects.toMatchObject({ reason: "Closed" });
  await own.close();
  const other = createEtcd({ fetch: memory.fetch });
  expect(await registry(other, "api").list()).toEqual([]);
  await other.close();
  memory.close();
});
