import { describe, expect, it, onTestFinished } from "vitest";
import {
  createEtcd,
  doubleBarrier,
  election,
  type Etcd,
  lock,
  namedLeader,
  registry,
  rwLock,
  semaphore,
  session,
} from "../../src/index.ts";
import { createMemoryEtcd, type MemoryEtcd } from "../../src/memory/index.ts";
import { until, value } from "../suites/tools.ts";

function open(): { memory: MemoryEtcd; etcd: Etcd; leaseOf(key: string): Promise<bigint> } {
  const memory = createMemoryEtcd();
  const etcd = createEtcd({ fetch: memory.fetch });
  onTestFinished(async () => {
    await etcd.close();
    memory.close();
  });
  return { memory, etcd, leaseOf: async (key) => value(await etcd.get(key)).lease };
}

const keysSoon = async (etcd: Etcd, prefix: string, count: number): Promise<string[]> => {
  for (;;) {
    const { entries } = await etcd.range({ prefix }, { sortBy: "createRevision" });
    if (entries.length === count) return entries.map((entry) => entry.key);
  }
};

describe("when a lease ends", () => {
  it("a holder is told, and the next one holds", async () => {
    const { memory, etcd, leaseOf } = open();
    for (const acquire of [
      () => semaphore(etcd, "slots", { permits: 1 }).acquire(),
      () => rwLock(etcd, "slots").write.acquire(),
    ]) {
      const held = await acquire();
      const next = acquire();
      await keysSoon(etcd, "slots/", 2);
      memory.expireLease(await leaseOf(held.key));
      const successor = await next;
      await until("the holder is told", () => held.signal.aborted);
      expect(held.signal.reason).toMatchObject({ reason: "LockLost" });
      expect(held.isHeld()).toBe(false);
      expect(successor.token).toBeGreaterThan(held.token);
      expect(successor.isHeld()).toBe(true);
      await held.release().catch(() => undefined);
      expect(await etcd.has(successor.key)).toBe(true);
      await successor.release();
    }
  });

  it("a waiter is told, and those behind it move up", async () => {
    const { memory, etcd, leaseOf } = open();
    const slots = semaphore(etcd, "slots", { permits: 1 });
    const held = await slots.acquire();
    const second = slots.acquire();
    const outcome = expect(second).rejects.toMatchObject({ reason: "LockLost", outcome: "not-applied" });
    await keysSoon(etcd, "slots/", 2);
    const third = slots.acquire();
    const [, waiting] = await keysSoon(etcd, "slots/", 3);
    memory.expireLease(await leaseOf(value(waiting)));
    await outcome;
    await held.release();
    await (await third).release();
  });

  it("a holder in a given session loses its lock with that session, and others keep theirs", async () => {
    const { memory, etcd } = open();
    const own = await session(etcd, { ttl: 60 });
    const held = await rwLock(etcd, "doc", { session: own }).read.acquire();
    const other = await rwLock(etcd, "doc").read.acquire();
    memory.expireLease(own.leaseId);
    await until("it is told", () => held.signal.aborted);
    expect(other.isHeld()).toBe(true);
    await other.release();
  });

  it("a task that waits at a double barrier is told", async () => {
    const { memory, etcd } = open();
    const own = await session(etcd, { ttl: 60 });
    const entering = doubleBarrier(etcd, "race", { count: 2, session: own }).enter();
    const outcome = expect(entering).rejects.toMatchObject({ reason: "LockLost", outcome: "not-applied" });
    await keysSoon(etcd, "race/", 1);
    memory.expireLease(own.leaseId);
    await outcome;
  });

  it("a registration comes back, however often, with its last value", async () => {
    const { memory, etcd, leaseOf } = open();
    const own = await registry(etcd, "api").register("a", "0");
    for (let i = 1; i <= 3; i++) {
      const lease = await leaseOf("api/a");
      await own.update(String(i));
      memory.expireLease(lease);
      await until("it is listed again", () => own.registered);
      for (;;) {
        const entry = await etcd.get("api/a");
        if (entry !== null && entry.lease !== lease) {
          expect(entry.text()).toBe(String(i));
          break;
        }
      }
    }
    await own.close();
    expect(await etcd.keys({ prefix: "api/" })).toEqual([]);
  });
});

describe("a lease that was made, and of which it cannot be found out how long it lives", () => {
  it.each<[string, (etcd: Etcd) => Promise<unknown>]>([
    ["a session", (etcd) => session(etcd)],
    ["a lock", (etcd) => lock(etcd, "a")],
    ["a candidate", (etcd) => election(etcd, "a").campaign("me")],
    ["a leader by name", (etcd) => namedLeader(etcd, "a").set("me", { ttl: 60 })],
    ["a registration", (etcd) => registry(etcd, "a").register("a", "1")],
    ["a double barrier", (etcd) => doubleBarrier(etcd, "a", { count: 1 }).enter()],
  ])("is not taken for %s", async (_, run) => {
    const { memory, etcd: truth } = open();
    const asked = new Set<unknown>();
    const etcd = createEtcd({
      async fetch(url, init) {
        const answer = await memory.fetch(url, init);
        if (url.endsWith("/lease/timetolive"))
          return Response.json({ error: "etcdserver: permission denied", code: 7 }, { status: 403 });
        const isLost = url.endsWith("/lease/grant") && !asked.has(init.body);
        asked.add(init.body);
        return isLost ? new Response("", { status: 503 }) : answer;
      },
    });
    onTestFinished(() => etcd.close());
    // It may live on, which nothing that says `not-applied` leaves; and nothing of what it was for has happened.
    await expect(run(etcd)).rejects.toMatchObject({ reason: "PermissionDenied", outcome: "unknown" });
    expect(await truth.count({ all: true })).toBe(0n);
    expect((await truth.lease.list()).length).toBe(1);
  });
});
