import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { expect, it } from "vitest";
import { op } from "../../src/index.ts";
import { type Connect, freshPrefix } from "./connect.ts";
import { bytes, recorder, times, until, value } from "./tools.ts";

/** Refuses transactions as etcd does; single reads pass. */
function refuseTxn(message: string, code: Code): Interceptor {
  return (next) => (request) => {
    if (request.method.name === "Txn") throw new ConnectError(message, code);
    return next(request);
  };
}

/** Reads of the same tick as one transaction. */
export function batchReadSuite(connect: Connect): void {
  it("sends 300 reads of one tick as three requests, and answers each its own", async () => {
    const { interceptor, calls, rpcs } = recorder();
    const etcd = connect({ batchReads: true, interceptors: [interceptor], namespace: freshPrefix() });
    const ops = Array.from({ length: 100 }, (_, i) => op.put(`${i}`, `value ${i}`));
    const { revision } = await etcd.txn({ then: ops });
    calls.length = 0;
    const entries = await Promise.all(Array.from({ length: 300 }, (_, i) => etcd.get(`${i}`)));
    expect(rpcs()).toEqual(["Txn", "Txn", "Txn"]);
    expect(entries.slice(0, 100).map((entry) => entry?.text())).toEqual(
      Array.from({ length: 100 }, (_, i) => `value ${i}`),
    );
    expect(entries.slice(100)).toEqual(Array.from({ length: 200 }, () => null));
    expect(entries[7]).toMatchObject({ key: "7", modRevision: revision, version: 1n, lease: 0n });
    expect(entries[7]).toEqual((await etcd.range("7")).entries[0]);
  });

  it("reads all keys of a batch at one revision, whatever is written meanwhile", async () => {
    const etcd = connect({ batchReads: true, namespace: freshPrefix() });
    const keys = Array.from({ length: 20 }, (_, i) => `${i}`);
    const write = (text: string) => etcd.txn({ then: keys.map((key) => op.put(key, text)) });
    await write("start");
    let done = false;
    const writing = times(40, (i) => write(`${i}`), 2).finally(() => (done = true));
    while (!done) {
      const entries = await Promise.all(keys.map((key) => etcd.get(key)));
      expect(new Set(entries.map((entry) => entry?.modRevision)).size).toBe(1);
    }
    await writing;
  });

  it("reads the same key as often as it is asked for", async () => {
    const etcd = connect({ batchReads: true, namespace: freshPrefix() });
    await etcd.put("a", "1");
    const entries = await Promise.all([etcd.get("a"), etcd.get(bytes("a")), etcd.get("b"), etcd.get("a")]);
    expect(entries.map((entry) => entry?.text())).toEqual(["1", "1", undefined, "1"]);
    // Each has bytes of its own.
    const [first, second] = entries;
    first?.value.fill(0);
    first?.keyBytes.fill(0);
    expect([second?.key, second?.text()]).toEqual(["a", "1"]);
  });

  it("leaves a lone read, one of another revision, and a serializable one as they are", async () => {
    const { interceptor, calls, rpcs } = recorder();
    const etcd = connect({ batchReads: true, interceptors: [interceptor], namespace: freshPrefix() });
    const { revision } = await etcd.put("a", "1");
    await etcd.put("a", "2");
    calls.length = 0;
    expect((await etcd.get("a"))?.text()).toBe("2");
    expect(rpcs()).toEqual(["Range"]);
    const both = await Promise.all([etcd.get("a", { revision }), etcd.get("a", { serializable: true })]);
    expect(both.map((entry) => entry?.text())).toEqual(["1", "2"]);
    expect(rpcs()).toEqual(["Range", "Range", "Range"]);
  });

  it("shares batches between the views of a client", async () => {
    const { interceptor, calls, rpcs } = recorder();
    const prefix = freshPrefix();
    const etcd = connect({ batchReads: true, interceptors: [interceptor] });
    await etcd.put(`${prefix}a`, "1");
    calls.length = 0;
    const [outer, inner] = await Promise.all([etcd.get(`${prefix}a`), etcd.namespace(prefix).get("a")]);
    expect([outer?.key, inner?.key]).toEqual([`${prefix}a`, "a"]);
    expect(rpcs()).toEqual(["Txn"]);
  });

  it("does not batch unless told to, nor over ticks", async () => {
    const { interceptor, rpcs } = recorder();
    const plain = connect({ interceptors: [interceptor] });
    await Promise.all([plain.get("a"), plain.get("b")]);
    expect(rpcs()).toEqual(["Range", "Range"]);
    const batching = connect({ interceptors: [interceptor], batchReads: true });
    const first = batching.get("a");
    await Promise.resolve();
    await Promise.resolve();
    await Promise.all([first, batching.get("b")]);
    expect(rpcs().slice(2)).toEqual(["Range", "Range"]);
  });

  it("lets one reader give up without the others noticing", async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const { interceptor, calls, rpcs } = recorder();
    const held: Interceptor = (next) => async (request) => {
      if (request.method.name === "Txn") await gate;
      return next(request);
    };
    const prefix = freshPrefix();
    const etcd = connect({ batchReads: true, interceptors: [interceptor, held], namespace: prefix });
    await etcd.put("a", "1");
    calls.length = 0;
    const controller = new AbortController();
    const [aborted, late, patient] = [
      etcd.get("a", { signal: controller.signal }),
      etcd.get("a", { timeoutMs: 20 }),
      etcd.get("a"),
    ];
    const timedOut = expect(late).rejects.toMatchObject({ reason: "Timeout", outcome: "not-applied" });
    await until("the request is under way", () => calls.length === 1);
    const reason = new Error("changed my mind");
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    await timedOut;
    release();
    expect((await patient)?.text()).toBe("1");
    expect(rpcs()).toEqual(["Txn"]);
  });

  it("lives as long as its most patient reader, for whom the client's own time counts as well", async () => {
    const slow: Interceptor = (next) => async (request) => {
      const { signal } = request;
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, 400);
        signal.addEventListener("abort", () => resolve(clearTimeout(timer)));
      });
      return next(request);
    };
    const options = { batchReads: true, interceptors: [slow], retry: false } as const;
    const key = `${freshPrefix()}a`;
    const hasty = connect({ ...options, timeoutMs: 100 });
    const [patient, byDefault] = await Promise.allSettled([hasty.get(key, { timeoutMs: 10_000 }), hasty.get(key)]);
    expect(patient).toEqual({ status: "fulfilled", value: null });
    expect(byDefault).toMatchObject({ reason: { reason: "Timeout", outcome: "not-applied" } });
    const calm = connect(options);
    const [early, late] = await Promise.allSettled([calm.get(key, { timeoutMs: 100 }), calm.get(key)]);
    expect(early).toMatchObject({ reason: { reason: "Timeout", outcome: "not-applied" } });
    expect(late).toEqual({ status: "fulfilled", value: null });
  });

  it("ends its request when all readers have left", async () => {
    const signals: AbortSignal[] = [];
    const silent: Interceptor = () => async (request) => {
      signals.push(request.signal);
      await new Promise<void>((resolve) => request.signal.addEventListener("abort", () => resolve()));
      throw request.signal.reason;
    };
    const etcd = connect({ batchReads: true, interceptors: [silent], timeoutMs: 60_000 });
    const leaving = new AbortController();
    const all = Promise.allSettled([
      etcd.get("a", { signal: leaving.signal }),
      etcd.get("b", { signal: leaving.signal }),
      etcd.get("c", { timeoutMs: 50 }),
    ]);
    await until("the request is under way", () => signals.length === 1);
    leaving.abort("enough");
    const settled = await all;
    expect(settled.map((each) => each.status === "rejected" && String(each.reason?.reason ?? each.reason))).toEqual([
      "enough",
      "enough",
      "Timeout",
    ]);
    await until("the request has ended", () => signals[0]?.aborted === true);
  });

  it("refuses a bad read alone, before it is sent", async () => {
    const { interceptor, rpcs } = recorder();
    const etcd = connect({ batchReads: true, interceptors: [interceptor] });
    const key = `${freshPrefix()}a`;
    const bad = [
      etcd.get(""),
      etcd.get(5 as never),
      etcd.get(key, { timeoutMs: 0 }),
      etcd.get(key, { timeoutMs: NaN }),
      etcd.get(key, { signal: AbortSignal.abort("no") }),
    ];
    const good = etcd.get(key, { timeoutMs: 5000 });
    const settled = await Promise.allSettled(bad);
    expect(
      settled.map((each) =>
        each.status === "rejected" ? ((each.reason as { reason?: string }).reason ?? each.reason) : "passed",
      ),
    ).toEqual(["InvalidArgument", "InvalidArgument", "InvalidArgument", "InvalidArgument", "no"]);
    expect(await good).toBeNull();
    expect(rpcs()).toHaveLength(1);
  });

  it.each([
    ["a key of the batch may not be read", "etcdserver: permission denied", Code.PermissionDenied],
    ["the server takes fewer operations", "etcdserver: too many operations in txn request", Code.InvalidArgument],
  ])("falls back to single reads where %s", async (_, message, code) => {
    const { interceptor, rpcs } = recorder();
    const namespace = freshPrefix();
    await connect({ namespace }).put("a", "1");
    const etcd = connect({ batchReads: true, interceptors: [interceptor, refuseTxn(message, code)], namespace });
    const [found, missing] = await Promise.all([etcd.get("a"), etcd.get("b")]);
    expect([found?.text(), missing]).toEqual(["1", null]);
    expect(rpcs()).toEqual(["Txn", "Range", "Range"]);
  });

  it("gives each its own verdict in the fallback", async () => {
    const namespace = freshPrefix();
    await connect({ namespace }).put("a", "1");
    const denied: Interceptor = (next) => (request) => {
      const key = "key" in request.message ? new TextDecoder().decode(request.message.key as Uint8Array) : "";
      if (request.method.name !== "Range" || key.endsWith("secret")) {
        throw new ConnectError("etcdserver: permission denied", Code.PermissionDenied);
      }
      return next(request);
    };
    const etcd = connect({ batchReads: true, interceptors: [denied], namespace });
    const [found, refused] = await Promise.allSettled([etcd.get("a"), etcd.get("secret")]);
    expect(found.status === "fulfilled" && value(found.value).text()).toBe("1");
    expect(refused).toMatchObject({
      status: "rejected",
      reason: { reason: "PermissionDenied", outcome: "not-applied" },
    });
  });

  it("fails all reads of a batch with what the request failed with", async () => {
    const etcd = connect({
      batchReads: true,
      retry: false,
      interceptors: [refuseTxn("etcdserver: corrupt cluster", Code.DataLoss)],
    });
    const settled = await Promise.allSettled([etcd.get("a"), etcd.get("b")]);
    expect(settled).toMatchObject([{ reason: { reason: "Corrupt" } }, { reason: { reason: "Corrupt" } }]);
    await etcd.close();
    await expect(etcd.get("a")).rejects.toMatchObject({ reason: "Closed", outcome: "not-applied" });
    await expect(Promise.all([etcd.get("a"), etcd.get("b")])).rejects.toMatchObject({ reason: "Closed" });
  });
}
