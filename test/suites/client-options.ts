import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { expect, it } from "vitest";
import { createEtcd, type LogEvent } from "../../src/index.ts";
import { type Connect, freshPrefix } from "./connect.ts";
import { limit, recorder, take, until } from "./tools.ts";

/** Fails the first `n` requests of an RPC as a lost connection, before or after etcd got them. */
function failing(rpc: string, n: number, when: "before" | "after"): Interceptor {
  let left = n;
  return (next) => async (request) => {
    if (request.method.name !== rpc || left === 0) return next(request);
    left--;
    if (when === "after") await next(request);
    throw new ConnectError("etcdserver: request timed out", Code.Unavailable);
  };
}

export function optionSuite(connect: Connect): void {
  it("refuses options that do not exist, and names the nearest", () => {
    const odd = (options: object) => () => connect(options);
    expect(odd({ endpoint: "http://127.0.0.1:1" })).toThrow(
      expect.objectContaining({
        reason: "InvalidArgument",
        message: 'createEtcd: unknown option "endpoint"; did you mean "endpoints"?',
      }),
    );
    expect(odd({ timeout: 1 })).toThrow(/unknown option "timeout"; did you mean "timeoutMs"/);
    expect(odd({ retry: { baseMS: 1 } })).toThrow(/retry: unknown option "baseMS"; did you mean "baseMs"/);
    expect(odd({ auth: { user: "u", password: "p" } })).toThrow(/auth: unknown option "user"; did you mean "username"/);
    expect(() => createEtcd(null as never)).toThrow(expect.objectContaining({ reason: "InvalidArgument" }));
    expect(() => createEtcd("http://127.0.0.1:2379" as never)).toThrow(
      expect.objectContaining({ reason: "InvalidArgument" }),
    );
  });

  it.each([
    ["timeoutMs", 0],
    ["timeoutMs", -1],
    ["timeoutMs", NaN],
    ["timeoutMs", "5"],
    ["timeoutMs", 5n],
    ["requireLeader", "always"],
    ["exactlyOnce", "true"],
    ["batchReads", 1],
    ["shareRequests", "false"],
    ["logger", "console"],
    ["interceptors", {}],
    ["interceptors", ["auth"]],
    ["retry", { baseMs: -1 }],
    ["retry", { capMs: NaN }],
    ["retry", { attemptTimeoutMs: 0 }],
    ["retry", { maxAttempts: 0 }],
    ["retry", { maxAttempts: "3" }],
    ["expectedClusterId", 0n],
    ["expectedClusterId", 5],
    ["namespace", ""],
    ["auth", { username: "", password: "p" }],
    ["auth", { username: "u" }],
    ["auth", { username: "u", password: "p", token: "t" }],
    ["auth", { token: "line\nbreak" }],
  ])("refuses %s: %s", (name, bad) => {
    expect(() => connect({ [name]: bad })).toThrow(
      expect.objectContaining({ reason: "InvalidArgument", outcome: "not-applied" }),
    );
  });

  it("takes options that are set to undefined for options that are not there, and leaves them as they were", async () => {
    const options = Object.freeze({
      namespace: freshPrefix(),
      auth: undefined,
      interceptors: Object.freeze([]),
      timeoutMs: undefined,
      retry: undefined,
      exactlyOnce: undefined,
      batchReads: undefined,
      shareRequests: undefined,
      requireLeader: undefined,
      expectedClusterId: undefined,
      logger: undefined,
    });
    expect(
      await connect(options).get("a", { revision: undefined, signal: undefined, timeoutMs: undefined }),
    ).toBeNull();
  });

  it("tells its endpoints and the one in use", async () => {
    const { target } = connect;
    const etcd = connect();
    await etcd.get("a");
    expect(etcd.endpoints).toEqual(target.endpoints);
    expect(etcd.endpointInUse).toBe(target.endpoints[0] ?? "");
    expect(etcd.namespace("x/").endpoints).toEqual(target.endpoints);
  });

  it("lets interceptors see each request, and change its headers, the first of them outermost", async () => {
    const order: string[] = [];
    const named =
      (name: string): Interceptor =>
      (next) =>
      async (request) => {
        order.push(`${name} ${request.method.name} ${request.header.get("x-from") ?? "-"}`);
        request.header.set("x-from", name);
        const response = await next(request);
        order.push(`${name} done`);
        return response;
      };
    const etcd = connect({ interceptors: [named("outer"), named("inner")] });
    const put = etcd.put(`${freshPrefix()}a`, "1");
    if (connect.target.crossOrigin) {
      limit("headers of interceptors");
      await expect(put).rejects.toMatchObject({ reason: "Unreachable", outcome: "unknown" });
      expect(order).toEqual(["outer Put -", "inner Put outer"]);
    } else {
      await put;
      expect(order).toEqual(["outer Put -", "inner Put outer", "inner done", "outer done"]);
    }
  });

  it("takes an interceptor's error for an answer", async () => {
    const refuse: Interceptor = () => () => Promise.reject(new ConnectError("not on a Sunday", Code.PermissionDenied));
    const etcd = connect({ interceptors: [refuse] });
    await expect(etcd.get("a")).rejects.toMatchObject({ code: Code.PermissionDenied, message: "not on a Sunday" });
  });

  it("repeats a read whose answer was lost, tells the logger, and never repeats a plain write", async () => {
    const events: LogEvent[] = [];
    const { interceptor, calls, rpcs } = recorder();
    const logger = (event: LogEvent): void => void events.push(event);
    const key = `${freshPrefix()}a`;
    const reading = connect({ interceptors: [interceptor, failing("Range", 2, "before")], logger });
    expect(await reading.get(key)).toBeNull();
    expect(rpcs()).toEqual(["Range", "Range", "Range"]);
    expect(events).toMatchObject(
      Array.from({ length: 2 }, () => ({ type: "retry", rpc: "Range", outcome: "unknown" })),
    );
    expect(JSON.stringify(events.map((event) => ({ ...event })))).not.toContain(key);
    calls.length = 0;
    const writing = connect({ interceptors: [interceptor, failing("Put", 1, "after")], logger });
    await expect(writing.put(key, "1")).rejects.toMatchObject({ outcome: "unknown", retryable: false });
    expect(rpcs()).toEqual(["Put"]);
    expect(await reading.get(key)).toMatchObject({ version: 1n });
  });

  it("sends each call once with retry: false", async () => {
    const { interceptor, rpcs } = recorder();
    const etcd = connect({ interceptors: [interceptor, failing("Range", 1, "before")], retry: false });
    await expect(etcd.get("a")).rejects.toMatchObject({ outcome: "not-applied" });
    expect(rpcs()).toEqual(["Range"]);
  });

  it("tells the logger of watches, and goes on when it throws", async () => {
    const events: LogEvent[] = [];
    const etcd = connect({
      logger(event) {
        events.push(event);
        throw new Error("out of paper");
      },
    });
    const prefix = freshPrefix();
    const watch = etcd.watch({ prefix });
    const { revision } = await watch.ready;
    await etcd.put(`${prefix}a`, "1");
    expect(await take(1, watch)).toHaveLength(1);
    expect(events).toEqual([{ type: "watch", state: "live", revision, reason: undefined }]);
  });

  it("refuses answers of another cluster than the expected one", async () => {
    let clusterId = 0n;
    const look: Interceptor = (next) => async (request) => {
      const response = await next(request);
      if (!response.stream && "header" in response.message) {
        ({ clusterId } = response.message.header as { clusterId: bigint });
      }
      return response;
    };
    const key = `${freshPrefix()}a`;
    await connect({ interceptors: [look] }).put(key, "1");
    const right = connect({ expectedClusterId: clusterId });
    expect((await right.get(key))?.text()).toBe("1");
    const wrong = connect({ expectedClusterId: clusterId + 1n });
    await expect(wrong.get(key)).rejects.toMatchObject({ reason: "ClusterChanged" });
    await expect(wrong.watchOnce(key, { from: 1n })).rejects.toMatchObject({ reason: "ClusterChanged" });
    await expect(wrong.put(key, "2")).rejects.toMatchObject({ reason: "ClusterChanged", retryable: false });
  });

  it.each([true, false, "auto"] as const)("works with requireLeader: %s", async (requireLeader) => {
    const etcd = connect({ requireLeader });
    const key = `${freshPrefix()}a`;
    if (requireLeader === true && connect.target.crossOrigin) {
      limit("requireLeader: true");
      await expect(etcd.put(key, "1")).rejects.toMatchObject({ reason: "Unreachable", outcome: "unknown" });
      return;
    }
    const { revision } = await etcd.put(key, "1");
    expect((await etcd.watchOnce(key, { from: revision })).entry.text()).toBe("1");
  });

  it("leaves the requests of other clients alone", async () => {
    const one = recorder();
    const two = recorder();
    const first = connect({ interceptors: [one.interceptor] });
    const second = connect({ interceptors: [two.interceptor] });
    await first.get("a");
    await second.get("a");
    await until("both are counted", () => one.calls.length + two.calls.length === 2);
    expect([one.rpcs(), two.rpcs()]).toEqual([["Range"], ["Range"]]);
  });
}
