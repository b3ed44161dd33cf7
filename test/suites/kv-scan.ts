import { expect, it } from "vitest";
import { type Connect, freshPrefix } from "./connect.ts";
import { all, bytes, names, recorder, take, times } from "./tools.ts";

export function scanSuite(connect: Connect): void {
  it("reads a range page by page, in the order of its keys", async () => {
    const { interceptor, calls } = recorder();
    const etcd = connect({ interceptors: [interceptor] });
    const prefix = freshPrefix();
    const expected = Array.from({ length: 25 }, (_, i) => String(i).padStart(2, "0"));
    await times(25, (i) => etcd.put(prefix + expected[i], `value ${i}`));
    calls.length = 0;
    const entries = await all(etcd.scan({ prefix }, { pageSize: 10 }));
    expect(names(prefix, entries)).toEqual(expected);
    expect(entries.map((entry) => entry.text())).toEqual(expected.map((_, i) => `value ${i}`));
    expect(calls.map(({ message }) => message["limit"])).toEqual([10n, 10n, 10n]);
  });

  it.each([1, 3, 4, 1000])("finds all of three keys by pages of %i", async (pageSize) => {
    const etcd = connect();
    const prefix = freshPrefix();
    for (const name of ["a", "b", "c"]) await etcd.put(prefix + name, name);
    expect(names(prefix, await all(etcd.scan({ prefix }, { pageSize })))).toEqual(["a", "b", "c"]);
  });

  it("sees one revision throughout, whatever is written meanwhile", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    for (const name of ["a", "b", "c", "d"]) await etcd.put(prefix + name, "before");
    const seen: string[] = [];
    for await (const entry of etcd.scan({ prefix }, { pageSize: 1 })) {
      seen.push(`${entry.key.slice(prefix.length)} ${entry.text()}`);
      if (seen.length > 1) continue;
      await etcd.put(`${prefix}b`, "after");
      await etcd.put(`${prefix}bb`, "after");
      await etcd.delete(`${prefix}c`);
    }
    expect(seen).toEqual(["a before", "b before", "c before", "d before"]);
  });

  it("starts from a revision asked for, and keeps to it", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    await etcd.put(`${prefix}a`, "1");
    const { revision } = await etcd.put(`${prefix}b`, "1");
    await etcd.put(`${prefix}a`, "2");
    await etcd.put(`${prefix}c`, "2");
    const entries = await all(etcd.scan({ prefix }, { revision, pageSize: 1 }));
    expect(names(prefix, entries)).toEqual(["a", "b"]);
    expect(entries.map((entry) => entry.text())).toEqual(["1", "1"]);
  });

  it("asks for no page that is not wanted", async () => {
    const { interceptor, calls } = recorder();
    const etcd = connect({ interceptors: [interceptor] });
    const prefix = freshPrefix();
    await times(6, (i) => etcd.put(`${prefix}${i}`, ""));
    calls.length = 0;
    const scan = etcd.scan({ prefix }, { pageSize: 2 });
    expect(calls).toEqual([]);
    expect(names(prefix, await take(3, scan))).toEqual(["0", "1", "2"]);
    expect(calls).toHaveLength(2);
    expect((await scan.next()).done).toBe(true);
    expect(calls).toHaveLength(2);
  });

  it("does without values, and keeps to bounds on revisions over all pages", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    for (const name of ["a", "b", "c"]) await etcd.put(prefix + name, "old");
    const { revision: from } = await etcd.put(`${prefix}a`, "new");
    await etcd.put(`${prefix}c`, "new");
    await etcd.put(`${prefix}d`, "new");
    const changed = await all(etcd.scan({ prefix }, { minModRevision: from, pageSize: 1, keysOnly: true }));
    expect(names(prefix, changed)).toEqual(["a", "c", "d"]);
    expect(changed.map(({ value }) => value.length)).toEqual([0, 0, 0]);
    const untouched = await all(etcd.scan({ prefix }, { maxModRevision: from - 1n, pageSize: 1 }));
    expect(names(prefix, untouched)).toEqual(["b"]);
    const young = await all(
      etcd.scan({ prefix }, { minCreateRevision: from, maxCreateRevision: from + 9n, pageSize: 1 }),
    );
    expect(names(prefix, young)).toEqual(["d"]);
  });

  it("goes on right after a key where another begins with it", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const keys = [
      bytes(prefix, "a"),
      bytes(prefix, "a", 0),
      bytes(prefix, "a", 0, 0),
      bytes(prefix, "a", 1),
      bytes(prefix, 0xff),
    ];
    for (const key of keys) await etcd.put(key, "");
    const entries = await all(etcd.scan({ prefix }, { pageSize: 1 }));
    expect(entries.map(({ keyBytes }) => keyBytes)).toEqual(keys);
  });

  it("gives pages, each with the revision of all of them", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    for (const name of ["a", "b", "c"]) await etcd.put(prefix + name, name);
    const found: { names: string[]; revision: bigint }[] = [];
    for await (const { entries, revision } of etcd.pages({ prefix }, { pageSize: 2 })) {
      found.push({ names: names(prefix, entries), revision });
      await etcd.put(`${prefix}d`, "later");
    }
    const revision = found[0]?.revision;
    expect(found).toEqual([
      { names: ["a", "b"], revision },
      { names: ["c"], revision },
    ]);
    const [empty, ...more] = await all(etcd.pages({ prefix: `${prefix}none/` }));
    expect(empty).toMatchObject({ entries: [] });
    expect(empty?.revision).toBeGreaterThan(revision ?? 0n);
    expect(more).toEqual([]);
  });

  it("halves pages whose answer is too large, and lets them grow again", async () => {
    const { interceptor, calls } = recorder();
    // A transport of another kind has bounds of its own.
    const gateway = connect.target.transport === "gateway";
    const etcd = connect({ interceptors: [interceptor], ...(gateway && { maxResponseBytes: 150_000 }) });
    const prefix = freshPrefix();
    const expected = Array.from({ length: 200 }, (_, i) => String(i).padStart(3, "0"));
    await times(200, (i) => etcd.put(prefix + expected[i], i < 40 ? "x".repeat(20_000) : "small"));
    calls.length = 0;
    expect(names(prefix, await all(etcd.scan({ prefix })))).toEqual(expected);
    if (!gateway) return;
    const limits = calls.filter(({ message }) => message["countOnly"] !== true).map(({ message }) => message["limit"]);
    // Five of the large ones fit; of the small ones all.
    expect(limits.slice(0, 6)).toEqual([1000n, 100n, 50n, 25n, 12n, 6n]);
    const largest = Math.max(...limits.slice(6).map(Number));
    expect(largest).toBeGreaterThan(40);
    expect(limits.length).toBeLessThan(35);
  });

  it("rejects where a single entry is too large", async () => {
    if (connect.target.transport !== "gateway") return;
    const etcd = connect({ maxResponseBytes: 10_000 });
    const prefix = freshPrefix();
    await etcd.put(`${prefix}a`, "1");
    await etcd.put(`${prefix}b`, "x".repeat(20_000));
    await expect(all(etcd.scan({ prefix }))).rejects.toMatchObject({ reason: "ResponseTooLarge" });
  });

  it("ends at once for an empty range, and takes every form of selector", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    expect(await all(etcd.scan({ prefix }))).toEqual([]);
    for (const name of ["a", "b", "c"]) await etcd.put(prefix + name, name);
    expect(names(prefix, await all(etcd.scan(`${prefix}b`)))).toEqual(["b"]);
    expect(names(prefix, await all(etcd.scan({ from: `${prefix}a`, to: `${prefix}c` }, { pageSize: 1 })))).toEqual([
      "a",
      "b",
    ]);
    expect(names(prefix, await take(2, etcd.scan({ from: `${prefix}b` }, { pageSize: 1 })))).toEqual(["b", "c"]);
  });
}
