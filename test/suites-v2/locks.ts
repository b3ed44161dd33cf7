import { describe, expect, it, vi } from "vitest";
import { HoldLost, InvalidArgument } from "../../src/v2/index.ts";
import { givesUp, limit } from "../suites/tools.ts";
import { freshDir, sixConnections, type SuiteV2 } from "./connect.ts";

const freshName = (): string => freshDir().slice(1);

export const lockSuite: SuiteV2 = (connect) => {
  describe("a lock", () => {
    it("is not acquired by making it, is held by one, and is free after its release", async () => {
      const [one, two] = [connect(), connect()];
      const name = freshName();
      const [mine, theirs] = [one.lock(name, { ttl: 60 }), two.lock(name, { ttl: 60 })];
      expect(await mine.isLocked()).toBe(false);
      expect([mine.isHeld(), mine.hold]).toEqual([false, null]);
      const hold = await mine.acquire();
      expect([mine.isHeld(), await mine.isLocked(), theirs.isHeld(), await theirs.isLocked()]).toEqual([
        true,
        true,
        false,
        true,
      ]);
      expect(hold.isHeld()).toBe(true);
      expect(hold.heldUntil).toBeGreaterThan(Date.now() + 40_000);
      expect(await mine.acquire()).toBe(hold);
      expect(await theirs.tryAcquire()).toBeNull();
      await mine.release();
      expect([mine.isHeld(), hold.isHeld(), hold.signal.aborted, await theirs.isLocked()]).toEqual([
        false,
        false,
        true,
        false,
      ]);
      await mine.release();
      const next = await theirs.tryAcquire();
      expect(next?.token).toBeGreaterThan(hold.token);
      await theirs.release();
    });

    it("passes from one to the next in the order in which they asked", async () => {
      const etcd = connect();
      const name = freshName();
      const first = etcd.lock(name);
      await first.acquire();
      const order: number[] = [];
      const queue = [];
      for (const i of [1, 2, 3]) {
        const lock = etcd.lock(name);
        queue.push(
          lock.acquire({ timeoutMs: 30_000 }).then(async ({ token }) => {
            order.push(i);
            await lock.release();
            return token;
          }),
        );
        await vi.waitFor(async () => expect(await etcd.list(`/_locks/${name}`)).toHaveLength(i + 1), {
          timeout: 10_000,
        });
      }
      await first.release();
      const tokens = await Promise.all(queue);
      expect(order).toEqual([1, 2, 3]);
      expect(tokens.toSorted((a, b) => Number(a - b))).toEqual(tokens);
      expect(await etcd.list(`/_locks/${name}`)).toEqual([]);
    });

    it("guards a counter that many change at once", async () => {
      const etcd = connect();
      const name = freshName();
      const key = `${freshDir()}/counter`;
      await etcd.set(key, "0");
      const work = async (): Promise<void> => {
        await using lock = etcd.lock(name);
        await lock.acquire();
        const { node } = await etcd.get(key, { quorum: true });
        await etcd.set(key, String(Number(node.value) + 1));
      };
      // Those who wait hold a connection each, and the one who has the lock needs one, too.
      const inPage = connect.target.crossOrigin === true;
      if (inPage) limit(sixConnections);
      const many = inPage ? 5 : 10;
      await Promise.all(Array.from({ length: many }, work));
      expect((await etcd.get(key, { quorum: true })).node.value).toBe(String(many));
    });

    it("is given up when nobody renews it, and its holder hears of that before another gets it", async () => {
      const etcd = connect();
      const name = freshName();
      const lost = etcd.lock(name, { ttl: 2 });
      const hold = await lost.acquire();
      const waiting = etcd.lock(name).acquire({ timeoutMs: 30_000 });
      const told = new Promise((resolve) => hold.signal.addEventListener("abort", () => resolve("told")));
      expect(await Promise.race([told, waiting.then(() => "taken")])).toBe("told");
      expect(hold.signal.reason).toBeInstanceOf(HoldLost);
      expect([lost.isHeld(), lost.hold]).toEqual([false, null]);
      await expect(lost.renew()).rejects.toThrow(HoldLost);
      expect((await waiting).token).toBeGreaterThan(hold.token);
    });

    it("is held for longer when renewed, by hand or on its own", async () => {
      const etcd = connect();
      const name = freshName();
      const byHand = etcd.lock(name, { ttl: 2 });
      const hold = await byHand.acquire();
      const before = hold.heldUntil;
      await byHand.renew(100);
      expect(hold.heldUntil).toBeGreaterThan(before + 50_000);
      const { node } = await etcd.get(hold.key);
      expect(node.ttl).toBeGreaterThan(90);
      await byHand.release();

      const kept = etcd.lock(name, { ttl: 2, keepAlive: true });
      const long = await kept.acquire();
      const end = long.heldUntil;
      await vi.waitFor(() => expect(long.heldUntil).toBeGreaterThan(end + 2000), { timeout: 20_000, interval: 50 });
      expect(await etcd.lock(name).tryAcquire()).toBeNull();
      await etcd.delete(long.key);
      await vi.waitFor(() => expect(long.signal.aborted).toBe(true), { timeout: 20_000, interval: 20 });
    });

    it("leaves no key behind when it is not to be had in time, or no longer wanted", async () => {
      const etcd = connect();
      const name = freshName();
      const holder = etcd.lock(name);
      await holder.acquire();
      const late = etcd.lock(name).acquire({ timeoutMs: 200 });
      const alone = async (): Promise<boolean> => (await etcd.list(`/_locks/${name}`)).length === 1;
      await givesUp(late, { name: "Timeout" }, alone);
      const stop = new AbortController();
      const unwanted = etcd.lock(name).acquire({ signal: stop.signal });
      await vi.waitFor(async () => expect(await etcd.list(`/_locks/${name}`)).toHaveLength(2), { timeout: 10_000 });
      stop.abort(new Error("enough"));
      await expect(unwanted).rejects.toBe(stop.signal.reason);
      expect(await etcd.list(`/_locks/${name}`)).toHaveLength(1);
      await holder.release();
    });

    it("waits on, at the end of the queue, when its key was deleted", async () => {
      const etcd = connect();
      const name = freshName();
      const holder = etcd.lock(name);
      await holder.acquire();
      const waiting = etcd.lock(name, { ttl: 1 }).acquire({ timeoutMs: 30_000 });
      const [, waiter] = await vi.waitFor(async () => {
        const waiters = await etcd.list(`/_locks/${name}`);
        expect(waiters).toHaveLength(2);
        return waiters;
      });
      await etcd.delete(waiter?.key ?? "");
      await vi.waitFor(async () => expect(await etcd.list(`/_locks/${name}`)).toHaveLength(2), { timeout: 10_000 });
      await holder.release();
      expect((await waiting).token).toBeGreaterThan(waiter?.createdIndex ?? 0n);
    });

    it("has a name of its own, whatever is in it", async () => {
      const etcd = connect();
      const name = freshName();
      const outer = etcd.lock(name);
      const inner = etcd.lock(`${name}/inner`);
      await inner.acquire();
      expect(await outer.isLocked()).toBe(false);
      await outer.acquire();
      await Promise.all([inner.release(), outer.release()]);
      expect(() => etcd.lock(name, { ttl: 0 })).toThrow(InvalidArgument);
      expect(() => etcd.lock("")).toThrow(InvalidArgument);
      expect(() => etcd.election("")).toThrow(InvalidArgument);
      const misspelt: Record<string, unknown> = { tll: 5 };
      expect(() => etcd.lock(name, misspelt)).toThrow("unknown option");
    });
  });

  describe("an election", () => {
    it("has the leader that was set, until that is deleted", async () => {
      const etcd = connect();
      const election = etcd.election(freshName());
      expect(await election.get()).toBeNull();
      const index = await election.set("a");
      expect(index).toBeGreaterThan(0n);
      expect(await election.get()).toBe("a");
      expect(await election.set("a", { ttl: 60 })).toBe(index);
      const next = election.set("b", { ttl: 60 });
      await vi.waitFor(async () => expect(await etcd.list(`/_elections/${election.name}`)).toHaveLength(2), {
        timeout: 10_000,
      });
      expect(await election.get()).toBe("a");
      expect(await election.delete("a")).toBe(true);
      expect(await next).toBeGreaterThan(index);
      expect(await election.get()).toBe("b");
      expect(await election.delete("nobody")).toBe(false);
      expect(await election.delete()).toBe(true);
      expect([await election.get(), await election.delete()]).toEqual([null, false]);
    });

    it("drops a leader that is not set again in time", async () => {
      const etcd = connect();
      const election = etcd.election(freshName());
      await election.set("a", { ttl: 1 });
      const next = await election.set("b", { ttl: 60 });
      expect(next).toBeGreaterThan(0n);
      expect(await election.get()).toBe("b");
      const [leader] = await etcd.list(`/_elections/${election.name}`);
      expect(leader?.ttl).toBeGreaterThan(50);
    });

    it("keeps a leader that campaigned for longer than its ttl, until it resigns", async () => {
      const [one, two] = [connect(), connect()];
      const name = freshName();
      const leading = await one.election(name).campaign("a", { ttl: 2 });
      expect(leading).toMatchObject({ value: "a" });
      const end = leading.heldUntil;
      const other = two.election(name).campaign("b", { ttl: 60 });
      await vi.waitFor(() => expect(leading.heldUntil).toBeGreaterThan(end + 2000), { timeout: 20_000, interval: 50 });
      expect([leading.isHeld(), await two.election(name).get()]).toEqual([true, "a"]);
      await leading.resign();
      expect([leading.isHeld(), leading.signal.aborted]).toEqual([false, true]);
      await using successor = await other;
      expect(successor.token).toBeGreaterThan(leading.token);
      expect(await one.election(name).get()).toBe("b");
    });

    it("drops a candidate that gives up before its turn", async () => {
      const etcd = connect();
      const election = etcd.election(freshName());
      await election.set("a");
      const stop = new AbortController();
      const campaign = election.campaign("b", { signal: stop.signal });
      await vi.waitFor(async () => expect(await etcd.list(`/_elections/${election.name}`)).toHaveLength(2), {
        timeout: 10_000,
      });
      stop.abort(new Error("enough"));
      await expect(campaign).rejects.toBe(stop.signal.reason);
      expect(await etcd.list(`/_elections/${election.name}`)).toHaveLength(1);
      await expect(election.set("")).rejects.toThrow(InvalidArgument);
    });
  });
};
