import { create, isMessage } from "@bufbuild/protobuf";
import { ConnectError, type Interceptor, type Transport } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { PutRequestSchema } from "../../src/gen/etcdserverpb/kv_pb.ts";
import { WatchRequestSchema } from "../../src/gen/etcdserverpb/watch_pb.ts";
import { endpointKey } from "../../src/transport/context.ts";
import { raceAbort } from "../../src/transport/deadline.ts";
import { gatewayTransport } from "../../src/transport/gateway-transport.ts";
import { createEtcd } from "../../src/v3/client.ts";
import { drain, put, watch, withContext } from "./transport-calls.ts";
import { etcdErrorOf, tokenCanary } from "./etcd-error.ts";
import { okJson, scriptedFetch } from "./scripted-fetch.ts";

type Request = Parameters<ReturnType<Interceptor>>[0];

const created = '{"result":{"header":{},"created":true}}\n';
const both = () => scriptedFetch(({ url }) => (url.endsWith("watch") ? new Response(created + created) : okJson()));

/** Says when a request passes on its way out, and an answer on its way back. */
const noting =
  (name: string, log: string[]): Interceptor =>
  (next) =>
  async (request) => {
    log.push(`${name} out`);
    try {
      return await next(request);
    } finally {
      log.push(`${name} back`);
    }
  };

const seeing =
  (seen: Request[]): Interceptor =>
  (next) =>
  (request) => {
    seen.push(request);
    return next(request);
  };

describe("interceptors", () => {
  it("wrap each call and stream, the first outermost", async () => {
    for (const send of [put, watch]) {
      const log: string[] = [];
      const { fetch } = both();
      await send(gatewayTransport({ fetch, interceptors: [noting("a", log), noting("b", log)] }));
      expect(log).toEqual(["a out", "b out", "b back", "a back"]);
    }
  });

  it("see the RPC, a whole message, the headers, the context and a signal", async () => {
    const seen: Request[] = [];
    const { fetch } = both();
    const transport = gatewayTransport({ fetch, interceptors: [seeing(seen)] });
    const header = new Headers({ authorization: tokenCanary });
    await put(transport, { header, ...withContext(endpointKey, "http://127.0.0.1:2379") });
    const [request] = seen;
    if (request === undefined || request.stream) expect.fail("not a call");
    expect(request).toMatchObject({
      url: "/etcdserverpb.KV/Put",
      requestMethod: "POST",
      method: { name: "Put" },
      service: { typeName: "etcdserverpb.KV" },
    });
    expect(request.message).toMatchObject({ lease: 0n, prevKv: false });
    expect(isMessage(request.message, PutRequestSchema)).toBe(true);
    expect(request.header.get("authorization")).toBe(tokenCanary);
    expect(request.header).not.toBe(header);
    expect(request.contextValues.get(endpointKey)).toBe("http://127.0.0.1:2379");
    expect(request.signal).toBeInstanceOf(AbortSignal);
  });

  it("see the messages of a stream, whole ones", async () => {
    const seen: unknown[] = [];
    const { fetch } = both();
    const spying: Interceptor = (next) => (request) => {
      if (!request.stream) return next(request);
      const { message } = request;
      async function* noted(): typeof message extends AsyncIterable<infer T> ? AsyncGenerator<T> : never {
        for await (const each of message) {
          seen.push(each);
          yield each;
        }
      }
      return next({ ...request, message: noted() });
    };
    await drain(await watch(gatewayTransport({ fetch, interceptors: [spying] })));
    expect(seen).toHaveLength(1);
    expect(isMessage(seen[0], WatchRequestSchema)).toBe(true);
  });

  it("may change what is sent and what comes back", async () => {
    const { fetch, sent } = both();
    const changing: Interceptor = (next) => async (request) => {
      request.header.set("authorization", tokenCanary);
      request.contextValues.set(endpointKey, "http://b");
      const response = await next(
        request.stream ? request : { ...request, message: create(PutRequestSchema, { key: new Uint8Array([2]) }) },
      );
      response.header.set("x-seen", "yes");
      return response;
    };
    const transport = gatewayTransport({ fetch, endpoints: ["http://a", "http://b"], interceptors: [changing] });
    await put(transport);
    await watch(transport);
    expect(sent.map(({ url }) => url)).toEqual(["http://b/v3/kv/put", "http://b/v3/watch"]);
    expect(sent[0]?.body).toBe('{"key":"Ag=="}');
    expect(sent.map(({ headerNames }) => headerNames.includes("authorization"))).toEqual([true, true]);
  });

  it("may call again, and may give up", async () => {
    let calls = 0;
    const { fetch } = scriptedFetch(() => (++calls < 3 ? new Response("", { status: 502 }) : okJson()));
    const stubborn: Interceptor = (next) => async (request) => {
      for (;;) {
        const response = await next(request).catch(() => undefined);
        if (response !== undefined) return response;
      }
    };
    expect(await put(gatewayTransport({ fetch, interceptors: [stubborn] }))).toMatchObject({
      header: { revision: 7n },
    });
    expect(calls).toBe(3);
    const refusing: Interceptor = () => () => Promise.reject(new ConnectError("no"));
    await expect(put(gatewayTransport({ fetch, interceptors: [refusing] }))).rejects.toThrow("no");
    expect(calls).toBe(3);
  });

  it("get a signal that carries the call's time-out and the caller's abort", async () => {
    const waiting: Interceptor = () => (request) => raceAbort(new Promise(() => undefined), request.signal);
    const transport = gatewayTransport({ interceptors: [waiting] });
    expect(await etcdErrorOf(put(transport, { timeoutMs: 5 }))).toMatchObject({ reason: "Timeout" });
    expect(await etcdErrorOf(watch(transport, { timeoutMs: 5 }))).toMatchObject({ reason: "Timeout" });
    const controller = new AbortController();
    const call = put(transport, { signal: controller.signal, timeoutMs: 60_000 });
    controller.abort("mine");
    await expect(call).rejects.toBe("mine");
    await expect(put(transport, { signal: controller.signal })).rejects.toBe("mine");
  });

  it("do not outlast a call's time by never answering", async () => {
    const silent: Interceptor = () => () => new Promise(() => undefined);
    const transport = gatewayTransport({ interceptors: [silent] });
    await expect(put(transport, { timeoutMs: 20 })).rejects.toMatchObject({ reason: "Timeout" });
    await expect(watch(transport, { timeoutMs: 20 })).rejects.toMatchObject({ reason: "Timeout" });
  });

  it("are not needed for a transport that never answers to be given up in time", async () => {
    const silent: Transport = { unary: () => new Promise(() => undefined), stream: () => new Promise(() => undefined) };
    const etcd = createEtcd({ transport: silent, timeoutMs: 20 });
    await expect(etcd.get("a")).rejects.toMatchObject({ reason: "Timeout", outcome: "not-applied" });
    await expect(etcd.put("a", "1")).rejects.toMatchObject({ reason: "Timeout", outcome: "unknown" });
    const watch = etcd.watch("a");
    await etcd.close();
    await expect(watch.ready).rejects.toMatchObject({ reason: "Closed" });
  });

  it("leave it to the transport to say how far a call in time-out got", async () => {
    const hanging = (_: string, { signal }: RequestInit) =>
      new Promise<Response>((_resolve, reject) => signal?.addEventListener("abort", () => reject(new Error("late"))));
    const transport = gatewayTransport({ fetch: hanging, interceptors: [(next) => next] });
    const error = await etcdErrorOf(put(transport, { timeoutMs: 20 }));
    expect(error).toMatchObject({ reason: "Timeout", outcome: "unknown", attempts: [{ reason: "Timeout" }] });
    const late: Interceptor = (next) => async (request) => {
      await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
      return next(request);
    };
    const unsent = put(gatewayTransport({ fetch: hanging, interceptors: [late] }), { timeoutMs: 20 });
    expect(await etcdErrorOf(unsent)).toMatchObject({ reason: "Timeout", outcome: "not-applied" });
  });

  it("keep a stream's time-out running until the stream ends", async () => {
    const transport = gatewayTransport({
      interceptors: [(next) => next],
      fetch: (_, { signal }) => {
        const body = new ReadableStream<Uint8Array>({
          start(controller) {
            controller.enqueue(new TextEncoder().encode(created));
            signal?.addEventListener("abort", () => controller.error(signal.reason));
          },
        });
        return Promise.resolve(new Response(body));
      },
    });
    const { values, error } = await drain(await watch(transport, { timeoutMs: 200 }));
    expect(values).toHaveLength(1);
    expect(await etcdErrorOf(Promise.reject(error))).toMatchObject({ reason: "Timeout" });
  });
});
