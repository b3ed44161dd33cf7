import { Keyv } from "keyv";
import keyvTestSuite, { keyvIteratorTests } from "@keyv/test-suite";
import * as vitest from "vitest";
import { createKeyvStore, type KeyvStore } from "../../src/keyv/index.ts";
import type { Etcd } from "../../src/index.ts";
import { type Connect, freshPrefix } from "./connect.ts";
import { all, take } from "./tools.ts";

const { describe, expect, it } = vitest;

/** Keyv's own suite, and what it does not look at. */
export function keyvSuite(connect: Connect): void {
  describe("by Keyv's own suite", () => {
    const prefix = freshPrefix();
    const store = (): KeyvStore => createKeyvStore(connect(), { prefix });
    keyvTestSuite(vitest, Keyv, store);
    keyvIteratorTests(vitest, Keyv, store);
  });

  function setUp(namespace?: string) {
    const etcd: Etcd = connect();
    const prefix = freshPrefix();
    const store = createKeyvStore(etcd, { prefix });
    const errors: unknown[] = [];
    const keyv = new Keyv({ store, ...(namespace !== undefined && { namespace }) });
    keyv.on("error", (error: unknown) => errors.push(error));
    return { etcd, prefix, store, keyv, errors };
  }

  it("keeps a value under the key below the prefix", async () => {
    const { etcd, prefix, keyv, errors } = setUp("users");
    await keyv.set("1", { name: "Ann" });
    expect((await etcd.get(`${prefix}users:1`))?.json()).toMatchObject({ value: { name: "Ann" } });
    expect(await keyv.get("1")).toEqual({ name: "Ann" });
    expect(await keyv.has("1")).toBe(true);
    expect(await keyv.hasMany(["1", "2"])).toEqual([true, false]);
    expect(errors).toEqual([]);
  });

  it("sets, gets and deletes many", async () => {
    const { keyv } = setUp("n");
    await keyv.setMany([
      { key: "a", value: 1 },
      { key: "b", value: 2, ttl: 60_000 },
    ]);
    expect(await keyv.getMany(["b", "none", "a"])).toEqual([2, undefined, 1]);
    expect(await keyv.deleteMany(["a", "b"])).toBe(true);
    expect(await keyv.deleteMany(["a", "b"])).toBe(false);
    expect(await keyv.getMany(["a", "b"])).toEqual([undefined, undefined]);
  });

  it("clears and iterates a namespace of several in one store, and nothing beside it", async () => {
    const { etcd, prefix, keyv, store } = setUp("a");
    const other = new Keyv({ store: createKeyvStore(etcd, { prefix }), namespace: "b" });
    await keyv.set("x", 1);
    await other.set("x", 2);
    await etcd.put(Uint8Array.of(...new TextEncoder().encode(`${prefix}a:`), 0xff), "no text");
    await etcd.put(`${prefix}a:bytes`, Uint8Array.of(0xff));
    await etcd.put(`${prefix}ab`, "beside");
    expect(await all(keyv.iterator?.("a") ?? store.iterator("none"))).toEqual([["x", 1]]);
    await keyv.clear();
    expect(await keyv.get("x")).toBeUndefined();
    expect(await other.get("x")).toBe(2);
    expect(await etcd.has(`${prefix}ab`)).toBe(true);
    await createKeyvStore(etcd, { prefix }).clear();
    expect(await etcd.count({ prefix })).toBe(0n);
  });

  it("has etcd delete what has ended, so that nothing is left of it", async () => {
    const { etcd, prefix, keyv } = setUp("n");
    const watch = etcd.watch(`${prefix}n:short`);
    await watch.ready;
    await keyv.set("short", 1, 300);
    await keyv.set("long", 1, 600_000);
    expect((await take(2, watch)).map(({ type }) => type)).toEqual(["put", "delete"]);
    expect(await keyv.get("short")).toBeUndefined();
    expect(await keyv.has("short")).toBe(false);
    expect(await etcd.keys({ prefix })).toEqual([`${prefix}n:long`]);
  }, 60_000);

  it("leaves the client open when Keyv disconnects, and tells Keyv what failed", async () => {
    const { etcd, keyv, errors } = setUp();
    await keyv.disconnect();
    expect(await etcd.has("nothing")).toBe(false);
    await etcd.close();
    expect(await keyv.set("a", 1)).toBe(false);
    expect(errors).toEqual([expect.objectContaining({ reason: "Closed" })]);
  });

  it("refuses options, times and values that it cannot take", async () => {
    const etcd = connect();
    const refusal = { reason: "InvalidArgument" };
    for (const options of [{}, undefined, { prefix: "" }, { prefix: "a/", ttl: 1 }]) {
      expect(() => createKeyvStore(etcd, options as never)).toThrow(expect.objectContaining(refusal));
    }
    const { store } = setUp();
    await expect(store.set("a", "1", -1)).rejects.toMatchObject(refusal);
    await expect(store.set("a", { value: 1 } as never)).rejects.toMatchObject(refusal);
  });
}
