import { describe, expect, it } from "vitest";
import {
  cache,
  counter,
  doubleBarrier,
  election,
  type Etcd,
  lock,
  priorityQueue,
  queue,
  registry,
  rwLock,
  semaphore,
  session,
} from "../../src/index.ts";
import { type Connect, freshPrefix } from "./connect.ts";

const utf8 = new TextEncoder();

/** Lays keys beside those of a recipe that are not text, with values that are not text, empty and 1 MiB large. */
async function layOddKeys(etcd: Etcd, prefix: string, value: Uint8Array | string = ""): Promise<Uint8Array[]> {
  const odd = [
    [0xff, 0xfe],
    [0x00, 0x80],
    [0x30, 0xff],
  ].map((tail) => Uint8Array.of(...utf8.encode(prefix), ...tail));
  const values = [value, value === "" ? Uint8Array.of(0xff, 0, 0x80) : value, value === "" ? large : value];
  for (const [i, key] of odd.entries()) await etcd.put(key, values[i] ?? "");
  return odd;
}

const large = new Uint8Array(1024 * 1024).fill(0xff);

/** One odd record spoils nothing else, below any prefix that a recipe reads. */
export function oddRecordSuite(connect: Connect): void {
  describe("beside keys and values that are not text", () => {
    it("a registry lists and discovers the rest", async () => {
      const etcd = connect();
      const name = freshPrefix();
      const all = registry(etcd, name);
      await using _ = await all.register("one", "1");
      const odd = await layOddKeys(etcd, `${name}/`);
      const list = await all.list();
      expect(list.map(({ id }) => id)).toContain("one");
      expect(list.length).toBe(1 + odd.length);
      const discovered = await all.discover();
      expect([...discovered.getSnapshot().keys()]).toEqual(["one"]);
      await discovered.close();
    });

    it("a cache serves the rest, by its text and by bytes, and none of its listeners throws", async () => {
      const etcd = connect();
      const prefix = freshPrefix();
      await etcd.put(`${prefix}good`, "1");
      const cached = await cache(etcd, { prefix });
      let told = 0;
      cached.subscribe(() => void (told += cached.getSnapshot().size));
      const odd = await layOddKeys(etcd, prefix);
      const { revision } = await etcd.put(`${prefix}good`, "2");
      await cached.waitFor(revision);
      expect(told).toBeGreaterThan(0);
      expect([...cached.entries()].map(([key, entry]) => [key, entry.text()])).toEqual([[`${prefix}good`, "2"]]);
      expect(odd.map((key) => cached.get(key)?.value.length)).toEqual([0, 3, large.length]);
      expect(cached.invalid.size).toBe(odd.length);
      await cached.close();
    });

    it("keys() names the one that is not text, and range has it", async () => {
      const etcd = connect();
      const prefix = freshPrefix();
      await etcd.put(Uint8Array.of(...utf8.encode(prefix), 0xff), "1");
      await expect(etcd.keys({ prefix })).rejects.toMatchObject({
        reason: "InvalidValue",
        outcome: "not-applied",
        message: expect.stringContaining(`"${prefix}\\xff" is not UTF-8`),
      });
      expect((await etcd.range({ prefix }, { keysOnly: true })).entries.length).toBe(1);
    });

    it("keys() of a session names the one that is not text", async () => {
      const etcd = connect();
      await using own = await session(etcd, { ttl: 20 });
      await etcd.put(Uint8Array.of(...utf8.encode(freshPrefix()), 0xff), "1", { lease: own.leaseId });
      await expect(own.keys()).rejects.toMatchObject({ reason: "InvalidValue" });
    });

    it("a double barrier opens and closes", async () => {
      const etcd = connect();
      const name = freshPrefix();
      await layOddKeys(etcd, `${name}/`);
      const [a, b] = [doubleBarrier(etcd, name, { count: 2 }), doubleBarrier(etcd, name, { count: 2 })];
      await Promise.all([a.enter({ timeoutMs: 20_000 }), b.enter({ timeoutMs: 20_000 })]);
      await Promise.all([a.leave({ timeoutMs: 20_000 }), b.leave({ timeoutMs: 20_000 })]);
    });

    it("a semaphore counts them, as every key below its name", async () => {
      const etcd = connect();
      const name = freshPrefix();
      const odd = await layOddKeys(etcd, `${name}/`, "4");
      const slots = semaphore(etcd, name, { permits: 4 });
      const first = await slots.acquire({ timeoutMs: 20_000 });
      const second = slots.acquire({ timeoutMs: 20_000 });
      await Promise.all([second, etcd.delete(odd[0] ?? "")]);
      await first.release();
      await (await second).release();
    });

    it("a priority queue takes and gives items", async () => {
      const etcd = connect();
      const name = freshPrefix();
      const items = priorityQueue(etcd, name);
      await items.enqueue("1", 5);
      const foreign = [...(await layOddKeys(etcd, `${name}/00005/`)), `${name}/00005/zz`, `${name}/00005/9x`];
      for (const key of foreign) await etcd.put(key, "");
      await etcd.put(`${name}/00005/${"9".repeat(10_000)}`, "");
      await items.enqueue("2", 5);
      expect((await etcd.get(`${name}/00005/0000000000000001`))?.text()).toBe("2");
      // A foreign key that sorts before an item is given out before it.
      await etcd.delete({ from: `${name}/00005/`, to: `${name}/00005/0000000000000000` });
      expect((await items.dequeue({ timeoutMs: 20_000 })).text()).toBe("1");
      expect((await items.dequeue({ timeoutMs: 20_000 })).text()).toBe("2");
    });

    it("locks, elections, queues and counters go on", async () => {
      const etcd = connect();
      const name = freshPrefix();
      await layOddKeys(etcd, `${name}/`);
      const limit = { timeoutMs: 20_000 };
      await (await lock(etcd, name, limit)).release();
      await (await election(etcd, name).campaign("a", limit)).resign();
      expect(await counter(etcd, `${name}n`).add(1n)).toBe(1n);
      const odd = await layOddKeys(etcd, `${name}rw/read/`);
      await (await rwLock(etcd, `${name}rw`).read.acquire(limit)).release();
      // A writer waits for whatever is there.
      const writing = rwLock(etcd, `${name}rw`).write.acquire(limit);
      for (const key of odd) await etcd.delete(key);
      await (await writing).release();
      const items = queue(etcd, `${name}q`);
      await items.enqueue("1");
      await layOddKeys(etcd, `${name}q/`);
      expect((await items.peek())?.value.length).toBeGreaterThanOrEqual(0);
    });
  });
}
