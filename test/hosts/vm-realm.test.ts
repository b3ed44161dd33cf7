import { createContext, runInContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { cache, createEtcd, op, transact } from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";
import { runSuites } from "./memory-target.ts";

const realm = createContext({});
const foreign = <T>(code: string): T => runInContext(code, realm) as T;
const bytes = (text: string): Uint8Array => foreign(`new Uint8Array(${JSON.stringify([...Buffer.from(text)])})`);

describe("what another realm made", () => {
  it("is of other classes, or this would test nothing", () => {
    expect(bytes("a") instanceof Uint8Array).toBe(false);
    expect(foreign("new TypeError('x')") instanceof Error).toBe(false);
  });

  it("is taken for keys, values and selectors everywhere", async () => {
    await using etcd = createEtcd({ fetch: createMemoryEtcd().fetch });
    await etcd.put(bytes("p/a"), bytes("1"));
    expect((await etcd.get(bytes("p/a")))?.text()).toBe("1");
    expect(await etcd.keys({ prefix: bytes("p/") })).toEqual(["p/a"]);
    for await (const { name } of etcd.ls(bytes("p/"))) expect(name).toBe("a");
    expect(await etcd.replace(bytes("p/a"), bytes("1"), bytes("2"))).toMatchObject({ replaced: true });
    const { results } = await etcd.txn({ then: [op.put(bytes("p/b"), bytes("3")), op.get(bytes("p/b"))] });
    expect(results[1]?.entry?.text()).toBe("3");
    const cached = await cache(etcd, { prefix: bytes("p/") });
    expect(cached.get(bytes("p/b"))?.text()).toBe("3");
    expect(cached.get("p/a")?.text()).toBe("2");
    await cached.close();
    await transact(etcd, async (tx) => {
      expect((await tx.get(bytes("p/a")))?.text()).toBe("2");
      expect((await tx.range({ prefix: bytes("p/") })).length).toBe(2);
      tx.put(bytes("p/a"), bytes("4"));
    });
    const watch = etcd.watch(bytes("p/a"));
    await watch.ready;
    await etcd.delete(bytes("p/a"));
    for await (const { type } of watch) {
      expect(type).toBe("delete");
      break;
    }
  });

  it("an options object is read, and a wrong one refused", async () => {
    await using etcd = createEtcd({ fetch: createMemoryEtcd().fetch });
    await etcd.put("a", "1", foreign("({ prev: true, timeoutMs: 5000 })"));
    await expect(etcd.put("a", "1", foreign("({ prev: 'false' })"))).rejects.toMatchObject({
      reason: "InvalidArgument",
    });
  });

  it("an error of its fetch is a failure of the network, with the reason that it carries", async () => {
    const refused = foreign<Error>(
      "Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) })",
    );
    await using etcd = createEtcd({ fetch: () => Promise.reject(refused), retry: false });
    await expect(etcd.put("a", "1")).rejects.toMatchObject({ reason: "Unreachable", outcome: "not-applied" });
  });
});

/** The same value, made of the other realm's bytes, arrays and objects. Instances of classes stay what they are. */
function inRealm(value: unknown): unknown {
  if (value instanceof Uint8Array)
    return foreign<(from: Iterable<number>) => Uint8Array>("(x) => Uint8Array.from(x)")(value);
  if (Array.isArray(value))
    return value.reduce((all, each) => (all.push(inRealm(each)), all), foreign<unknown[]>("[]"));
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const made = foreign<object>("({})");
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
    const copied = "value" in property ? { ...property, value: inRealm(property.value) } : property;
    Object.defineProperty(made, name, copied);
  }
  return made;
}

/** A client, or a service of it, that is called with what the other realm made of the arguments. */
function calledFromRealm<T extends object>(target: T): T {
  const wrapped = (value: unknown): unknown => {
    if (typeof value === "function") return (...args: unknown[]) => Reflect.apply(value, target, args.map(inRealm));
    const isService =
      typeof value === "object" && value !== null && Object.values(value).some((each) => typeof each === "function");
    return isService ? calledFromRealm(value) : value;
  };
  const made = {};
  for (const name of Reflect.ownKeys(target)) {
    Object.defineProperty(made, name, { get: () => wrapped(Reflect.get(target, name)), enumerable: true });
  }
  return made as T;
}

describe("a client that is called from another realm", () => {
  it("gets what that realm made, or this would test nothing", () => {
    const { echo } = calledFromRealm({ echo: (value: { key: Uint8Array }) => value });
    const got = echo({ key: Uint8Array.of(1) });
    expect([got instanceof Object, got.key instanceof Uint8Array, [...got.key]]).toEqual([false, false, [1]]);
  });
  runSuites({ through: calledFromRealm, way: 2 });
});
