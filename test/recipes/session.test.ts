import { describe, expect, it, vi } from "vitest";
import { lock, op, session } from "../../src/index.ts";
import { createVirtualEtcd, runs, settled } from "./virtual-etcd.ts";

// Two clocks are moved on in small steps: on a busy machine that takes a while.
vi.setConfig({ testTimeout: 60_000 });

const keepAlive = "/v3/lease/keepalive";

describe("a session", () => {
  it("E2: tells of its end before the server deletes its keys, whenever and however renewals stop", async () => {
    for (let i = 0; i < runs; i++) {
      const virtual = createVirtualEtcd();
      // In its own time, not every millisecond: thousands of refused renewals prove no more than dozens do.
      const etcd = virtual.client({ retry: { baseMs: 25, capMs: 25 } });
      const outside = virtual.client();
      const ttl = 2 + Math.floor(Math.random() * 11);
      const held = await session(etcd, { ttl });
      await etcd.put("here", "1", { lease: held.leaseId });
      await virtual.pass(Math.random() * 1.2 * ttl * 1000, 100);
      expect(held.signal.aborted).toBe(false);
      const always = { times: Infinity, match: keepAlive };
      const { faults } = virtual.memory;
      const ways = [
        () => faults.drop(always),
        () => faults.reset(always),
        () => faults.dropResponse(always),
        () => faults.stall(0, always),
        () => faults.noLeader(always),
        // Later than any renewal waits for its answer.
        () => faults.delay(2_000 + Math.random() * 2 * ttl * 1000, always),
      ];
      ways[i % ways.length]?.();
      // An answer that is lost has renewed the lease all the same: there is more time than the client knows of.
      for (let passed = 0; !held.signal.aborted; passed += 100) {
        expect(passed, `run ${i}, ttl ${ttl}`).toBeLessThan(ttl * 1000 + 100);
        await virtual.pass(100, 100);
      }
      expect(await outside.has("here"), `run ${i}, ttl ${ttl}`).toBe(true);
      expect(held.signal.reason).toMatchObject({ reason: "SessionExpired" });
      expect(await held.lost).toBe(held.signal.reason);
      // An answer that comes too late brings nothing back.
      faults.clear();
      await expect(held.renew()).rejects.toBe(held.signal.reason);
      await virtual.pass(1.2 * ttl * 1000, 1000);
      expect(await outside.has("here")).toBe(false);
      await virtual.close();
    }
  }, 600_000);

  it("E8, E12: that stood still is over before its next call returns", async () => {
    const virtual = createVirtualEtcd();
    const etcd = virtual.client();
    const held = await session(etcd, { ttl: 10 });
    let aborted = false;
    held.signal.addEventListener("abort", () => (aborted = true));
    virtual.freeze(20_000, { wall: true, monotonic: true });
    expect(aborted).toBe(false);
    expect(held.remaining()).toBe(0);
    expect(aborted).toBe(true);
    await expect(held.renew()).rejects.toMatchObject({ reason: "SessionExpired" });
  });

  it("E8: that stood still while a write under its lock was under way is over before that returns", async () => {
    const virtual = createVirtualEtcd();
    let answered: (() => void) | undefined;
    let slow = false;
    const etcd = virtual.client({
      async fetch(url, init) {
        const response = await virtual.memory.fetch(url, init);
        if (slow && url.endsWith("/v3/kv/txn")) await new Promise<void>((resolve) => (answered = resolve));
        return response;
      },
    });
    const held = await virtual.during(lock(etcd, "door", { ttl: 10 }));
    let told = false;
    held.signal.addEventListener("abort", () => (told = true));
    slow = true;
    const writing = held.txn({ then: [op.put("a", "1")] });
    while (answered === undefined) await settled();
    // Etcd took the write in time, and still has the key, so that no watch tells. When the program goes on, the answer is
    // there before any timer that is due.
    virtual.freeze(9_500, { wall: true, monotonic: true });
    answered();
    await expect(writing).resolves.toMatchObject({ succeeded: true });
    expect(told).toBe(true);
  });

  it.each([
    ["E10: on a machine that slept, whose monotonic clock stood still", { wall: true }],
    ["E9: when the wall clock says nothing and the monotonic one does", { monotonic: true }],
  ])("is over %s", async (_, clocks) => {
    const virtual = createVirtualEtcd();
    const held = await lock(virtual.client(), "door", { ttl: 10 });
    virtual.freeze(3_600_000, clocks);
    expect(held.isHeld()).toBe(false);
    expect(held.signal.reason).toMatchObject({ reason: "LockLost" });
    expect(() => held.assertHeld()).toThrow();
    await expect(held.txn({ then: [op.put("a", "1")] })).rejects.toBe(held.signal.reason);
  });

  it("E9: is not longer for a wall clock that is set back, nor over for it", async () => {
    const virtual = createVirtualEtcd();
    const etcd = virtual.client();
    const held = await session(etcd, { ttl: 10 });
    vi.setSystemTime(Date.now() - 3_600_000);
    expect(held.remaining()).toBeGreaterThan(8000);
    await virtual.pass(12_000, 100);
    expect(held.signal.aborted).toBe(false);
    virtual.memory.faults.drop({ times: Infinity, match: keepAlive });
    await virtual.pass(9_100, 100);
    expect(held.signal.aborted).toBe(true);
  });

  it("E4: counts with the TTL that it was given, not the one it asked for", async () => {
    const virtual = createVirtualEtcd();
    const held = await session(virtual.client(), { ttl: 1 });
    expect(held.ttl).toBe(2);
    expect(held.remaining()).toBe(1500);
  });

  it("counts from when a renewal was sent, not from when it was answered", async () => {
    const virtual = createVirtualEtcd();
    const etcd = virtual.client();
    const held = await session(etcd, { ttl: 30 });
    virtual.memory.faults.delay(1500, { match: keepAlive });
    const before = held.heldUntil;
    const renewal = held.renew();
    await virtual.pass(1600);
    await renewal;
    expect(held.heldUntil - before).toBeLessThan(100);
  });

  it("outlives failures of renewals, when one of them gets through in time", async () => {
    const virtual = createVirtualEtcd();
    const etcd = virtual.client({ retry: false });
    const held = await session(etcd, { ttl: 6 });
    virtual.memory.faults.reset({ times: 3, match: keepAlive });
    await virtual.pass(60_000);
    expect(held.signal.aborted).toBe(false);
  });

  it("answers the first failure at once", async () => {
    const virtual = createVirtualEtcd();
    const etcd = virtual.client({ retry: false });
    const held = await session(etcd, { ttl: 60 });
    const fault = virtual.memory.faults.reset({ times: Infinity, match: keepAlive });
    while (fault.hits === 0) await virtual.pass(10, 10);
    await virtual.pass(10, 10);
    expect(fault.hits).toBe(2);
    expect(held.signal.aborted).toBe(false);
  });

  it("E1: is lost as soon as a renewal is told that the lease is gone", async () => {
    const virtual = createVirtualEtcd();
    const etcd = virtual.client();
    const held = await session(etcd, { ttl: 30 });
    virtual.memory.expireLease(held.leaseId);
    await virtual.pass(11_500);
    expect(held.signal.reason).toMatchObject({ reason: "LeaseNotFound" });
    await virtual.pass(60_000);
    expect(await etcd.lease.list()).toEqual([]);
  });

  it("E26: of hundreds each is renewed, all in one request a third of the TTL, whatever their namespaces", async () => {
    const virtual = createVirtualEtcd();
    const etcd = virtual.client();
    const fault = virtual.memory.faults.delay(0, { times: Infinity, match: keepAlive });
    const views = [etcd, etcd.namespace("a/"), etcd.namespace("b/")];
    const all = await virtual.during(
      Promise.all(Array.from({ length: 200 }, (_, i) => session(views[i % 3] ?? etcd, { ttl: 30 }))),
    );
    const [gone, ...others] = all;
    virtual.memory.expireLease(gone?.leaseId ?? 0n);
    await virtual.pass(50_000, 200);
    expect(gone?.signal.aborted).toBe(true);
    expect(others.filter(({ signal }) => signal.aborted)).toEqual([]);
    // Ten seconds give or take one: about five in fifty, and not one for each of the leases.
    expect(fault.hits).toBeGreaterThanOrEqual(4);
    expect(fault.hits).toBeLessThanOrEqual(8);
  });

  it("leaves no timer behind", async () => {
    const virtual = createVirtualEtcd();
    const etcd = virtual.client();
    const one = await session(etcd);
    const two = await session(etcd);
    await one.close();
    two.orphan();
    await virtual.pass(2000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("E5: that could not be started leaves nothing, and one whose grant was answered late has not lost time", async () => {
    const virtual = createVirtualEtcd();
    const etcd = virtual.client();
    virtual.memory.faults.dropResponse({ match: "/v3/lease/grant" });
    const held = await virtual.during(session(etcd, { ttl: 30 }));
    expect(await etcd.lease.list()).toEqual([held.leaseId]);
    virtual.memory.faults.delay(4000, { match: "/v3/lease/grant" });
    const late = session(etcd, { ttl: 6 });
    await virtual.pass(4100);
    expect((await late).remaining()).toBeGreaterThan(5000);
  });
});
