import { Code, createClient, type Interceptor } from "@connectrpc/connect";
import { describe, expect, it, vi } from "vitest";
import { Auth } from "../../src/gen/etcdserverpb/auth_pb.ts";
import { KV } from "../../src/gen/etcdserverpb/kv_pb.ts";
import { Watch } from "../../src/gen/etcdserverpb/watch_pb.ts";
import { createEtcd } from "../../src/index.ts";
import { gatewayTransport } from "../../src/transport/gateway-transport.ts";
import { drain, open, put, watch } from "./transport-calls.ts";
import { etcdErrorOf, thrownBy } from "./etcd-error.ts";
import { okJson, scriptedFetch, silentFetch } from "./scripted-fetch.ts";

const passing: Interceptor = (next) => next;

const created = '{"result":{"header":{"revision":"7"},"created":true}}\n';
const opaque = (): never => {
  throw new TypeError("Failed to fetch");
};

describe("a time-out", () => {
  it("ends a call that has no answer", async () => {
    const transport = gatewayTransport({ fetch: silentFetch().fetch });
    expect(await etcdErrorOf(put(transport, { timeoutMs: 5 }))).toMatchObject({
      reason: "Timeout",
      outcome: "unknown",
      attempts: [{ reason: "Timeout" }],
    });
    expect(await etcdErrorOf(watch(transport, { timeoutMs: 5 }))).toMatchObject({ reason: "Timeout" });
  });

  it.each([0, -1])("of %i means no limit, as in all of Connect", async (timeoutMs) => {
    const { fetch } = scriptedFetch(async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return okJson();
    });
    expect(await put(gatewayTransport({ fetch }), { timeoutMs })).toMatchObject({ header: { revision: 7n } });
    expect(await put(gatewayTransport({ fetch, interceptors: [passing] }), { timeoutMs })).toMatchObject({
      header: {},
    });
  });

  it("leaves no timer behind, with interceptors or without", async () => {
    vi.useFakeTimers();
    try {
      const { fetch } = scriptedFetch(({ url }) => (url.endsWith("watch") ? new Response(created) : okJson()));
      for (const interceptors of [[], [passing]]) {
        const transport = gatewayTransport({ fetch, interceptors });
        await put(transport, { timeoutMs: 60_000 });
        await drain(await watch(transport, { timeoutMs: 60_000 }));
        for await (const _ of await watch(transport, { timeoutMs: 60_000 })) break;
        const failing = gatewayTransport({ fetch: scriptedFetch(opaque).fetch, interceptors });
        await etcdErrorOf(put(failing, { timeoutMs: 60_000 }));
        await etcdErrorOf(watch(failing, { timeoutMs: 60_000 }));
        expect(vi.getTimerCount()).toBe(0);
      }
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("the headers of an answer", () => {
  it("are made only for interceptors and for Connect's own clients", async () => {
    let looked = 0;
    const { fetch } = scriptedFetch(() =>
      Object.defineProperty(okJson(), "headers", {
        get() {
          looked++;
          return new Headers({ "x-from": "here" });
        },
      }),
    );
    const client = createEtcd({ endpoints: "http://127.0.0.1:2379", fetch });
    await client.put("a", "1");
    expect(looked).toBe(0);
    await createEtcd({ endpoints: "http://127.0.0.1:2379", fetch, interceptors: [passing] }).put("a", "1");
    expect(looked).toBe(1);
    let seen: string | null = "";
    const onHeader = (headers: Headers): void => void (seen = headers.get("x-from"));
    await createClient(KV, gatewayTransport({ fetch })).put({ key: new Uint8Array([1]) }, { onHeader });
    expect(seen).toBe("here");
  });
});

describe("messages of a stream that do not end", () => {
  it.each([[[]], [[passing]]])(
    "are waited for no longer than the call may take, and told to end",
    async (interceptors) => {
      const { fetch, sent } = scriptedFetch(() => new Response(created));
      const transport = gatewayTransport({ fetch, interceptors });
      const { watch: method } = Watch.method;
      let ended = 0;
      async function* endless(): AsyncGenerator<object> {
        try {
          for (;;) {
            yield {};
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
        } finally {
          ended++;
        }
      }
      const silent = (): AsyncIterable<object> => ({
        [Symbol.asyncIterator]: () => ({
          next: () => new Promise(() => undefined),
          return: () => (ended++, new Promise(() => undefined)),
        }),
      });
      for (const input of [endless, silent]) {
        const late = transport.stream(method, undefined, 20, undefined, input());
        expect(await etcdErrorOf(late)).toMatchObject({ reason: "Timeout", outcome: "not-applied" });
        const controller = new AbortController();
        const left = transport.stream(method, controller.signal, undefined, undefined, input());
        controller.abort("enough");
        expect(await thrownBy(left)).toBe("enough");
      }
      expect(sent).toEqual([]);
      if (interceptors.length === 0) await vi.waitFor(() => expect(ended).toBe(4));
    },
  );
});

describe("an RPC without a path on the gateway", () => {
  it("is refused without a request", async () => {
    const { fetch, sent } = scriptedFetch(() => okJson());
    const error = await etcdErrorOf(open(gatewayTransport({ fetch }), KV.method.rangeStream, [{}]));
    expect(error).toMatchObject({ reason: "Unsupported", code: Code.Unimplemented, outcome: "not-applied" });
    expect(error.message).toContain("RangeStream");
    expect(sent).toEqual([]);
  });
});

describe("with Connect's own client", () => {
  it("calls and streams work, and errors are EtcdErrors", async () => {
    const { fetch } = scriptedFetch(({ url }) => {
      if (url.endsWith("watch")) return new Response(created);
      return url.endsWith("range")
        ? okJson({ count: "1" })
        : Response.json({ code: 3, message: "etcdserver: user name is empty" }, { status: 400 });
    });
    const transport = gatewayTransport({ fetch });
    async function* input(): AsyncGenerator<object> {
      yield {};
    }
    expect(await createClient(KV, transport).range({})).toMatchObject({ count: 1n });
    expect((await drain(createClient(Watch, transport).watch(input()))).values).toHaveLength(1);
    expect(await etcdErrorOf(createClient(Auth, transport).userList({}))).toMatchObject({ reason: "UserEmpty" });
  });
});
