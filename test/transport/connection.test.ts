import { ConnectError, type Transport } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KV } from "../../src/gen/etcdserverpb/kv_pb.ts";
import { Lease } from "../../src/gen/etcdserverpb/lease_pb.ts";
import { Watch } from "../../src/gen/etcdserverpb/watch_pb.ts";
import type { Connection } from "../../src/transport/connection.ts";
import { type ConnectionConfig, createConnection } from "../../src/transport/create-connection.ts";
import { EtcdError } from "../../src/transport/errors/etcd-error.ts";
import { gatewayTransport } from "../../src/transport/gateway-transport.ts";
import { silent } from "../../src/transport/log.ts";
import { fetchedToken } from "../../src/transport/auth/token.ts";
import { etcdErrorOf, thrownBy, tokenCanary } from "./etcd-error.ts";
import { bodyOf, okJson, scriptedFetch, type ScriptedFetch, silentFetch } from "./scripted-fetch.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const key = new Uint8Array([97]);
const create = { requestUnion: { case: "createRequest" as const, value: { key } } };
const allTime = (): Promise<unknown> => vi.runAllTimersAsync();

function connectionOver(
  { fetch }: ScriptedFetch,
  more: Partial<ConnectionConfig> & { readonly endpoints?: string[] } = {},
): Connection {
  const { endpoints = ["http://127.0.0.1:7001", "http://127.0.0.1:7002"], ...config } = more;
  const gateway = gatewayTransport({ endpoints, fetch, authenticated: false });
  const fixed = {
    token: undefined,
    timeoutMs: 10_000,
    retry: {},
    requireLeader: "auto",
    expectedClusterId: undefined,
    log: silent,
  } as const;
  return createConnection({ transport: gateway, gateway, ...fixed, ...config });
}

const hosts = ({ sent }: ScriptedFetch): string[] => sent.map(({ url }) => new URL(url).port);

describe("a connection", () => {
  it("A8: reads leave an endpoint that does not answer, writes wait for it", async () => {
    const fetch = scriptedFetch(({ url }) => (url.includes(":7001/") ? new Promise<never>(() => undefined) : okJson()));
    const connection = connectionOver(fetch);
    const read = connection.unary(KV.method.range, { key });
    await allTime();
    await read;
    await connection.unary(KV.method.put, { key });
    expect(hosts(fetch)).toEqual(["7001", "7002", "7002"]);
    expect([connection.endpointInUse, vi.getTimerCount()]).toEqual(["http://127.0.0.1:7002", 0]);

    const write = etcdErrorOf(connectionOver(fetch).unary(KV.method.put, { key }));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await write).toMatchObject({ reason: "Timeout", outcome: "unknown" });
  });

  it("a call for one endpoint goes there only, however often", async () => {
    let left = 3;
    const fetch = scriptedFetch(({ url }) =>
      url.includes(":7002/") && left-- > 0 ? new Response("", { status: 503 }) : okJson(),
    );
    const reading = connectionOver(fetch).unary(KV.method.range, { key }, { endpoint: "http://127.0.0.1:7002" });
    await allTime();
    await reading;
    expect(hosts(fetch)).toEqual(["7002", "7002", "7002", "7002"]);
  });

  it("E27: a stream that is refused for its token is opened again with the same messages", async () => {
    const refused = { error: { grpc_code: 16, message: "etcdserver: invalid auth token" } };
    const fetch = scriptedFetch(({ init }) =>
      new Headers(init.headers).get("authorization") === "t2"
        ? new Response(bodyOf([]).body)
        : Response.json(refused, { status: 401 }),
    );
    let logins = 0;
    const token = fetchedToken({ fetchToken: () => Promise.resolve(`t${++logins}`) });
    const connection = connectionOver(fetch, { token });
    const { messages } = await connection.stream(Lease.method.leaseKeepAlive, [{ ID: 7n }, { ID: 8n }]);
    for await (const _ of messages) expect.fail("no message");
    const [first, second] = fetch.sent.map(({ body }) => body);
    expect(first).toBe('{"ID":"7"}\n{"ID":"8"}\n');
    expect(second).toBe(first);
    expect([fetch.sent.length, logins]).toEqual([2, 2]);
  });

  it("a stream outlives every time-out, and frees its request when it is left", async () => {
    const { body, isCancelled } = bodyOf(['{"result":{"header":{},"created":true}}\n'], "open");
    const connection = connectionOver(
      scriptedFetch(() => new Response(body)),
      { timeoutMs: 10 },
    );
    const { messages } = await connection.stream(Watch.method.watch, [create]);
    for await (const { created } of messages) {
      expect(created).toBe(true);
      await vi.advanceTimersByTimeAsync(1_000_000);
      expect(isCancelled()).toBe(false);
      break;
    }
    await vi.advanceTimersByTimeAsync(0);
    expect(isCancelled()).toBe(true);
  });

  it.each([
    ["auto", false, true],
    [true, true, true],
    [false, false, false],
  ] as const)(
    "C5: requireLeader %s: the header is on calls %s, on streams %s",
    async (requireLeader, onCalls, onStreams) => {
      const fetch = scriptedFetch(({ url }) => (url.endsWith("/watch") ? new Response("") : okJson()));
      const connection = connectionOver(fetch, { requireLeader });
      await connection.unary(KV.method.range, { key });
      await connection.stream(Watch.method.watch, [create]);
      expect(fetch.sent.map(({ headerNames }) => headerNames.includes("grpc-metadata-hasleader"))).toEqual([
        onCalls,
        onStreams,
      ]);
    },
  );

  it("C5: another transport than the gateway is asked for a leader by gRPC metadata", async () => {
    const headers: Headers[] = [];
    const note = (...[, , , header]: Parameters<Transport["unary"]>): Promise<never> => {
      headers.push(new Headers(header));
      return Promise.reject(new ConnectError("enough"));
    };
    const transport: Transport = { unary: note, stream: () => Promise.reject(new ConnectError("no stream")) };
    const connection = connectionOver(silentFetch(), {
      transport,
      gateway: undefined,
      requireLeader: true,
      retry: false,
    });
    await thrownBy(connection.unary(KV.method.range, { key }));
    expect(headers.map((each) => each.get("hasleader"))).toEqual(["true"]);
    expect(await etcdErrorOf(connection.get("/health"))).toMatchObject({
      reason: "Unsupported",
      outcome: "not-applied",
    });
  });

  it("a plain GET is read, and repeated as a read", async () => {
    let broken = true;
    const fetch = scriptedFetch(() => {
      if (!broken) return new Response("healthy");
      broken = false;
      return new Response("", { status: 502 });
    });
    const health = connectionOver(fetch).get("/health");
    await allTime();
    expect(await health).toBe("healthy");
    expect(hosts(fetch)).toEqual(["7001", "7002"]);
  });

  it("work of its own is repeated and bounded alike", async () => {
    const connection = connectionOver(silentFetch());
    const refused = new EtcdError("refused", "Unreachable", { outcome: "not-applied" });
    let tries = 0;
    const work = connection.bounded("Work", { idempotency: "keyed" }, () =>
      ++tries < 3 ? Promise.reject(refused) : Promise.resolve(tries),
    );
    await allTime();
    expect(await work).toBe(3);
    const untilAborted = (signal: AbortSignal): Promise<never> =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const endless = etcdErrorOf(connection.bounded("Work", { timeoutMs: 50 }, untilAborted));
    await vi.advanceTimersByTimeAsync(50);
    expect(await endless).toMatchObject({ reason: "Timeout", outcome: "unknown" });
  });

  it.each([0, -1, NaN])("G4: a time-out of %d is refused", async (timeoutMs) => {
    const fetch = silentFetch();
    expect(await etcdErrorOf(connectionOver(fetch).unary(KV.method.range, { key }, { timeoutMs }))).toMatchObject({
      reason: "InvalidArgument",
    });
    expect(fetch.sent).toEqual([]);
  });
});

/** A watch that is confirmed and stays open until it is aborted, which then breaks it as in a real fetch. */
function createdThenOpen(signal: AbortSignal | null | undefined): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"result":{"header":{},"created":true}}\n'));
      signal?.addEventListener("abort", () => controller.error(signal.reason));
    },
  });
}

describe("closing a connection", () => {
  it("ends every call and stream with Closed, frees their requests, and refuses the next", async () => {
    const fetch = scriptedFetch(({ url, init }) =>
      url.endsWith("/watch") ? new Response(createdThenOpen(init.signal)) : new Promise<never>(() => undefined),
    );
    const connection = connectionOver(fetch);
    const write = etcdErrorOf(connection.unary(KV.method.put, { key }));
    const read = etcdErrorOf(connection.unary(KV.method.range, { key }));
    const reader = (await connection.stream(Watch.method.watch, [create])).messages[Symbol.asyncIterator]();
    await reader.next();
    const watch = etcdErrorOf(reader.next());
    await vi.advanceTimersByTimeAsync(0);
    connection.close();
    expect(await write).toMatchObject({ reason: "Closed", outcome: "unknown", retryable: false });
    expect(await read).toMatchObject({ reason: "Closed", outcome: "not-applied" });
    expect(await watch).toMatchObject({ reason: "Closed" });
    const sent = fetch.sent.length;
    expect(await etcdErrorOf(connection.unary(KV.method.put, { key }))).toMatchObject({
      reason: "Closed",
      outcome: "not-applied",
    });
    expect(await etcdErrorOf(connection.stream(Watch.method.watch, [create]))).toMatchObject({ reason: "Closed" });
    expect([fetch.sent.length, vi.getTimerCount(), connection.closed]).toEqual([sent, 0, true]);
  });

  it("S4: forgets the token", async () => {
    let logins = 0;
    const token = fetchedToken({ fetchToken: () => Promise.resolve(`${tokenCanary}${++logins}`) });
    const connection = connectionOver(
      scriptedFetch(() => okJson()),
      { token },
    );
    await connection.unary(KV.method.range, { key });
    connection.close();
    await token.get(new AbortController().signal);
    expect(logins).toBe(2);
  });

  it("B27: a caller's signal ends a stream at once, also one with messages that have arrived", async () => {
    const lines = '{"result":{"header":{},"created":true}}\n'.repeat(3);
    const { body } = bodyOf([lines], "open");
    const connection = connectionOver(scriptedFetch(() => new Response(body)));
    const controller = new AbortController();
    const { signal } = controller;
    const { messages } = await connection.stream(Watch.method.watch, [create], { signal });
    const reader = messages[Symbol.asyncIterator]();
    expect((await reader.next()).done).toBe(false);
    controller.abort("enough");
    expect(await thrownBy(reader.next())).toBe("enough");
  });

  it("B27: a caller's signal ends a call with its own reason, and leaves no listener", async () => {
    const controller = new AbortController();
    const remove = vi.spyOn(controller.signal, "removeEventListener");
    const add = vi.spyOn(controller.signal, "addEventListener");
    const connection = connectionOver(silentFetch());
    const call = thrownBy(connection.unary(KV.method.put, { key }, { signal: controller.signal }));
    await vi.advanceTimersByTimeAsync(1);
    controller.abort("enough");
    expect(await call).toBe("enough");
    expect([add.mock.calls.length, vi.getTimerCount()]).toEqual([remove.mock.calls.length, 0]);
  });
});
