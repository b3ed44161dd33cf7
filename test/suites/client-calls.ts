import { Code, type Interceptor } from "@connectrpc/connect";
import { expect, it } from "vitest";
import { type Etcd, EtcdError, op } from "../../src/index.ts";
import { type Connect, freshPrefix } from "./connect.ts";
import { all, recorder, until } from "./tools.ts";

/** Keeps requests from leaving until their time is up. */
const stuck: Interceptor = () => (request) =>
  new Promise((_, reject) => {
    if (request.signal.aborted) reject(request.signal.reason as Error);
    request.signal.addEventListener("abort", () => reject(request.signal.reason as Error));
  });

type Options = { signal?: AbortSignal; timeoutMs?: number };
const reads: Record<string, (etcd: Etcd, options: Options) => Promise<unknown>> = {
  get: (etcd, options) => etcd.get("a", options),
  range: (etcd, options) => etcd.range("a", options),
  count: (etcd, options) => etcd.count("a", options),
  has: (etcd, options) => etcd.has("a", options),
  keys: (etcd, options) => etcd.keys("a", options),
  scan: (etcd, options) => all(etcd.scan("a", options)),
  ls: (etcd, options) => all(etcd.ls("a", options)),
  "a txn that reads": (etcd, options) => etcd.txn({ then: [op.get("a")] }, options),
};
const writes: Record<string, (etcd: Etcd, options: Options) => Promise<unknown>> = {
  put: (etcd, options) => etcd.put("a", "1", options),
  "put with a guard": (etcd, options) => etcd.put("a", "1", { ...options, guard: { modRevision: 1n } }),
  create: (etcd, options) => etcd.create("a", "1", options),
  replace: (etcd, options) => etcd.replace("a", "1", "2", options),
  delete: (etcd, options) => etcd.delete("a", options),
  pop: (etcd, options) => etcd.pop("a", options),
  "a txn that writes": (etcd, options) => etcd.txn({ then: [op.put("a", "1")] }, options),
};
const everyCall = {
  ...reads,
  ...writes,
  "put exactly once": (etcd: Etcd, options: Options) => etcd.put("a", "1", { ...options, exactlyOnce: true }),
  compact: (etcd: Etcd, options: Options) => etcd.compact(1n, options),
  watchOnce: (etcd: Etcd, options: Options) => etcd.watchOnce("a", options),
};

export function callSuite(connect: Connect): void {
  it.each(Object.entries(everyCall))("%s does not begin with a signal that is aborted already", async (_, call) => {
    const { interceptor, calls } = recorder();
    const etcd = connect({ interceptors: [interceptor, stuck] });
    const reason = { not: "even an error" };
    await expect(call(etcd, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    // A lease for exactly-once writes is every call's: it may well be wanted by another.
    expect(calls.filter(({ rpc }) => rpc !== "LeaseGrant")).toEqual([]);
  });

  it.each(Object.entries(everyCall))("%s ends with the reason of its signal, as it is", async (_, call) => {
    for (const reason of [
      new RangeError("mine"),
      "text",
      new EtcdError("the session is lost", "LeaseNotFound", { outcome: "unknown" }),
    ]) {
      const { interceptor, calls } = recorder();
      const etcd = connect({ interceptors: [interceptor, stuck] });
      const controller = new AbortController();
      const ended = expect(call(etcd, { signal: controller.signal })).rejects.toBe(reason);
      await until("the request is under way", () => calls.length > 0);
      controller.abort(reason);
      await ended;
    }
  });

  it("ends with an AbortError where the signal has no reason of its own", async () => {
    const etcd = connect({ interceptors: [stuck] });
    const controller = new AbortController();
    const ended = expect(etcd.get("a", { signal: controller.signal })).rejects.toMatchObject({ name: "AbortError" });
    controller.abort();
    await ended;
  });

  it.each(Object.entries(reads))("%s fails after its timeoutMs, with outcome not-applied", async (_, call) => {
    const etcd = connect({ interceptors: [stuck] });
    const error = { reason: "Timeout", code: Code.DeadlineExceeded, outcome: "not-applied" };
    await expect(call(etcd, { timeoutMs: 20 })).rejects.toMatchObject(error);
  });

  it.each(Object.entries(writes))("%s fails after its timeoutMs, its outcome unknown", async (_, call) => {
    const etcd = connect({ interceptors: [stuck] });
    const error = { reason: "Timeout", code: Code.DeadlineExceeded, outcome: "unknown", retryable: false };
    await expect(call(etcd, { timeoutMs: 20 })).rejects.toMatchObject(error);
  });

  it("takes the client's time-out unless the call has its own", async () => {
    const etcd = connect({ interceptors: [stuck], timeoutMs: 20 });
    await expect(etcd.get("a")).rejects.toThrow("20 ms");
    await expect(etcd.get("a", { timeoutMs: 40 })).rejects.toThrow("40 ms");
    const free = connect({ timeoutMs: Infinity });
    expect(await free.get(`${freshPrefix()}a`, { timeoutMs: Infinity })).toBeNull();
  });

  it("lets go of the caller's signal when a call is over", async () => {
    const etcd = connect();
    const { signal } = new AbortController();
    let listeners = 0;
    const counted = new Proxy(signal, {
      get(target, name) {
        if (name === "addEventListener")
          return (...args: Parameters<AbortSignal["addEventListener"]>) => (
            listeners++,
            target.addEventListener(...args)
          );
        if (name === "removeEventListener")
          return (...args: Parameters<AbortSignal["removeEventListener"]>) => (
            listeners--,
            target.removeEventListener(...args)
          );
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
    const key = `${freshPrefix()}a`;
    await etcd.put(key, "1", { signal: counted });
    await etcd.get(key, { signal: counted });
    await all(etcd.scan(key, { signal: counted }));
    await etcd.put(key, "2", { signal: counted, exactlyOnce: true });
    await etcd.put("a", "1", { signal: counted, guard: { modRevision: 1n } }).catch(() => undefined);
    await etcd.watchOnce(key, { signal: counted, from: (await etcd.get(key))?.modRevision });
    expect(listeners).toBe(0);
  });

  it("gives errors that tell all, and are found by EtcdError.is", async () => {
    const etcd = connect();
    const error: unknown = await etcd
      .put(`${freshPrefix()}a`, "1", { lease: 4242n })
      .catch((thrown: unknown) => thrown);
    if (!EtcdError.is(error)) throw new Error("another error was expected", { cause: error });
    expect(error).toMatchObject({
      reason: "LeaseNotFound",
      code: Code.NotFound,
      outcome: "not-applied",
      retryable: false,
    });
    expect(error.message).toContain("requested lease not found");
    const [attempt] = error.attempts;
    if (connect.target.transport === "gateway") {
      expect(attempt).toMatchObject({
        endpoint: connect.target.endpoints[0],
        reason: "LeaseNotFound",
        outcome: "not-applied",
      });
      expect(attempt?.ms).toBeGreaterThanOrEqual(0);
    }
    expect(EtcdError.is(new Error("no"))).toBe(false);
  });

  it("has nothing that await would take for a promise but its promises", () => {
    const etcd = connect();
    const watch = etcd.watch("a");
    for (const thing of [
      etcd,
      etcd.namespace("a/"),
      watch,
      watch.batches(),
      etcd.scan("a"),
      etcd.ls("a"),
      op.get("a"),
    ]) {
      expect("then" in thing).toBe(false);
    }
  });
}
