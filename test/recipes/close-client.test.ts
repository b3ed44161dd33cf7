import { expect, it, onTestFinished } from "vitest";
import {
  barrier,
  cache,
  doubleBarrier,
  election,
  EtcdError,
  createEtcd,
  lock,
  queue,
  registry,
  rwLock,
  semaphore,
  session,
} from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";

const waiters = 20;

it("a client that is closed ends all waits with an EtcdError, and leaves no unhandled rejection", async () => {
  const unsubscribe: unknown[] = [];
  const listen = (reason: unknown): void => void unsubscribe.push(reason);
  process.on("unhandledRejection", listen);
  const memory = createMemoryEtcd();
  onTestFinished(() => {
    process.off("unhandledRejection", listen);
    memory.close();
  });
  const etcd = createEtcd({ fetch: memory.fetch });
  await lock(etcd, "door");
  await rwLock(etcd, "doc").write.acquire();
  await semaphore(etcd, "pool", { permits: 1 }).acquire();
  await election(etcd, "leader").campaign("first");
  await barrier(etcd, "gate").hold();
  // What is not waited for by anybody.
  await registry(etcd, "api").register("a", "1");
  await session(etcd);
  await cache(etcd, { prefix: "api/" });

  const waits: Promise<unknown>[] = [];
  for (let i = 0; i < waiters; i++) {
    waits.push(
      lock(etcd, "door"),
      rwLock(etcd, "doc").read.acquire(),
      semaphore(etcd, "pool", { permits: 1 }).acquire(),
      election(etcd, "leader").campaign("x"),
      election(etcd, "leader").run("y", () => Promise.resolve()),
      barrier(etcd, "gate").wait(),
      doubleBarrier(etcd, "all", { count: waiters + 1 }).enter(),
      queue(etcd, "jobs").dequeue(),
    );
  }
  const ends = Promise.allSettled(waits);
  // In the middle of it: some wait, some are on their way.
  while ((await etcd.count({ prefix: "all/waiters/" })) < 5n);
  await etcd.close();
  for (const end of await ends) {
    expect(end).toEqual({ status: "rejected", reason: expect.any(EtcdError) });
  }
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  expect(unsubscribe).toEqual([]);
}, 60_000);

it("a session that is granted while its client closes rejects, and leaves no lease", async () => {
  const memory = createMemoryEtcd();
  const other = createEtcd({ fetch: memory.fetch });
  onTestFinished(async () => {
    await other.close();
    memory.close();
  });
  let closed: Promise<void> | undefined;
  const etcd = createEtcd({
    async fetch(url, init) {
      const response = await memory.fetch(url, init);
      if (String(url).endsWith("/lease/grant")) closed = etcd.close();
      return response;
    },
  });
  const ended = expect(session(etcd)).rejects.toMatchObject({ reason: "Closed", outcome: "unknown" });
  etcd.beforeClose(() => ended);
  await ended;
  await closed;
  await expect.poll(() => other.lease.list()).toEqual([]);
});
