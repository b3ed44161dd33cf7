import { expect, it } from "vitest";
import { type Connect, freshPrefix } from "./connect.ts";
import { all, bytes, names } from "./tools.ts";

/** `delete`, `pop`, `compact`. */
export function deleteSuite(connect: Connect): void {
  it("deletes a key and tells how many that were", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    await etcd.put(`${prefix}a`, "1");
    const written = await etcd.put(`${prefix}ab`, "1");
    const { deleted, revision, prev } = await etcd.delete(`${prefix}a`);
    expect([deleted, prev]).toEqual([1n, []]);
    expect(revision).toBeGreaterThan(written.revision);
    expect(await etcd.keys({ prefix })).toEqual([`${prefix}ab`]);
  });

  it("deletes nothing without a revision of its own", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    const first = await etcd.delete(key, { prev: true });
    expect(first).toMatchObject({ deleted: 0n, prev: [] });
    expect((await etcd.delete(key)).revision).toBe(first.revision);
  });

  it("answers what it deleted, if asked to", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    for (const name of ["b", "a", "c"]) await etcd.put(prefix + name, `value ${name}`);
    const before = (await etcd.range({ prefix })).entries;
    const { deleted, prev } = await etcd.delete({ prefix }, { prev: true });
    expect(deleted).toBe(3n);
    expect(prev).toEqual(before);
    expect(await etcd.count({ prefix })).toBe(0n);
  });

  it("takes every form of selector", async () => {
    const etcd = connect({ namespace: freshPrefix() });
    const left = async (selector: Parameters<typeof etcd.delete>[0]) => {
      for (const name of ["a", "b", "bb", "c", "d"]) await etcd.put(name, "");
      const { deleted } = await etcd.delete(selector);
      return [deleted, (await etcd.keys({ all: true })).join(" ")];
    };
    expect(await left("b")).toEqual([1n, "a bb c d"]);
    expect(await left(bytes("b"))).toEqual([1n, "a bb c d"]);
    expect(await left({ prefix: "b" })).toEqual([2n, "a c d"]);
    expect(await left({ from: "b", to: "d" })).toEqual([3n, "a d"]);
    expect(await left({ from: "bb" })).toEqual([3n, "a b"]);
    expect(await left({ all: true })).toEqual([5n, ""]);
  });

  it("deletes only what the guard saw", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    const first = await etcd.put(key, "1");
    const second = await etcd.put(key, "2");
    const stale = etcd.delete(key, { guard: { modRevision: first.revision } });
    await expect(stale).rejects.toMatchObject({ reason: "GuardFailed", outcome: "not-applied" });
    const done = await etcd.delete(key, { guard: { modRevision: second.revision }, prev: true });
    expect(done.deleted).toBe(1n);
    expect(done.prev.map((entry) => entry.text())).toEqual(["2"]);
    expect(await etcd.has(key)).toBe(false);
    const again = etcd.delete(key, { guard: { modRevision: second.revision } });
    await expect(again).rejects.toMatchObject({ reason: "GuardFailed", outcome: "not-applied" });
  });

  it("pops a key: what it held goes to one caller", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    expect(await etcd.pop(key)).toBeNull();
    await etcd.put(key, "1");
    const before = await etcd.get(key);
    const popped = await Promise.all(Array.from({ length: 5 }, () => etcd.pop(key)));
    expect(popped.filter((entry) => entry !== null)).toEqual([before]);
    expect(await etcd.has(key)).toBe(false);
  });

  it("closes the history before a compaction for every kind of read", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const { revision: old } = await etcd.put(`${prefix}a`, "1");
    const { revision: kept } = await etcd.put(`${prefix}a`, "2");
    const { revision: newest } = await etcd.put(`${prefix}b`, "1");
    await etcd.compact(kept);
    const refusal = { reason: "Compacted", outcome: "not-applied", retryable: false };
    await expect(etcd.get(`${prefix}a`, { revision: old })).rejects.toMatchObject(refusal);
    await expect(etcd.range({ prefix }, { revision: old })).rejects.toMatchObject(refusal);
    await expect(etcd.count({ prefix }, { revision: old })).rejects.toMatchObject(refusal);
    await expect(etcd.keys({ prefix }, { revision: old })).rejects.toMatchObject(refusal);
    await expect(etcd.scan({ prefix }, { revision: old }).next()).rejects.toMatchObject(refusal);
    await expect(etcd.ls(prefix, { revision: old }).next()).rejects.toMatchObject(refusal);
    expect((await etcd.get(`${prefix}a`, { revision: kept }))?.text()).toBe("2");
    expect(names(prefix, (await etcd.range({ prefix })).entries)).toEqual(["a", "b"]);
    await expect(etcd.compact(kept)).rejects.toMatchObject(refusal);
    await etcd.compact(newest, { physical: true });
    await expect(etcd.compact(newest + 1000n)).rejects.toMatchObject({ reason: "FutureRev", outcome: "not-applied" });
  });

  it("ends a scan whose revision is compacted meanwhile with an error, not early", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    for (const name of ["a", "b", "c"]) await etcd.put(prefix + name, "");
    const scan = etcd.scan({ prefix }, { pageSize: 1 });
    await scan.next();
    const { revision } = await etcd.put(`${prefix}d`, "");
    await etcd.compact(revision);
    await expect(all(scan)).rejects.toMatchObject({ reason: "Compacted" });
  });
}
