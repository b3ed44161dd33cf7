import { describe, expect, it } from "vitest";
import { compare, op } from "../../src/index.ts";
import { type Connect, freshPrefix } from "./connect.ts";
import { namespaceBoundarySuite } from "./namespace-boundary.ts";
import { all, bytes, take, value } from "./tools.ts";

/** A view of a part of the keyspace. */
export function namespaceSuite(connect: Connect): void {
  it("puts its prefix before every key, and takes it off every answer", async () => {
    const whole = connect();
    const prefix = freshPrefix();
    for (const etcd of [connect({ namespace: prefix }), whole.namespace(prefix), whole.namespace(bytes(prefix))]) {
      await etcd.put("a", "1");
      expect((await whole.get(`${prefix}a`))?.text()).toBe("1");
      const entry = value(await etcd.get("a"));
      expect([entry.key, entry.keyBytes]).toEqual(["a", bytes("a")]);
      expect(await etcd.keys({ all: true })).toEqual(["a"]);
      expect((await etcd.put("a", "2", { prev: true })).prev?.key).toBe("a");
      expect((await etcd.update(value(await etcd.get("a")), "3")).entry?.key).toBe("a");
      expect((await whole.get(`${prefix}a`))?.text()).toBe("3");
      expect((await etcd.delete({ all: true }, { prev: true })).prev.map(({ key }) => key)).toEqual(["a"]);
      expect(await whole.count({ prefix })).toBe(0n);
    }
  });

  it("holds for each kind of call", async () => {
    const whole = connect();
    const prefix = freshPrefix();
    const etcd = whole.namespace(prefix);
    const outside = `${prefix.slice(0, -1)}0`;
    await whole.put(outside, "outside");
    await etcd.create("a/1", "1");
    await etcd.put("a/2", "2");
    await etcd.put("b", "3");
    expect((await all(etcd.scan({ from: "a" }, { pageSize: 1 }))).map(({ key }) => key)).toEqual(["a/1", "a/2", "b"]);
    expect((await all(etcd.ls({ all: true }))).map(({ path }) => path)).toEqual(["a/", "b"]);
    expect((await all(etcd.ls("a/"))).map(({ path }) => path)).toEqual(["a/1", "a/2"]);
    expect(await etcd.count({ from: "a/2" })).toBe(2n);
    expect(await etcd.has("b")).toBe(true);
    expect((await etcd.replace("b", "3", "4")).replaced).toBe(true);
    expect((await etcd.pop("b"))?.key).toBe("b");
    const outcome = await etcd.txn({
      if: [compare.exists("a/1"), compare.missing("b"), compare.version({ all: true }, "=", 1n)],
      then: [
        op.get({ all: true }),
        op.txn({ if: [compare.missing({ prefix: "a/" })], else: [op.delete({ from: "a/2" }, { prev: true })] }),
      ],
    });
    if (!outcome.succeeded) throw new Error("all conditions hold");
    const [got, inner] = outcome.results;
    expect(got.entries.map(({ key }) => key)).toEqual(["a/1", "a/2"]);
    if (inner.succeeded) throw new Error("a condition fails");
    expect(inner.results[0].prev.map(({ key }) => key)).toEqual(["a/2"]);
    expect((await etcd.delete("a/1")).deleted).toBe(1n);
    expect((await whole.get(outside))?.text()).toBe("outside");
  });

  it("shows a watch its own keys by their own names", async () => {
    const whole = connect();
    const prefix = freshPrefix();
    const etcd = whole.namespace(prefix);
    const watches = [etcd.watch({ all: true }, { prev: true }), etcd.watch({ from: "a" }, { prev: true })];
    await Promise.all(watches.map(({ ready }) => ready));
    await whole.put(prefix, "the prefix itself");
    await whole.put(`${prefix.slice(0, -1)}0`, "after");
    await etcd.put("a", "1");
    await etcd.put("a", "2");
    for (const watch of watches) {
      const events = await take(2, watch);
      expect(events.map(({ entry, prev }) => [entry.key, entry.text(), prev?.key])).toEqual([
        ["a", "1", undefined],
        ["a", "2", "a"],
      ]);
    }
    expect((await etcd.watchOnce("a", { from: 1n + value(await etcd.get("a")).createRevision })).entry.key).toBe("a");
  });

  it("nests", async () => {
    const whole = connect();
    const prefix = freshPrefix();
    const inner = connect({ namespace: prefix }).namespace("x/").namespace(bytes("y", 0xff));
    await inner.put("a", "1");
    expect((await whole.get(bytes(`${prefix}x/y`, 0xff, "a")))?.text()).toBe("1");
    expect(await inner.keys({ all: true })).toEqual(["a"]);
  });

  it("refuses an empty one, and one that is not a key", () => {
    const etcd = connect();
    for (const prefix of ["", new Uint8Array(0)]) {
      expect(() => etcd.namespace(prefix)).toThrow(/namespace: expected a key that is not empty/);
      expect(() => connect({ namespace: prefix })).toThrow(/namespace/);
    }
    for (const prefix of [undefined, null, 5, {}])
      expect(() => etcd.namespace(prefix as never)).toThrow(/namespace: expected a string/);
  });

  describe("its boundary", () => namespaceBoundarySuite(connect));
}
