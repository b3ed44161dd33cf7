import { describe, expect, it, onTestFinished } from "vitest";
import {
  barrier,
  cache,
  doubleBarrier,
  election,
  type Etcd,
  EtcdError,
  createEtcd,
  lock,
  namedLeader,
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

/** Each holds `held` under a lease of its own once it has come that far. */
const takes: Record<string, (etcd: Etcd, signal?: AbortSignal) => Promise<unknown>> = {
  session: (etcd, signal) => session(etcd, { signal }),
  lock: (etcd, signal) => lock(etcd, "held", { signal }),
  "semaphore.acquire": (etcd, signal) => semaphore(etcd, "held", { permits: 1 }).acquire({ signal }),
  "doubleBarrier.enter": (etcd, signal) => doubleBarrier(etcd, "held", { count: 2 }).enter({ signal }),
  "registry.register": (etcd, signal) => registry(etcd, "held").register("a", "1", { signal }),
  "namedLeader.set": (etcd, signal) => namedLeader(etcd, "held").set("me", { ttl: 60, signal }),
};

describe.each(Object.entries(takes))("%s leaves no lease", (_, take) => {
  it.each(["it is closed", "its caller gives up and it is closed"])(
    "where the client waits for the grant when %s",
    async (what) => {
      const memory = createMemoryEtcd();
      const outside = createEtcd({ fetch: memory.fetch });
      const controller = new AbortController();
      let closed: Promise<void> | undefined;
      const etcd = createEtcd({
        async fetch(url, init) {
          const granting = String(url).endsWith("/lease/grant");
          const answer = await memory.fetch(url, init);
          if (granting && closed === undefined) {
            if (what !== "it is closed") controller.abort(new Error("enough"));
            closed = etcd.close();
          }
          // As over a network, whose client does not get what came too late.
          init?.signal?.throwIfAborted();
          return answer;
        },
      });
      await expect(take(etcd, controller.signal)).rejects.toThrow();
      await closed;
      expect(await outside.lease.list()).toEqual([]);
      await outside.close();
      memory.close();
    },
  );
});

it("a client that is closed waits for what is being released", async () => {
  const memory = createMemoryEtcd();
  const outside = createEtcd({ fetch: memory.fetch });
  const etcd = createEtcd({
    async fetch(url, init) {
      if (String(url).endsWith("/lease/revoke")) await new Promise((resolve) => setTimeout(resolve, 20));
      init?.signal?.throwIfAborted();
      return memory.fetch(url, init);
    },
  });
  const held = await lock(etcd, "door");
  const released = held.release();
  await etcd.close();
  await released;
  expect(await outside.lease.list()).toEqual([]);
  expect(await outside.keys({ prefix: "door" })).toEqual([]);
  await outside.close();
  memory.close();
});
