import { expect, it } from "vitest";
import { cache, type CacheOptions } from "../../src/index.ts";
import { open } from "./cache-tools.ts";
import { type Connect, freshPrefix } from "./connect.ts";
import { breaker, recorder, until } from "./tools.ts";

const modes = ["watch", "poll"] as const;

export function cacheEndSuite(connect: Connect): void {
  it.each(modes)("is read after its end, with the last it knew, by %s", async (mode) => {
    const etcd = connect();
    const prefix = freshPrefix();
    await etcd.put(`${prefix}a`, "1");
    const cached = await open(etcd, { prefix }, { mode });
    let told = 0;
    cached.subscribe(() => told++);
    const waiting = expect(cached.waitFor(2n ** 62n)).rejects.toMatchObject({ reason: "Closed" });
    await cached.close();
    await waiting;
    await cached.close();
    expect([cached.status, told, cached.get(`${prefix}a`)?.text()]).toEqual(["closed", 1, "1"]);
    await expect(cached.refresh()).rejects.toMatchObject({ reason: "Closed", outcome: "not-applied" });
    await etcd.put(`${prefix}a`, "2");
    cached.subscribe(() => told++)();
    expect([told, cached.get(`${prefix}a`)?.text()]).toEqual([1, "1"]);
  });

  it.each(modes)("ends with its signal, by %s", async (mode) => {
    const etcd = connect();
    const controller = new AbortController();
    const cached = await open(etcd, { prefix: freshPrefix() }, { mode, signal: controller.signal });
    let told = 0;
    cached.subscribe(() => told++);
    const reason = new RangeError("mine");
    controller.abort(reason);
    expect([cached.status, cached.error, told]).toEqual(["closed", reason, 1]);
    await expect(cached.refresh()).rejects.toBe(reason);
    await expect(open(etcd, "a", { mode, signal: AbortSignal.abort("earlier") })).rejects.toBe("earlier");
  });

  it.each(modes)("ends with its client, by %s", async (mode) => {
    const etcd = connect();
    const cached = await open(etcd, { prefix: freshPrefix() }, { mode, ...(mode === "poll" && { pollMs: 10 }) });
    await etcd.close();
    await until("the cache is closed", () => cached.status === "closed");
    expect(cached.error).toMatchObject({ reason: "Closed" });
  });

  it("is disposed of at the end of its block", async () => {
    const etcd = connect();
    const outer = await (async () => {
      await using inner = await cache(etcd, { prefix: freshPrefix() });
      return inner;
    })();
    expect(outer.status).toBe("closed");
  });

  it("polls on its own", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const cached = await open(etcd, { prefix }, { mode: "poll", pollMs: 10 });
    await etcd.put(`${prefix}a`, "1");
    await until("the key is there", () => cached.has(`${prefix}a`));
    await etcd.delete(`${prefix}a`);
    await until("the key is gone", () => cached.size === 0);
  });

  it("tells its listeners when its stream breaks, and when that is mended", async () => {
    const { interceptor, cut, mend } = breaker();
    const etcd = connect({ interceptors: [interceptor] });
    const cached = await open(etcd, { prefix: freshPrefix() });
    const seen: string[] = [];
    cached.subscribe(() => seen.push(cached.status));
    cut();
    await until("it is told that it is out of touch", () => seen.length > 0);
    mend();
    await until("it is told that it is in touch", () => seen.length > 1);
    await cached.close();
    expect(seen).toEqual(["stale", "live", "closed"]);
  });

  it.each<[string, object, string]>([
    ["an option that does not exist", { polMs: 1 }, 'cache: unknown option "polMs"; did you mean "pollMs"?'],
    ["an unknown mode", { mode: "push" }, "mode: expected one of watch, poll"],
    ["an interval of nothing", { mode: "poll", pollMs: 0 }, "pollMs: expected a positive whole number"],
    ["an interval for a watch", { pollMs: 1000 }, 'pollMs: only with mode "poll"'],
    ["no time at all", { timeoutMs: 0 }, "timeoutMs: expected a positive number"],
    ["a schema that is not one", { parse: {} }, "parse: expected a Standard Schema"],
    ["a format for nothing", { format: "json" }, "format: only with parse"],
    ["an unknown policy", { onInvalid: "ignore" }, "onInvalid: expected one of error, skip, keepLast"],
  ])("refuses %s, before anything is sent", async (_, options, message) => {
    const seen = recorder();
    const etcd = connect({ interceptors: [seen.interceptor] });
    await expect(cache(etcd, "a", options as CacheOptions)).rejects.toThrow(message);
    expect(seen.calls).toEqual([]);
  });

  it("waits for a part of a millisecond more, as what is left of another time may be", async () => {
    const cached = await open(connect(), { prefix: freshPrefix() }, { timeoutMs: 5000.5 });
    await cached.refresh({ timeoutMs: 4999.5 });
    await expect(cached.waitFor(2n ** 62n, { timeoutMs: 0.5 })).rejects.toMatchObject({ reason: "Timeout" });
    await expect(cached.refresh({ timeoutMs: NaN })).rejects.toMatchObject({ reason: "InvalidArgument" });
  });

  it("refuses a range that is not one", async () => {
    await expect(cache(connect(), "")).rejects.toMatchObject({ reason: "InvalidArgument" });
  });
}
