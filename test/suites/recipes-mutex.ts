import { describe, expect, it } from "vitest";
import { compare, type Etcd, type Held, lock, mutex, op, session, withLock } from "../../src/index.ts";
import { freshPrefix, type Suite } from "./connect.ts";
import { givesUp, recorder, until, value } from "./tools.ts";

/** Until so many wait in the queue. */
async function inQueue(etcd: Etcd, name: string, n: number): Promise<void> {
  while ((await etcd.count({ prefix: `${name}/` })) !== BigInt(n)) await new Promise((done) => setTimeout(done, 5));
}

export const mutexSuite: Suite = (connect) => {
  const client = (): Etcd => connect({ namespace: freshPrefix() });

  describe("a lock", () => {
    it("sends nothing until it is asked for, and belongs to one at a time", async () => {
      const { interceptor, rpcs } = recorder();
      const etcd = connect({ namespace: freshPrefix(), interceptors: [interceptor] });
      const door = mutex(etcd, "door");
      expect(rpcs()).toEqual([]);
      expect(await door.isLocked()).toBe(false);
      expect(await door.holder()).toBeNull();
      const held = await door.acquire();
      expect(held.isHeld()).toBe(true);
      expect(held.heldUntil).toBeGreaterThan(Date.now());
      expect(await door.isLocked()).toBe(true);
      expect(await door.holder()).toMatchObject({ key: held.key, token: held.token });
      expect(await mutex(etcd, "door").tryAcquire()).toBeNull();
      const { leaseId } = value(await door.holder());
      await held.release();
      await held.release();
      expect(held.isHeld()).toBe(false);
      expect(held.signal.reason).toMatchObject({ reason: "Released" });
      expect(() => held.assertHeld()).toThrow("the lock door is released");
      expect(await door.isLocked()).toBe(false);
      expect(await etcd.lease.list()).not.toContain(leaseId);
    });

    it("has the key name/lease in hex that Go programs look for, under a lease of its own", async () => {
      const etcd = client();
      await using held = await lock(etcd, "a/b", { ttl: 61 });
      const [entry] = (await etcd.range({ prefix: "a/" })).entries;
      expect(entry?.key).toBe(held.key);
      expect(held.key).toBe(`a/b/${value(entry).lease.toString(16)}`);
      expect(value(entry).createRevision).toBe(held.token);
      expect((await etcd.lease.timeToLive(value(entry).lease)).grantedTtl).toBe(61);
    });

    it("is handed on in the order of asking, with tokens that grow", async () => {
      const etcd = client();
      const first = await lock(etcd, "door");
      const order: number[] = [];
      const tokens = [first.token];
      const waits: Promise<void>[] = [];
      for (let i = 0; i < 5; i++) {
        waits.push(
          lock(etcd, "door").then(async (held) => {
            order.push(i);
            tokens.push(held.token);
            await held.release();
          }),
        );
        await inQueue(etcd, "door", i + 2);
      }
      expect(order).toEqual([]);
      await first.release();
      await Promise.all(waits);
      expect(order).toEqual([0, 1, 2, 3, 4]);
      expect(tokens).toEqual([...tokens].sort((a, b) => (a < b ? -1 : 1)));
      expect(await etcd.count({ prefix: "door/" })).toBe(0n);
    });

    it("is not captured by locks whose names begin the same", async () => {
      const etcd = client();
      await using _inner = await lock(etcd, "a/b");
      await using _hex = await lock(etcd, "a/abc");
      await using outer = value(await mutex(etcd, "a").tryAcquire());
      expect(await mutex(etcd, "a").holder()).toMatchObject({ token: outer.token });
      const waiting = lock(etcd, "a", { timeoutMs: 20_000 });
      await inQueue(etcd, "a", 4);
      await using _more = await lock(etcd, "a/b/c");
      await outer.release();
      await (await waiting).release();
    });

    it("is found behind a crowd of locks whose names begin the same", async () => {
      const etcd = client();
      const mine = await lock(etcd, "a");
      for (let i = 0; i < 20; i++) await etcd.put(`a/x/${i}`, "");
      const waiting = lock(etcd, "a");
      await inQueue(etcd, "a", 22);
      expect(await mutex(etcd, "a").tryAcquire()).toBeNull();
      await mine.release();
      const held = await waiting;
      expect(await mutex(etcd, "a").holder()).toMatchObject({ token: held.token });
      await held.release();
    });

    it("works in a namespace of its client", async () => {
      const etcd = client();
      await using one = await lock(etcd.namespace("x/"), "door");
      await using two = value(await mutex(etcd.namespace("y/"), "door").tryAcquire());
      expect(await mutex(etcd, "x/door").holder()).toMatchObject({ token: one.token, key: `x/${one.key}` });
      expect(two.token).toBeGreaterThan(one.token);
    });
  });

  describe("a wait for a lock", () => {
    it("ends when its time is over, and leaves no key and no lease", async () => {
      const etcd = client();
      await using _held = await lock(etcd, "door");
      const before = await etcd.lease.list();
      // Leases of earlier tests may end meanwhile.
      const alone = async (): Promise<boolean> =>
        (await etcd.count({ prefix: "door/" })) === 1n && (await etcd.lease.list()).every((id) => before.includes(id));
      await givesUp(lock(etcd, "door", { timeoutMs: 150 }), { reason: "LockTimeout" }, alone);
    });

    it("E18: ends with the reason of its signal, and leaves no key", async () => {
      const etcd = client();
      await using held = await session(etcd);
      await using _first = await lock(etcd, "door");
      const controller = new AbortController();
      const waits = [
        lock(etcd, "door", { signal: controller.signal }),
        lock(etcd, "door", { session: held, signal: controller.signal }),
      ];
      await inQueue(etcd, "door", 3);
      controller.abort(new Error("enough"));
      await Promise.all(waits.map((wait) => expect(wait).rejects.toThrow("enough")));
      expect(await etcd.count({ prefix: "door/" })).toBe(1n);
      await expect(lock(etcd, "door", { signal: controller.signal })).rejects.toBe(controller.signal.reason);
    });

    it("leaves no key whenever it is aborted", async () => {
      const etcd = client();
      await using shared = await session(etcd);
      await using _first = await lock(etcd, "door");
      for (let i = 0; i < 30; i++) {
        const controller = new AbortController();
        const options = { signal: controller.signal, ...(i % 2 === 0 ? { session: shared } : {}) };
        const wait = lock(etcd, "door", options);
        setTimeout(() => controller.abort(new Error("enough")), i / 2);
        await expect(wait).rejects.toThrow("enough");
      }
      await inQueue(etcd, "door", 1);
    });

    it("E17: ends when its session does", async () => {
      const etcd = client();
      const own = await session(etcd);
      await using _held = await lock(etcd, "door");
      const ended = expect(lock(etcd, "door", { session: own })).rejects.toMatchObject({ reason: "Closed" });
      await inQueue(etcd, "door", 2);
      await own.close();
      await ended;
      await expect(lock(etcd, "door", { session: own })).rejects.toMatchObject({ reason: "Closed" });
    });

    it("ends when somebody deletes its key", async () => {
      const etcd = client();
      await using held = await lock(etcd, "door");
      const wait = lock(etcd, "door");
      const refused = expect(wait).rejects.toMatchObject({ reason: "LockLost" });
      await inQueue(etcd, "door", 2);
      const waiter = (await etcd.keys({ prefix: "door/" })).find((key) => key !== held.key);
      await etcd.delete(value(waiter));
      await refused;
      expect(held.isHeld()).toBe(true);
    });

    it("goes on when the one before gives up, not when another one does", async () => {
      const etcd = client();
      const first = await lock(etcd, "door");
      const controller = new AbortController();
      const gaveUp = expect(lock(etcd, "door", { signal: controller.signal })).rejects.toThrow("enough");
      await inQueue(etcd, "door", 2);
      const third = lock(etcd, "door");
      await inQueue(etcd, "door", 3);
      controller.abort(new Error("enough"));
      await gaveUp;
      let got = false;
      void third.then(() => (got = true));
      await inQueue(etcd, "door", 2);
      expect(got).toBe(false);
      await first.release();
      await (await third).release();
    });
  });

  describe("a held lock", () => {
    it("E15: is lost at once when somebody deletes its key; nothing that follows pretends", async () => {
      const etcd = client();
      const own = await session(etcd);
      const held = await lock(etcd, "door", { session: own });
      await etcd.delete(held.key);
      await until("the signal aborts", () => held.signal.aborted);
      expect(held.signal.reason).toMatchObject({ reason: "LockLost", outcome: "not-applied" });
      expect(held.isHeld()).toBe(false);
      expect(() => held.assertHeld()).toThrow("its key was deleted");
      await expect(held.txn({ then: [op.put("a", "1")] })).rejects.toBe(held.signal.reason);
      await expect(held.renew()).rejects.toBe(held.signal.reason);
      expect(own.signal.aborted).toBe(false);
      expect(await etcd.has("a")).toBe(false);
      await held.release();
      await own.close();
    });

    it("E14: is lost at once when its lease is revoked from outside", async () => {
      const etcd = client();
      const held = await lock(etcd, "door", { ttl: 60 });
      const holder = value(await mutex(etcd, "door").holder());
      await etcd.lease.revoke(holder.leaseId);
      await until("the signal aborts", () => held.signal.aborted);
      expect(held.signal.reason).toMatchObject({ reason: "LockLost" });
      await held.release();
    });

    it("E21: writes through its guard only; a stale holder's guarded write does not land, a plain one does", async () => {
      const etcd = client();
      const stale = await lock(etcd, "door");
      const done = await stale.txn({ then: [op.put("value", "1"), op.get("value")] });
      expect(done.succeeded && done.results[1].entry?.text()).toBe("1");
      // As if it had stood still: it has not heard yet.
      const { guard, token } = stale;
      await etcd.delete(stale.key);
      const held = await lock(etcd, "door");
      expect(held.token).toBeGreaterThan(token);
      const late = await etcd.txn({ if: [guard], then: [op.put("value", "stale")] });
      expect(late.succeeded).toBe(false);
      await expect(stale.txn({ then: [op.put("value", "stale")] })).rejects.toMatchObject({ reason: "LockLost" });
      expect((await etcd.get("value"))?.text()).toBe("1");
      await etcd.put("value", "plain");
      await stale.release();
      expect(held.isHeld()).toBe(true);
      await held.release();
    });

    it("finds out by its guarded transaction, and tells the caller's own condition from the guard", async () => {
      const etcd = client();
      const held = await lock(etcd, "door");
      const missed = await held.txn({ if: [compare.exists("nothing")], else: [op.put("else", "1")] });
      expect(missed.succeeded).toBe(false);
      expect(await etcd.has("else")).toBe(true);
      expect(held.isHeld()).toBe(true);
      await held.release();
    });

    it("E16: can be taken again in the same session; what was late for the old one does not touch the new", async () => {
      const etcd = client();
      await using own = await session(etcd);
      const old = await lock(etcd, "door", { session: own });
      await old.release();
      const held = await lock(etcd, "door", { session: own });
      expect(held.key).toBe(old.key);
      await etcd.txn({ if: [old.guard], then: [op.delete(old.key)] });
      await old.release();
      expect((await etcd.get(held.key))?.createRevision).toBe(held.token);
      expect(held.isHeld()).toBe(true);
      await held.release();
      expect(own.signal.aborted).toBe(false);
    });

    it("excludes other tasks that share its session", async () => {
      const etcd = client();
      await using own = await session(etcd);
      let inside = 0;
      let most = 0;
      const task = async (): Promise<void> => {
        await using _held = await lock(etcd, "door", { session: own });
        most = Math.max(most, ++inside);
        await etcd.get("x");
        inside--;
      };
      await Promise.all(Array.from({ length: 5 }, task));
      expect(most).toBe(1);
      const held = await lock(etcd, "door", { session: own });
      expect(await mutex(etcd, "door", { session: own }).tryAcquire()).toBeNull();
      await held.release();
    });

    it("is renewed when asked, and ends with its client", async () => {
      const etcd = client();
      const watcher = connect();
      const held = await lock(etcd, "door");
      await held.renew();
      const { leaseId } = value(await mutex(etcd, "door").holder());
      await etcd.close();
      expect(held.signal.reason).toMatchObject({ reason: "LockLost" });
      expect(await watcher.lease.list()).not.toContain(leaseId);
    });
  });

  describe("withLock", () => {
    it("holds it for as long as the work takes, whatever becomes of that", async () => {
      const etcd = client();
      const answer = await withLock(etcd, "door", async (held) => {
        expect(await mutex(etcd, "door").holder()).toMatchObject({ token: held.token });
        return 42;
      });
      expect(answer).toBe(42);
      expect(await mutex(etcd, "door").isLocked()).toBe(false);
      const failure = new Error("no luck");
      await expect(withLock(etcd, "door", () => Promise.reject(failure))).rejects.toBe(failure);
      expect(await mutex(etcd, "door").isLocked()).toBe(false);
    });

    it("does not hide that the lock was lost", async () => {
      const etcd = client();
      const work = withLock(etcd, "door", async (held: Held) => {
        await etcd.delete(held.key);
        await until("told", () => held.signal.aborted);
        return "done";
      });
      await expect(work).rejects.toMatchObject({ reason: "LockLost" });
    });
  });

  it("what makes no sense is refused before it is sent", async () => {
    const { interceptor, rpcs } = recorder();
    const etcd = connect({ interceptors: [interceptor] });
    expect(() => mutex(etcd, "")).toThrow("name: expected a string that is not empty");
    expect(() => mutex(etcd, 5 as never)).toThrow("name:");
    const misspelt: Record<string, unknown> = { TTL: 5 };
    expect(() => mutex(etcd, "a", misspelt)).toThrow('did you mean "ttl"?');
    await expect(lock(etcd, "a", misspelt)).rejects.toThrow(expect.objectContaining({ reason: "InvalidArgument" }));
    await expect(lock(etcd, "a", { timeoutMs: 0 })).rejects.toMatchObject({ reason: "InvalidArgument" });
    await expect(lock(etcd, "a", { ttl: 0.5 })).rejects.toMatchObject({ reason: "InvalidArgument" });
    expect(rpcs()).toEqual([]);
  });
};
