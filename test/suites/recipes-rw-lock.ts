import { describe, expect, it } from "vitest";
import { type Etcd, type Held, op, rwLock, session } from "../../src/index.ts";
import { type Connect, freshPrefix } from "./connect.ts";
import { givesUp, times, until } from "./tools.ts";

export function rwLockSuite(connect: Connect): void {
  const open = (): Etcd => connect({ namespace: freshPrefix() });
  const queueKeys = async (etcd: Etcd): Promise<string[]> => etcd.keys({ prefix: "doc/" });
  const waiters = async (etcd: Etcd, count: number): Promise<void> => {
    let found = -1;
    while (found !== count) found = (await queueKeys(etcd)).length;
  };

  it("lets many read, or one write", async () => {
    const etcd = open();
    const doc = rwLock(etcd, "doc");
    const readers = await Promise.all([doc.read.acquire(), doc.read.acquire(), rwLock(etcd, "doc").read.acquire()]);
    expect(new Set(readers.map(({ token }) => token)).size).toBe(3);
    expect(await doc.write.tryAcquire()).toBeNull();
    let wrote = false;
    const writing = doc.write.acquire().then((held) => {
      wrote = true;
      return held;
    });
    await waiters(etcd, 4);
    for (const reader of readers) {
      expect(wrote).toBe(false);
      await reader.release();
    }
    const writer = await writing;
    expect(await doc.read.tryAcquire()).toBeNull();
    expect(await doc.write.tryAcquire()).toBeNull();
    await writer.release();
    await (await doc.read.acquire()).release();
    expect(await queueKeys(etcd)).toEqual([]);
  });

  it("serves in the order of asking: a reader waits for the writer before it", async () => {
    const etcd = open();
    const doc = rwLock(etcd, "doc");
    const order: string[] = [];
    const first = await doc.read.acquire();
    const pass = (name: string) => async (held: Held) => {
      order.push(name);
      await held.release();
    };
    const writing = doc.write.acquire().then(pass("writer"));
    await waiters(etcd, 2);
    const reading = doc.read.acquire().then(pass("reader"));
    await waiters(etcd, 3);
    expect(order).toEqual([]);
    await first.release();
    await Promise.all([writing, reading]);
    expect(order).toEqual(["writer", "reader"]);
  });

  it("keeps the keys that other implementations keep", async () => {
    const etcd = open();
    const reader = await rwLock(etcd, "doc").read.acquire();
    expect(reader.key).toMatch(/^doc\/read\/\d{19}$/);
    await reader.release();
    await etcd.put("doc/write/1700000000000000000", "");
    const mine = rwLock(etcd, "doc").read.acquire();
    await waiters(etcd, 2);
    await etcd.delete("doc/write/1700000000000000000");
    await (await mine).release();
  });

  it("holds: with a token, a guard and a signal that tell of a loss", async () => {
    const etcd = open();
    const held = await rwLock(etcd, "doc").write.acquire();
    expect([held.isHeld(), held.signal.aborted]).toEqual([true, false]);
    expect(held.heldUntil).toBeGreaterThan(Date.now());
    await held.renew();
    expect((await held.txn({ then: [op.put("data", "1")] })).succeeded).toBe(true);
    await etcd.delete(held.key);
    await expect(held.txn({ then: [op.put("data", "2")] })).rejects.toMatchObject({ reason: "LockLost" });
    expect(held.isHeld()).toBe(false);
    expect(() => held.assertHeld()).toThrow("lost");
    expect((await etcd.get("data"))?.text()).toBe("1");
    await held.release();
    await (await rwLock(etcd, "doc").write.acquire()).release();
  });

  it("tells at once when somebody deletes the key of a holder, or of a waiter", async () => {
    const etcd = open();
    const held = await rwLock(etcd, "doc").write.acquire();
    const waiting = rwLock(etcd, "doc").write.acquire();
    const outcome = expect(waiting).rejects.toMatchObject({ reason: "LockLost" });
    await waiters(etcd, 2);
    await etcd.delete({ prefix: "doc/" });
    await until("the holder is told", () => held.signal.aborted);
    expect(held.signal.reason).toMatchObject({ reason: "LockLost" });
    await outcome;
    await held.release();
  });

  describe("gives up", () => {
    it("when its time is up, or the signal says so, and leaves no key", async () => {
      const etcd = open();
      const held = await rwLock(etcd, "doc").write.acquire();
      const late = rwLock(etcd, "doc").read.acquire({ timeoutMs: 80 });
      await givesUp(late, { reason: "LockTimeout" }, async () => (await queueKeys(etcd)).length === 1);
      expect(await queueKeys(etcd)).toEqual([held.key]);
      const controller = new AbortController();
      const mine = new RangeError("mine");
      const waiting = rwLock(etcd, "doc").write.acquire({ signal: controller.signal });
      const outcome = expect(waiting).rejects.toBe(mine);
      await waiters(etcd, 2);
      controller.abort(mine);
      await outcome;
      expect(await queueKeys(etcd)).toEqual([held.key]);
      await expect(rwLock(etcd, "doc").read.acquire({ signal: AbortSignal.abort(mine) })).rejects.toBe(mine);
      await held.release();
    });

    it("when the session that it was given ends, whose other keys stay otherwise", async () => {
      const etcd = open();
      const own = await session(etcd, { ttl: 60 });
      await etcd.put("other", "", { lease: own.leaseId });
      const held = await rwLock(etcd, "doc", { session: own }).write.acquire();
      const other = await session(etcd, { ttl: 60 });
      const waiting = rwLock(etcd, "doc", { session: other }).write.acquire();
      const outcome = expect(waiting).rejects.toMatchObject({ reason: expect.stringMatching(/Closed|LockLost/) });
      await waiters(etcd, 2);
      await other.close();
      await outcome;
      await held.release();
      expect(await etcd.has("other")).toBe(true);
      expect(await queueKeys(etcd)).toEqual([]);
      await own.close();
      await expect(rwLock(etcd, "doc", { session: own }).read.acquire()).rejects.toMatchObject({ reason: "Closed" });
    });
  });

  it("never has a writer beside anybody", async () => {
    const etcd = open();
    let [readers, writers, together] = [0, 0, 0];
    await times(
      24,
      async (i) => {
        const writes = i % 3 === 0;
        const doc = rwLock(etcd, "doc");
        const held = await (writes ? doc.write : doc.read).acquire();
        if (writes) writers++;
        else readers++;
        expect(writers).toBeLessThanOrEqual(1);
        if (writers > 0) expect(readers).toBe(0);
        together = Math.max(together, readers);
        await etcd.get("doc");
        if (writes) writers--;
        else readers--;
        await held.release();
      },
      8,
    );
    expect(together).toBeGreaterThan(1);
    expect(await queueKeys(etcd)).toEqual([]);
  });

  it("refuses what it does not know", async () => {
    const etcd = open();
    expect(() => rwLock(etcd, "")).toThrow("name");
    expect(() => rwLock(etcd, "doc", { lease: 1n } as never)).toThrow(
      expect.objectContaining({ reason: "InvalidArgument" }),
    );
    const own = await session(etcd, { ttl: 60 });
    expect(() => rwLock(etcd, "doc", { session: own, ttl: 5 })).toThrow("ttl");
    await expect(rwLock(etcd, "doc").read.acquire({ timeout: 5 } as never)).rejects.toThrow(
      expect.objectContaining({ reason: "InvalidArgument" }),
    );
  });
}
