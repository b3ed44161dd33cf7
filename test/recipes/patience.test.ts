import { expect, it, onTestFinished } from "vitest";
import { createEtcd, election, type Etcd, type EtcdOptions, semaphore, session } from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";

/** Two clients of an etcd in memory: of what the first sends, what is held up hangs until it is given up. */
function clientsOf(heldUp: (path: string) => boolean): { etcd: Etcd; outside: Etcd; hanging(): number } {
  const memory = createMemoryEtcd();
  let hanging = 0;
  const fetch: NonNullable<EtcdOptions["fetch"]> = async (url, init) => {
    if (!heldUp(new URL(url).pathname)) return memory.fetch(url, init);
    hanging++;
    return new Promise((_, reject) => {
      init?.signal?.addEventListener("abort", () => {
        hanging--;
        reject(init.signal?.reason);
      });
    });
  };
  const etcd = createEtcd({ fetch });
  const outside = createEtcd({ fetch: memory.fetch });
  onTestFinished(async () => {
    await Promise.all([etcd.close(), outside.close()]);
    memory.close();
  });
  return { etcd, outside, hanging: () => hanging };
}

it("a leadership that is taken up again can be given up while its lease is asked for", async () => {
  const controller = new AbortController();
  const { etcd, outside } = clientsOf((path) => {
    if (path !== "/v3/lease/keepalive") return false;
    controller.abort(new Error("enough"));
    return true;
  });
  const own = await session(outside, { ttl: 60 });
  const leader = await election(outside, "leader", { session: own }).campaign("ann");
  own.orphan();
  await expect(election(etcd, "leader").resume(leader, { signal: controller.signal })).rejects.toThrow("enough");
  await expect(election(etcd, "leader").resume(leader, { timeoutMs: 50 })).rejects.toMatchObject({
    reason: "Timeout",
    outcome: "not-applied",
  });
  expect(await outside.has(leader.key)).toBe(true);
});

it("a candidacy whose key was there before keeps to its time while it proclaims its own value", async () => {
  let txns = 0;
  const { etcd } = clientsOf((path) => path === "/v3/kv/txn" && ++txns > 2);
  const own = await session(etcd, { ttl: 60 });
  await etcd.put(`leader/${own.leaseId.toString(16)}`, "of another run", { lease: own.leaseId });
  const campaign = election(etcd, "leader", { session: own }).campaign("ann", { timeoutMs: 100 });
  await expect(campaign).rejects.toMatchObject({ reason: "Timeout" });
  expect(txns).toBeGreaterThan(2);
});

it("tryAcquire does not wait for its own keys to be removed", async () => {
  let counted = false;
  let taken = (): void => undefined;
  const others = new Promise<void>((resolve) => (taken = resolve));
  const { etcd, outside, hanging } = clientsOf((path) => path === "/v3/lease/revoke");
  const slow: Etcd = {
    ...etcd,
    async count(...asked) {
      const count = await etcd.count(...asked);
      counted = true;
      // Somebody takes the last permit just now.
      await others;
      return count;
    },
  };
  const trying = semaphore(slow, "pool", { permits: 1 }).tryAcquire({ timeoutMs: 60_000 });
  await expect.poll(() => counted).toBe(true);
  const held = await semaphore(outside, "pool", { permits: 1 }).acquire();
  taken();
  expect(await trying).toBeNull();
  // What removes them is still under way.
  expect(hanging()).toBe(1);
  await held.release();
});
