import * as v from "valibot";
import { expect, it, onTestFinished } from "vitest";
import { cache, op, type Selector } from "../../src/index.ts";
import { type Connect, freshPrefix } from "./connect.ts";

const limits = v.object({ limit: v.number() });

export function cacheParseSuite(connect: Connect): void {
  it.each(["watch", "poll"] as const)("makes values by a schema, by %s", async (mode) => {
    const etcd = connect();
    const prefix = freshPrefix();
    await etcd.put(`${prefix}a`, '{"limit":1,"more":2}');
    const cached = await cache(etcd, { prefix }, { mode, parse: limits });
    onTestFinished(() => cached.close());
    expect(cached.get(`${prefix}a`)).toEqual({ limit: 1 });
    expect(cached.entry(`${prefix}a`)).toEqual(await etcd.get(`${prefix}a`));
    await cached.waitFor((await etcd.put(`${prefix}b`, '{"limit":2}')).revision);
    expect([...cached.entries()]).toEqual([
      [`${prefix}a`, { limit: 1 }],
      [`${prefix}b`, { limit: 2 }],
    ]);
    // The same bytes are the same value, so that they can be compared.
    const before = cached.getSnapshot();
    await cached.waitFor((await etcd.put(`${prefix}b`, '{"limit":2}')).revision);
    expect(cached.getSnapshot()).toBe(before);
    expect(cached.entry(`${prefix}b`)?.version).toBe(2n);
  });

  it("gives a schema the text or the bytes instead, and waits for one that takes its time", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    await etcd.put(`${prefix}a`, "12");
    const options = { mode: "poll", pollMs: false } as const;
    const range: Selector = { prefix };
    const text = v.pipe(v.string(), v.transform(Number));
    const late = v.pipeAsync(
      v.instance(Uint8Array),
      v.transformAsync(async ({ length }) => length),
    );
    const texts = await cache(etcd, range, { ...options, format: "text", parse: text });
    const sizes = await cache(etcd, range, { ...options, format: "bytes", parse: late });
    expect([texts.get(`${prefix}a`), sizes.get(`${prefix}a`)]).toEqual([12, 2]);
    await Promise.all([texts.close(), sizes.close()]);
  });

  it("rejects for a bad value on the first load, and names the key", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    await etcd.put(`${prefix}a`, '{"limit":"x"}');
    const rejected = cache(etcd, { prefix }, { parse: limits });
    await expect(rejected).rejects.toMatchObject({ reason: "InvalidValue", outcome: "not-applied" });
    await expect(rejected).rejects.toThrow(`the value of "${prefix}a" is invalid: limit:`);
  });

  it.each(["watch", "poll"] as const)("stays at the last good revision, by default, by %s", async (mode) => {
    const etcd = connect();
    const prefix = freshPrefix();
    await etcd.put(`${prefix}a`, '{"limit":1}');
    const cached = await cache(etcd, { prefix }, { mode, parse: limits });
    onTestFinished(() => cached.close());
    const at = cached.revision;
    await etcd.txn({ then: [op.put(`${prefix}a`, "no JSON"), op.put(`${prefix}b`, '{"limit":2}')] });
    await expect(cached.refresh()).rejects.toMatchObject({ reason: "InvalidValue" });
    expect([cached.get(`${prefix}a`), cached.has(`${prefix}b`)]).toEqual([{ limit: 1 }, false]);
    expect([cached.revision, cached.status]).toEqual([at, "stale"]);
    expect(cached.error).toMatchObject({ reason: "InvalidValue" });
    const { revision } = await etcd.put(`${prefix}a`, '{"limit":3}');
    await cached.waitFor(revision);
    expect([cached.get(`${prefix}a`), cached.get(`${prefix}b`)]).toEqual([{ limit: 3 }, { limit: 2 }]);
    expect([cached.status, cached.error]).toEqual(["live", undefined]);
  });

  it.each([
    ["skip", null],
    ["keepLast", { limit: 1 }],
  ] as const)("%s: goes on with a bad value, which is listed", async (onInvalid, shown) => {
    const etcd = connect();
    const prefix = freshPrefix();
    await etcd.put(`${prefix}a`, '{"limit":1}');
    await etcd.put(`${prefix}never`, "{}");
    const cached = await cache(etcd, { prefix }, { mode: "poll", pollMs: false, parse: limits, onInvalid });
    onTestFinished(() => cached.close());
    expect([cached.size, cached.status, [...cached.invalid.keys()]]).toEqual([1, "live", [`${prefix}never`]]);
    await etcd.put(`${prefix}a`, '{"limit":"x"}');
    await cached.refresh();
    expect([cached.get(`${prefix}a`), [...cached.invalid.keys()].sort()]).toEqual([
      shown,
      [`${prefix}a`, `${prefix}never`],
    ]);
    expect(cached.invalid.get(`${prefix}a`)).toMatchObject({ reason: "InvalidValue" });
    // What is refused still counts as there: no deletion is looked for, and one is found.
    await etcd.delete(`${prefix}never`);
    await etcd.put(`${prefix}a`, '{"limit":4}');
    await cached.refresh();
    expect([cached.get(`${prefix}a`), cached.invalid.size, cached.size]).toEqual([{ limit: 4 }, 0, 1]);
  });
}
