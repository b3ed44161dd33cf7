import { expect, it, vi } from "vitest";
import { Entry, op } from "../../src/index.ts";
import { open, served } from "./cache-tools.ts";
import { type Connect, freshPrefix } from "./connect.ts";
import { bytes, times, until, value } from "./tools.ts";

export function cacheContentSuite(connect: Connect, mode: "watch" | "poll"): void {
  it("is loaded when it is there, and read without waiting", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    await etcd.put(`${prefix}a`, "1");
    const { revision } = await etcd.put(`${prefix}b`, "2");
    const cached = await open(etcd, { prefix }, { mode });
    expect(cached.get(`${prefix}a`)?.text()).toBe("1");
    expect(cached.get(bytes(`${prefix}b`))).toEqual(await etcd.get(`${prefix}b`));
    expect([cached.get(`${prefix}c`), cached.has(`${prefix}c`), cached.has(`${prefix}a`)]).toEqual([null, false, true]);
    expect([cached.size, cached.status, cached.error]).toEqual([2, "live", undefined]);
    expect(cached.revision).toBeGreaterThanOrEqual(revision);
    expect(() => cached.get(1 as unknown as string)).toThrow("key: expected a string or Uint8Array, got 1");
  });

  it("is empty for a range without keys, and fills", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const cached = await open(etcd, { prefix }, { mode });
    expect([cached.size, [...cached.entries()]]).toEqual([0, []]);
    const { revision } = await etcd.put(`${prefix}a`, "1");
    await cached.waitFor(revision);
    expect(cached.get(`${prefix}a`)?.text()).toBe("1");
  });

  it("shows puts, deletes, and keys that come again, in etcd's order", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    for (const name of ["b", "ä", "a", "￿", "😀", "a/b", "Z"]) await etcd.put(prefix + name, name);
    const cached = await open(etcd, { prefix }, { mode });
    const same = async (revision: bigint): Promise<void> => {
      await cached.waitFor(revision);
      const entries = await served(etcd, { prefix });
      expect([...cached.entries()]).toEqual(entries.map((entry) => [entry.key, entry]));
      expect(cached.size).toBe(entries.length);
    };
    await same(1n);
    await same((await etcd.delete(`${prefix}b`)).revision);
    await etcd.put(`${prefix}c`, "1");
    await etcd.delete(`${prefix}c`);
    await same((await etcd.put(`${prefix}c`, "2")).revision);
    await same((await etcd.txn({ then: [op.put(`${prefix}d`, "1"), op.delete(`${prefix}a`)] })).revision);
    await same((await etcd.delete({ prefix })).revision);
  });

  it("holds one key, a part of the keyspace, or a namespace", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const inside = etcd.namespace(prefix);
    for (const name of ["a", "b", "c", "d"]) await inside.put(name, name);
    const key = await open(inside, "b", { mode });
    const part = await open(inside, { from: "b", to: "d" }, { mode });
    const whole = await open(inside, { all: true }, { mode });
    expect([...key.entries()].map(([name]) => name)).toEqual(["b"]);
    expect([...part.entries()].map(([name]) => name)).toEqual(["b", "c"]);
    expect([...whole.entries()].map(([name]) => name)).toEqual(["a", "b", "c", "d"]);
    const { revision } = await inside.delete({ from: "b", to: "d" });
    await Promise.all([key, part, whole].map((each) => each.waitFor(revision)));
    expect([key.size, part.size, whole.size]).toEqual([0, 0, 2]);
  });

  it("holds more keys than one page has, all of one revision", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    await times(2100, (i) => etcd.put(`${prefix}${i}`, `${i}`));
    const cached = await open(etcd, { prefix }, { mode });
    expect([...cached.entries()].map(([, entry]) => entry)).toEqual(await served(etcd, { prefix }));
    const part = await open(etcd, { from: `${prefix}1`, to: `${prefix}3` }, { mode });
    expect(BigInt(part.size)).toBe(await etcd.count({ from: `${prefix}1`, to: `${prefix}3` }));
  });

  it("shows all changes of one transaction at once", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    await etcd.txn({ then: [op.put(`${prefix}a`, "0"), op.put(`${prefix}b`, "0")] });
    const cached = await open(etcd, { prefix }, { mode });
    const seen = new Set<string>();
    cached.subscribe(() => seen.add([...cached.getSnapshot().values()].map((entry) => entry.text()).join()));
    let revision = 0n;
    for (let i = 1; i <= 20; i++) {
      ({ revision } = await etcd.txn({ then: [op.put(`${prefix}a`, `${i}`), op.put(`${prefix}b`, `${i}`)] }));
      if (i % 5 === 0) await cached.refresh();
    }
    await cached.waitFor(revision);
    for (const pair of seen) expect(pair.split(",")[0]).toBe(pair.split(",")[1]);
    expect(seen).toContain("20,20");
  });

  it("gives the same snapshot until something changes, and tells subscribers when", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    await etcd.put(`${prefix}a`, "1");
    // As React's useSyncExternalStore takes them: two functions on their own.
    const { subscribe, getSnapshot, ...cached } = await open(etcd, { prefix }, { mode });
    let told = 0;
    const first = getSnapshot();
    const stop = subscribe(() => told++);
    subscribe(() => told++)();
    expect(() => subscribe("listener" as never)).toThrow("listener: expected a function, got string");
    await cached.refresh();
    await cached.waitFor((await etcd.put(`${freshPrefix()}other`, "1")).revision);
    expect([getSnapshot() === first, told]).toEqual([true, 0]);
    await cached.waitFor((await etcd.put(`${prefix}b`, "1")).revision);
    const second = getSnapshot();
    expect([second === first, second === getSnapshot(), told]).toEqual([false, true, 1]);
    expect([[...first.keys()], [...second.keys()]]).toEqual([[`${prefix}a`], [`${prefix}a`, `${prefix}b`]]);
    stop();
    await cached.waitFor((await etcd.put(`${prefix}b`, "2")).revision);
    expect([getSnapshot() === second, told]).toEqual([false, 1]);
  });

  it("has in it, after a refresh, what was written before", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const cached = await open(etcd, { prefix }, { mode });
    await Promise.all(
      ["a", "b", "c", "d"].map(async (name) => {
        for (let i = 0; i < 10; i++) {
          await etcd.put(prefix + name, `${i}`);
          await cached.refresh();
          expect(cached.get(prefix + name)?.text()).toBe(`${i}`);
        }
      }),
    );
  });

  it("waits for a revision that comes later, as long as told", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const cached = await open(etcd, { prefix }, { mode });
    await cached.waitFor(cached.revision);
    const { revision } = await etcd.put(`${prefix}a`, "1");
    const waiting = cached.waitFor(revision + 1n);
    const { revision: later } = await etcd.put(`${prefix}a`, "2");
    await waiting;
    expect(cached.revision).toBeGreaterThan(revision);
    await cached.waitFor(later);
    expect(cached.get(`${prefix}a`)?.text()).toBe("2");
    const late = cached.waitFor(2n ** 62n, { timeoutMs: 30 });
    await expect(late).rejects.toMatchObject({ reason: "Timeout", outcome: "not-applied" });
    await expect(cached.waitFor(2n ** 62n, { signal: AbortSignal.abort("mine") })).rejects.toBe("mine");
    await expect(cached.waitFor(0n)).rejects.toMatchObject({ reason: "InvalidArgument" });
  });

  it("does not care that what it has is compacted", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    await etcd.put(`${prefix}a`, "1");
    await etcd.put(`${prefix}b`, "1");
    const cached = await open(etcd, { prefix }, { mode });
    await etcd.put(`${prefix}a`, "2");
    await etcd.delete(`${prefix}b`);
    const { revision } = await etcd.put(`${prefix}c`, "1");
    await etcd.compact(revision);
    await cached.waitFor(revision);
    expect([...cached.entries()].map(([, entry]) => entry)).toEqual(await served(etcd, { prefix }));
  });

  it("keeps keys that are not text, by their bytes", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const key = bytes(prefix, 0xff, 0x00, 0x80);
    await etcd.put(key, "1");
    const cached = await open(etcd, { prefix }, { mode });
    expect([cached.get(key)?.text(), cached.has(key), cached.size]).toEqual(["1", true, 1]);
    expect([cached.getSnapshot().size, [...cached.entries()]]).toEqual([0, []]);
    const { revision } = await etcd.delete(key);
    await cached.waitFor(revision);
    expect([cached.has(key), cached.getSnapshot().size]).toEqual([false, 0]);
  });

  it("gives each look at its bytes a copy, so that what one reader does to them shows to no other", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    await etcd.put(key, "1");
    const cached = await open(etcd, key, { mode });
    const [first] = cached.getSnapshot().values();
    for (const each of [first, cached.get(key), cached.entry(key)]) {
      each?.value.fill(0);
      each?.keyBytes.fill(0);
    }
    for (const each of [first, cached.get(key), cached.entry(key), ...cached.getSnapshot().values()]) {
      expect(each).toBe(first);
      expect([each?.key, each?.text(), each?.value, each?.keyBytes]).toEqual([key, "1", bytes("1"), bytes(key)]);
    }
    expect(first).toBeInstanceOf(Entry);
    const read = value(await etcd.get(key));
    expect(Object.keys(value(first)).toSorted()).toEqual(Object.keys(read).toSorted());
    expect(JSON.stringify(first)).toBe(JSON.stringify(read));
    await cached.refresh();
    expect(cached.get(key)).toBe(first);
  });

  it("tells the other subscribers when one of them throws", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const cached = await open(etcd, { prefix }, { mode });
    let told = 0;
    const thrown = new Error("a subscriber's own");
    const reported = vi.spyOn(console, "error").mockImplementation(() => undefined);
    try {
      const stop = cached.subscribe(() => {
        stop();
        throw thrown;
      });
      cached.subscribe(() => told++);
      await cached.waitFor((await etcd.put(`${prefix}a`, "1")).revision);
      await until("the error is reported", () => reported.mock.calls.some((said) => said.includes(thrown)));
    } finally {
      reported.mockRestore();
    }
    expect(told).toBe(1);
  });
}
