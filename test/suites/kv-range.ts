import { expect, it } from "vitest";
import type { Etcd, RangeOptions, Selector } from "../../src/index.ts";
import { type Connect, freshPrefix } from "./connect.ts";
import { below, bytes, names } from "./tools.ts";

/** Four keys whose orders by key, version, creation, change and value all differ. */
const orders = {
  key: ["a", "b", "c", "d"],
  version: ["b", "c", "a", "d"],
  createRevision: ["c", "a", "d", "b"],
  modRevision: ["b", "d", "a", "c"],
  value: ["a", "d", "b", "c"],
} as const;

async function seed(etcd: Etcd, prefix: string): Promise<Record<"first" | "created" | "last", bigint>> {
  const values = { a: "1", b: "3", c: "4", d: "2" };
  const write = async (name: keyof typeof values) => (await etcd.put(prefix + name, values[name])).revision;
  const first = await write("c");
  await write("a");
  await write("d");
  const created = await write("b");
  for (const name of ["d", "d", "d", "a", "a"] as const) await write(name);
  return { first, created, last: await write("c") };
}

export function rangeSuite(connect: Connect): void {
  it("answers all entries in the order of their keys, with their number and the store's revision", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const { last } = await seed(etcd, prefix);
    const { entries, count, more, revision } = await etcd.range({ prefix });
    expect(names(prefix, entries)).toEqual(orders.key);
    expect(entries.map((entry) => entry.text())).toEqual(["1", "3", "4", "2"]);
    expect(entries.map(({ version }) => version)).toEqual([3n, 1n, 2n, 4n]);
    expect(count).toBe(4n);
    expect(more).toBe(false);
    expect(revision).toBeGreaterThanOrEqual(last);
  });

  it("answers nothing for a range without keys", async () => {
    const { revision, ...rest } = await connect().range({ prefix: freshPrefix() });
    expect(rest).toEqual({ entries: [], count: 0n, more: false });
    expect(revision).toBeGreaterThan(0n);
  });

  const sorted = Object.keys(orders) as (keyof typeof orders)[];
  it.each(sorted)("sorts by %s, both ways", async (sortBy) => {
    const etcd = connect();
    const prefix = freshPrefix();
    await seed(etcd, prefix);
    const sort = async (options: RangeOptions) => names(prefix, (await etcd.range({ prefix }, options)).entries);
    expect(await sort({ sortBy })).toEqual(orders[sortBy]);
    expect(await sort({ sortBy, sortOrder: "ascend" })).toEqual(orders[sortBy]);
    expect(await sort({ sortBy, sortOrder: "descend" })).toEqual(orders[sortBy].toReversed());
    expect(await sort({ sortBy, sortOrder: "descend", limit: 1 })).toEqual(orders[sortBy].slice(-1));
  });

  it("sorts by key where only the order is given", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    await seed(etcd, prefix);
    const { entries } = await etcd.range({ prefix }, { sortOrder: "descend" });
    expect(names(prefix, entries)).toEqual(orders.key.toReversed());
  });

  it("keeps to a limit, counts beyond it, and tells whether there is more", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    await seed(etcd, prefix);
    const limited = async (limit: number) => {
      const { entries, count, more } = await etcd.range({ prefix }, { limit });
      return [names(prefix, entries).join(""), count, more];
    };
    expect(await limited(1)).toEqual(["a", 4n, true]);
    expect(await limited(3)).toEqual(["abc", 4n, true]);
    expect(await limited(4)).toEqual(["abcd", 4n, false]);
    expect(await limited(5)).toEqual(["abcd", 4n, false]);
  });

  it("leaves the values out on request, and nothing else", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    await seed(etcd, prefix);
    const whole = await etcd.range({ prefix });
    const bare = await etcd.range({ prefix }, { keysOnly: true });
    expect(bare.entries.map(({ value }) => value.length)).toEqual([0, 0, 0, 0]);
    const facts = ({ entries }: typeof whole) =>
      entries.map(({ key, version, createRevision, modRevision, lease }) => [
        key,
        version,
        createRevision,
        modRevision,
        lease,
      ]);
    expect(facts(bare)).toEqual(facts(whole));
  });

  it("reads as of an older revision", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const { first, created } = await seed(etcd, prefix);
    expect(names(prefix, (await etcd.range({ prefix }, { revision: first })).entries)).toEqual(["c"]);
    expect(names(prefix, (await etcd.range({ prefix }, { revision: created - 1n })).entries)).toEqual(["a", "c", "d"]);
    const { entries, count } = await etcd.range({ prefix }, { revision: first - 1n });
    expect([entries, count]).toEqual([[], 0n]);
  });

  it("keeps to bounds on revisions, both inclusive, while the count stays that of the range", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const { first, created, last } = await seed(etcd, prefix);
    const within = async (bounds: RangeOptions) => {
      const { entries, count, more } = await etcd.range({ prefix }, bounds);
      expect([count, more]).toEqual([4n, false]);
      return names(prefix, entries).join("");
    };
    expect(await within({ minModRevision: last })).toBe("c");
    expect(await within({ minModRevision: last + 1n })).toBe("");
    expect(await within({ maxModRevision: created })).toBe("b");
    expect(await within({ maxModRevision: created - 1n })).toBe("");
    expect(await within({ minModRevision: created + 1n, maxModRevision: last - 1n })).toBe("ad");
    expect(await within({ minCreateRevision: created })).toBe("b");
    expect(await within({ minCreateRevision: first + 1n })).toBe("abd");
    expect(await within({ maxCreateRevision: first })).toBe("c");
    expect(await within({ minCreateRevision: first, maxCreateRevision: created - 1n })).toBe("acd");
    expect(await within({ minModRevision: 0n, minCreateRevision: 0n })).toBe("abcd");
    expect(await within({ minModRevision: created + 1n, maxCreateRevision: first })).toBe("c");
  });

  it("takes every form of selector", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    await seed(etcd, prefix);
    await etcd.put(prefix.slice(0, -1), "the name of the prefix alone");
    await etcd.put(`${prefix}bb`, "5");
    const select = async (selector: Selector) =>
      names(prefix, below(prefix, (await etcd.range(selector)).entries)).join(" ");
    expect(await select(`${prefix}b`)).toBe("b");
    expect(await select(bytes(prefix, "b"))).toBe("b");
    expect(await select({ prefix: `${prefix}b` })).toBe("b bb");
    expect(await select({ prefix: bytes(prefix) })).toBe("a b bb c d");
    expect(await select({ from: `${prefix}b`, to: `${prefix}d` })).toBe("b bb c");
    expect(await select({ from: `${prefix}a0`, to: bytes(prefix, "bb") })).toBe("b");
    expect(await select({ from: `${prefix}bb` })).toBe("bb c d");
    expect(await select({ all: true })).toBe("a b bb c d");
    expect((await etcd.range({ all: true })).count).toBeGreaterThanOrEqual(6n);
    expect((await etcd.range({ prefix })).count).toBe(5n);
  });

  it("takes a prefix that ends in the last byte there is, and one that holds no other", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const inner = bytes(prefix, 0xff);
    await etcd.put(bytes(prefix, 0xff, 0xff, "x"), "1");
    await etcd.put(bytes(prefix, 0xfe), "2");
    await etcd.put(`${prefix.slice(0, -1)}0`, "after all of these");
    expect((await etcd.range({ prefix: inner })).count).toBe(1n);
    expect((await etcd.range({ prefix: bytes(prefix, 0xff, 0xff) })).count).toBe(1n);
    expect((await etcd.range({ prefix: bytes(prefix, 0xff, 0xfe) })).count).toBe(0n);
    const last = bytes(0xff, 0xff, prefix);
    await etcd.put(last, "3");
    const { entries } = await etcd.range({ prefix: bytes(0xff, 0xff) });
    expect(entries.map(({ keyBytes }) => keyBytes)).toContainEqual(last);
    for (const { keyBytes } of entries) expect(keyBytes.subarray(0, 2)).toEqual(bytes(0xff, 0xff));
    await etcd.delete(last);
  });
}
