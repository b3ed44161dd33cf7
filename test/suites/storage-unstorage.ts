import { createStorage, type Driver, prefixStorage } from "unstorage";
import { expect, it } from "vitest";
import { createUnstorageDriver, type UnstorageDriverOptions } from "../../src/unstorage/index.ts";
import type { Etcd } from "../../src/index.ts";
import { type Connect, freshPrefix } from "./connect.ts";
import { take, times, until } from "./tools.ts";

/** Through unstorage itself, as programs use it. */
export function unstorageSuite(connect: Connect): void {
  function setUp(options: Partial<UnstorageDriverOptions> = {}) {
    const etcd: Etcd = connect();
    const prefix = freshPrefix();
    const driver = createUnstorageDriver(etcd, { prefix, ...options });
    const typed: Driver = driver;
    return { etcd, prefix, driver, storage: createStorage({ driver: typed }) };
  }

  it("sets, gets and removes text and objects, each as a key of etcd", async () => {
    const { etcd, prefix, storage } = setUp();
    expect(await storage.hasItem("s1:a")).toBe(false);
    expect(await storage.getItem("s1:a")).toBeNull();
    await storage.setItem("s1:a", "test_data");
    await storage.setItem("s2/a", { list: [1, true, null], deep: { ö: "ü" } });
    expect(await storage.hasItem("s1:a")).toBe(true);
    expect(await storage.getItem("s1:a")).toBe("test_data");
    expect(await storage.getItem("s2:a")).toEqual({ list: [1, true, null], deep: { ö: "ü" } });
    expect((await etcd.get(`${prefix}s1/a`))?.text()).toBe("test_data");
    await storage.removeItem("s1:a");
    expect(await storage.hasItem("s1:a")).toBe(false);
    expect(await etcd.has(`${prefix}s1/a`)).toBe(false);
    await storage.removeItem("s1:a");
  });

  it("keeps falsy values and long ones", async () => {
    const { storage } = setUp();
    for (const value of [null, 0, false, "", "x".repeat(300_000)]) {
      await storage.setItem("v", value);
      expect(await storage.getItem("v")).toEqual(value === "" ? "" : value);
    }
    await storage.setItem("v", undefined as never);
    expect(await storage.hasItem("v")).toBe(false);
  });

  it("keeps bytes as they are", async () => {
    const { etcd, prefix, storage } = setUp();
    const bytes = Uint8Array.of(0, 1, 2, 0xff, 0xfe, 0x80);
    await storage.setItemRaw("raw", bytes);
    expect(await storage.getItemRaw<Uint8Array>("raw")).toEqual(bytes);
    expect((await etcd.get(`${prefix}raw`))?.value).toEqual(bytes);
    expect(await storage.getItemRaw("none")).toBeNull();
    await expect(storage.setItemRaw("raw", { no: "bytes" })).rejects.toMatchObject({ reason: "InvalidArgument" });
  });

  it("lists keys by base and depth, and no others", async () => {
    const { etcd, prefix, storage } = setUp();
    await times(30, (i) => storage.setItem(`many:${i}`, i), 8);
    await Promise.all(["a", "s1:a", "s1:b:c", "s10:a"].map((key) => storage.setItem(key, key)));
    await etcd.put(`${prefix.slice(0, -1)}-other`, "not below the prefix");
    await etcd.put(`${prefix}with:colon`, "no name of an item");
    await etcd.put(Uint8Array.of(...new TextEncoder().encode(prefix), 0xff), "no text");
    const some = (await storage.getKeys()).filter((key) => !key.startsWith("many"));
    expect(some.toSorted()).toEqual(["a", "s10:a", "s1:a", "s1:b:c"]);
    expect((await storage.getKeys("s1")).toSorted()).toEqual(["s1:a", "s1:b:c"]);
    expect(await storage.getKeys("many")).toHaveLength(30);
    expect((await storage.getKeys("s1", { maxDepth: 1 })).toSorted()).toEqual(["s1:a"]);
    expect(await storage.getItems(["a", "s1:a", "none"])).toEqual([
      { key: "a", value: "a" },
      { key: "s1:a", value: "s1:a" },
      { key: "none", value: null },
    ]);
  });

  it("clears a base, or everything, and nothing beside it", async () => {
    const { etcd, prefix, driver, storage } = setUp();
    await Promise.all(["a", "s1:a", "s1:b", "s10:a"].map((key) => storage.setItem(key, key)));
    const beside = `${prefix.slice(0, -1)}0`;
    await etcd.put(beside, "of somebody else");
    await driver.clear("s1:"); // as unstorage asks for a base of a mount
    expect((await storage.getKeys()).toSorted()).toEqual(["a", "s10:a"]);
    await storage.clear();
    expect(await storage.getKeys()).toEqual([]);
    expect(await etcd.has(beside)).toBe(true);
  });

  it("serves several mounts and prefixes", async () => {
    const { etcd, storage } = setUp();
    storage.mount("other", createUnstorageDriver(etcd, { prefix: freshPrefix() }));
    await storage.setItem("other:x", 1);
    await storage.setItem("x", 2);
    expect(await storage.getItem("other:x")).toBe(1);
    expect((await storage.getKeys()).toSorted()).toEqual(["other:x", "x"]);
    const below = prefixStorage(storage, "deep");
    await below.setItem("y", 3);
    expect(await storage.getItem("deep:y")).toBe(3);
    expect(await below.getKeys()).toEqual(["y"]);
  });

  it("reports changes by any client until it is told to stop", async () => {
    const { etcd, prefix, storage } = setUp();
    const seen: string[] = [];
    const unwatch = await storage.watch((event, key) => void seen.push(`${event} ${key}`));
    await storage.setItem("s1:a", 1);
    await etcd.put(`${prefix}s1/b`, "by another program");
    await etcd.put(`${prefix}no:name`, "of no item");
    await storage.removeItem("s1:a");
    await until("three changes", () => seen.length >= 3);
    await unwatch();
    await storage.setItem("s1:c", 1);
    const again = await storage.watch((event, key) => void seen.push(`again ${event} ${key}`));
    await storage.setItem("s1:d", 1);
    await until("the second watch", () => seen.length >= 4);
    expect(seen).toEqual(["update s1:a", "update s1:b", "remove s1:a", "again update s1:d"]);
    await again();
  });

  it("goes on watching after a callback that throws or rejects, and says what one ended with", async () => {
    const errors: unknown[] = [];
    const { driver, etcd, storage } = setUp({ onWatchError: (error) => errors.push(error) });
    const seen: string[] = [];
    await driver.watch((event, key) => {
      seen.push(`${event} ${key}`);
      if (key === "bad") throw new Error("no");
      return key === "worse" ? Promise.reject(new Error("never")) : undefined;
    });
    await storage.setItem("bad", 1);
    await storage.setItem("worse", 1);
    await storage.setItem("good", 1);
    await until("all three", () => seen.length === 3);
    expect(errors).toEqual([new Error("no"), new Error("never")]);
    await etcd.close();
    await until("the end", () => errors.length === 3);
    expect(errors[2]).toMatchObject({ reason: "Closed" });
  });

  it("ends its watches when it is disposed of, and leaves the client open", async () => {
    const errors: unknown[] = [];
    const { driver, etcd, storage } = setUp({ onWatchError: (error) => errors.push(error) });
    const seen: string[] = [];
    await storage.watch((_, key) => void seen.push(key));
    await storage.dispose();
    await storage.setItem("a", 1);
    await driver.watch((_, key) => void seen.push(`later ${key}`));
    await storage.setItem("b", 1);
    await until("the watch made later", () => seen.includes("later b"));
    expect(seen).toEqual(["later b"]);
    expect(errors).toEqual([]);
    expect(await etcd.has("nothing")).toBe(false);
  });

  it("ends items by their own TTL, or the driver's, and says what they have left", async () => {
    const { etcd, prefix, driver, storage } = setUp({ ttl: 100 });
    await storage.setItem("long", 1);
    await storage.setItem("for ever", 1, { ttl: 0 });
    const watch = etcd.watch(`${prefix}short`);
    await watch.ready;
    await storage.setItem("short", 1, { ttl: 0.5 });
    expect((await storage.getMeta("long")).ttl).toBeGreaterThanOrEqual(100);
    expect((await storage.getMeta("long")).ttl).toBeLessThanOrEqual(117);
    expect(await driver.getMeta("for ever")).toEqual({});
    expect(await driver.getMeta("none")).toBeNull();
    expect((await take(2, watch)).map(({ type }) => type)).toEqual(["put", "delete"]);
    expect((await storage.getKeys()).toSorted()).toEqual(["for ever", "long"]);
    await storage.setItem("long", 2, { ttl: 0 }); // without a limit from here on
    expect(await driver.getMeta("long")).toEqual({});
    await expect(storage.setItem("a", 1, { ttl: -1 })).rejects.toMatchObject({ reason: "InvalidArgument" });
  }, 60_000);

  it("has items of about one TTL share a lease, and makes another when somebody revokes it", async () => {
    const { etcd, prefix, storage } = setUp({ ttl: 600 });
    const leaseOf = async (key: string): Promise<bigint> => (await etcd.get(`${prefix}${key}`))?.lease ?? 0n;
    await storage.setItem("a", 1);
    await storage.setItem("b", 1, { ttl: 601 });
    await storage.setItem("c", 1, { ttl: 6000 });
    expect(await leaseOf("a")).not.toBe(0n);
    expect(await leaseOf("b")).toBe(await leaseOf("a"));
    expect(await leaseOf("c")).not.toBe(await leaseOf("a"));
    await etcd.lease.revoke(await leaseOf("a"));
    expect(await storage.getKeys()).toEqual(["c"]);
    await storage.setItem("a", 2);
    expect(await storage.getItem("a")).toBe(2);
    expect(await leaseOf("a")).not.toBe(0n);
  });

  it("refuses options that it does not have", () => {
    const etcd = connect();
    const refusal = expect.objectContaining({ reason: "InvalidArgument" });
    for (const options of [{}, undefined, { prefix: "" }, { prefix: "a/", base: "b" }, { prefix: "a/", ttl: "1" }]) {
      expect(() => createUnstorageDriver(etcd, options as never)).toThrow(refusal);
    }
  });
}
