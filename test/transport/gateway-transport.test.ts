import { Code, createClient, type Interceptor } from "@connectrpc/connect";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { responder } from "../../e2e/responder.ts";
import { Auth } from "../../src/gen/etcdserverpb/auth_pb.ts";
import { KV } from "../../src/gen/etcdserverpb/kv_pb.ts";
import { Lease } from "../../src/gen/etcdserverpb/lease_pb.ts";
import { Maintenance } from "../../src/gen/etcdserverpb/maintenance_pb.ts";
import { Watch } from "../../src/gen/etcdserverpb/watch_pb.ts";
import { Election } from "../../src/gen/v3electionpb/election_pb.ts";
import { endpointKey, leaderKey } from "../../src/transport/context.ts";
import { createGatewayTransport } from "../../src/transport/gateway-transport.ts";
import { drain, open, put, range, watch, withContext } from "./calls.ts";
import { etcdErrorOf, passwordCanary, tokenCanary } from "./etcd-error.ts";
import { bodyOf, okJson, scriptedFetch, type ScriptedFetch, silentFetch } from "./scripted-fetch.ts";

afterEach(() => vi.unstubAllGlobals());

const passing: Interceptor = (next) => next;

const created = '{"result":{"header":{"revision":"7"},"created":true}}\n';
const event = '{"result":{"header":{"revision":"8"},"events":[{"kv":{"key":"YQ=="}}]}}\n';
const noLeader = () => Response.json({ code: 14, message: "etcdserver: no leader" }, { status: 503 });
const opaque = (): never => {
  throw new TypeError("Failed to fetch");
};

describe("the headers of a request", () => {
  it("are none without a token, so that a page of another origin needs no preflight", async () => {
    const { fetch, sent } = scriptedFetch(({ url }) => (url.endsWith("watch") ? new Response(created) : okJson()));
    const transport = createGatewayTransport({ fetch });
    for (const header of [undefined, {}, new Headers()]) {
      await put(transport, header === undefined ? {} : { header });
      await drain(await watch(transport, header === undefined ? {} : { header }));
    }
    expect(sent.map(({ init }) => init.headers)).toEqual(Array(6).fill(undefined));
  });

  it("over the wire are those of a simple request", async () => {
    const server = await responder(() => ({ body: '{"header":{}}' }));
    onTestFinished(() => server.close());
    await put(createGatewayTransport({ endpoints: server.url }));
    const [request] = server.requests;
    expect(request?.headers["content-type"]).toMatch(/^text\/plain/);
    for (const name of ["authorization", "cookie", "grpc-metadata-hasleader", "grpc-timeout"]) {
      expect(request?.headers).not.toHaveProperty(name);
    }
  });

  it("name the content type where a token makes a preflight due anyway", async () => {
    const { fetch, sent } = scriptedFetch(() => okJson());
    await put(createGatewayTransport({ fetch }), { header: { Authorization: tokenCanary } });
    expect(sent[0]?.init.headers).toEqual({ authorization: tokenCanary, "content-type": "application/json" });
  });

  it.each(["a\r\nx-evil: 1", "a\nb", "a\0b", "a\u20ac"])("S7: %j is refused before fetch sees it, and not shown", async (bad) => {
    const { fetch, sent } = scriptedFetch(() => okJson());
    for (const interceptors of [[], [passing]]) {
      const transport = createGatewayTransport({ fetch, interceptors });
      for (const send of [put, watch]) {
        const error = await etcdErrorOf(send(transport, { header: { authorization: tokenCanary + bad } }));
        expect(error).toMatchObject({ reason: "InvalidArgument", outcome: "not-applied", attempts: [] });
      }
      await etcdErrorOf(put(transport, { header: [[`x${bad}`, tokenCanary]] }));
    }
    expect(sent).toEqual([]);
  });
});

describe("the require-leader header", () => {
  const hasLeader = ({ sent }: ScriptedFetch): boolean[] =>
    sent.map(({ headerNames }) => headerNames.includes("grpc-metadata-hasleader"));
  const auto = withContext(leaderKey, "auto");
  const always = withContext(leaderKey, "always");

  it("is sent where always asked for, with calls and streams", async () => {
    const script = scriptedFetch(({ url }) => (url.endsWith("watch") ? new Response(created) : okJson()));
    const transport = createGatewayTransport({ fetch: script.fetch });
    await put(transport, always);
    await watch(transport, always);
    await put(transport);
    await watch(transport);
    expect(hasLeader(script)).toEqual([true, true, false, false]);
    expect(script.sent[0]?.init.headers).toMatchObject({ "grpc-metadata-hasleader": "true" });
  });

  it("with auto goes with streams alone, as long as the endpoint takes it", async () => {
    const script = scriptedFetch(({ url }) => (url.endsWith("watch") ? new Response(created) : okJson()));
    const transport = createGatewayTransport({ fetch: script.fetch });
    await put(transport, auto);
    await watch(transport, auto);
    await watch(transport, auto);
    expect(hasLeader(script)).toEqual([false, true, true]);
  });

  it("with auto is left out of an endpoint's streams after one opaque failure, which is how CORS refuses it", async () => {
    const script = scriptedFetch(({ headerNames }) => (headerNames.length > 0 ? opaque() : new Response(created)));
    const transport = createGatewayTransport({ fetch: script.fetch });
    expect(await etcdErrorOf(watch(transport, auto))).toMatchObject({ reason: "Unreachable", outcome: "unknown" });
    await watch(transport, auto);
    await watch(transport, auto);
    expect(hasLeader(script)).toEqual([true, false, false]);
  });

  it("is tried again when the stream fails without it as well", async () => {
    const script = scriptedFetch(opaque);
    const transport = createGatewayTransport({ fetch: script.fetch });
    for (let i = 0; i < 4; i++) await etcdErrorOf(watch(transport, auto));
    expect(hasLeader(script)).toEqual([true, false, true, false]);
  });

  it("is not given up for a failure after a success, for a stated error, or for a refused connection", async () => {
    const answers = [
      () => new Response(created),
      opaque,
      noLeader,
      () => { throw Object.assign(new TypeError("fetch failed"), { cause: Object.assign(new Error(), { code: "ECONNREFUSED" }) }); },
      () => new Response(created),
    ];
    let next = 0;
    const script = scriptedFetch(() => (answers[next++] ?? opaque)());
    const transport = createGatewayTransport({ fetch: script.fetch });
    await watch(transport, auto);
    for (let i = 0; i < 3; i++) await etcdErrorOf(watch(transport, auto));
    await watch(transport, auto);
    expect(hasLeader(script)).toEqual([true, true, true, true, true]);

    const refusing = scriptedFetch(noLeader);
    const other = createGatewayTransport({ fetch: refusing.fetch });
    for (let i = 0; i < 2; i++) await etcdErrorOf(watch(other, auto));
    expect(hasLeader(refusing)).toEqual([true, true]);
  });

  it("is learnt for each endpoint by itself", async () => {
    const script = scriptedFetch(({ url, headerNames }) => (url.startsWith("http://a") && headerNames.length > 0 ? opaque() : new Response(created)));
    const transport = createGatewayTransport({ fetch: script.fetch, endpoints: ["http://a", "http://b"] });
    await etcdErrorOf(watch(transport, auto));
    await watch(transport, auto);
    const toA = withContext(endpointKey, "http://a");
    toA.context?.set(leaderKey, "auto");
    await watch(transport, toA);
    expect(hasLeader(script)).toEqual([true, true, false]);
  });

  it("makes a refusal for want of a leader certain, for a call; without it the write may have gone through", async () => {
    const transport = createGatewayTransport({ fetch: scriptedFetch(noLeader).fetch });
    expect(await etcdErrorOf(put(transport, always))).toMatchObject({ reason: "NoLeader", outcome: "not-applied" });
    expect(await etcdErrorOf(put(transport))).toMatchObject({ reason: "NoLeader", outcome: "unknown" });
  });
});

describe("endpoints", () => {
  const endpoints = ["http://127.0.0.1:1001", "http://127.0.0.1:1002/prefix/"];

  it("a call goes to the one in use, its path behind the endpoint's own", async () => {
    const { fetch, sent } = scriptedFetch(({ url }) => (url.includes("1001") ? new Response("", { status: 502 }) : okJson()));
    const transport = createGatewayTransport({ fetch, endpoints });
    await etcdErrorOf(put(transport));
    expect(transport.endpoints.inUse.url).toBe("http://127.0.0.1:1002/prefix");
    await put(transport);
    await range(transport);
    expect(sent.map(({ url }) => url)).toEqual([
      "http://127.0.0.1:1001/v3/kv/put",
      "http://127.0.0.1:1002/prefix/v3/kv/put",
      "http://127.0.0.1:1002/prefix/v3/kv/range",
    ]);
  });

  it.each<[string, () => Response]>([
    ["a lost connection", opaque],
    ["a page", () => new Response("<html>")],
    ["a foreign 404", () => new Response("404 page not found", { status: 404 })],
    ["a redirect", () => new Response(null, { status: 307 })],
    ["a proxy's 503", () => new Response("", { status: 503 })],
    ["no leader", noLeader],
    ["server stopped", () => Response.json({ code: 14, message: "etcdserver: server stopped" }, { status: 503 })],
    ["request timed out", () => Response.json({ code: 14, message: "etcdserver: request timed out" }, { status: 503 })],
    ["A10: a learner", () => Response.json({ code: 9, message: "etcdserver: rpc not supported for learner" }, { status: 400 })],
  ])("%s makes the next call go to another", async (_, response) => {
    const transport = createGatewayTransport({ fetch: scriptedFetch(response).fetch, endpoints });
    await etcdErrorOf(put(transport));
    expect(transport.endpoints.inUse.url).toContain("1002");
  });

  it.each<[string, () => Response]>([
    ["a refusal of the request", () => Response.json({ code: 5, message: "etcdserver: requested lease not found" }, { status: 404 })],
    ["a refused token", () => Response.json({ code: 16, message: "etcdserver: invalid auth token" }, { status: 401 })],
    ["no space", () => Response.json({ code: 8, message: "etcdserver: mvcc: database space exceeded" }, { status: 429 })],
    ["an RPC that this version lacks", () => new Response("Not Found\n", { status: 404 })],
    ["success", () => okJson()],
  ])("%s does not", async (_, response) => {
    const transport = createGatewayTransport({ fetch: scriptedFetch(response).fetch, endpoints });
    await put(transport).catch(() => undefined);
    expect(transport.endpoints.inUse.url).toContain("1001");
  });

  it("a caller who leaves does not either", async () => {
    const transport = createGatewayTransport({ fetch: silentFetch().fetch, endpoints });
    await expect(put(transport, { signal: AbortSignal.timeout(1) })).rejects.toThrow("timeout");
    expect(transport.endpoints.inUse.url).toContain("1001");
  });

  it("a stream that breaks counts against its endpoint; one that ends does not", async () => {
    const broken = bodyOf([created], { error: new TypeError("terminated") });
    const bodies = [bodyOf([created]).body, broken.body];
    const { fetch } = scriptedFetch(() => new Response(bodies.shift() ?? null));
    const transport = createGatewayTransport({ fetch, endpoints });
    expect(await drain(await watch(transport))).not.toHaveProperty("error");
    expect(transport.endpoints.inUse.url).toContain("1001");
    const { error } = await drain(await watch(transport));
    expect(await etcdErrorOf(Promise.reject(error))).toMatchObject({ reason: "Unreachable", attempts: [{ endpoint: "http://127.0.0.1:1001" }] });
    expect(transport.endpoints.inUse.url).toContain("1002");
  });

  it("one of them can be asked for by the call's context", async () => {
    const { fetch, sent } = scriptedFetch(() => okJson());
    const transport = createGatewayTransport({ fetch, endpoints });
    await put(transport, withContext(endpointKey, "http://127.0.0.1:1002/prefix"));
    await transport.get("/health", "http://127.0.0.1:1002/prefix/", new AbortController().signal);
    await put(transport);
    expect(sent.map(({ url }) => url)).toEqual([
      "http://127.0.0.1:1002/prefix/v3/kv/put",
      "http://127.0.0.1:1002/prefix/health",
      "http://127.0.0.1:1001/v3/kv/put",
    ]);
  });

  it.each(["http://127.0.0.1:1003", "http://127.0.0.1:1002", "nowhere", `http://root:${passwordCanary}@127.0.0.1:1001`])(
    "S5: %s is none of them: refused before a request, token or not, leaves",
    async (url) => {
      const { fetch, sent } = scriptedFetch(() => okJson());
      const transport = createGatewayTransport({ fetch, endpoints });
      for (const send of [put, watch]) {
        expect(await etcdErrorOf(send(transport, { ...withContext(endpointKey, url), header: { authorization: tokenCanary } }))).toMatchObject({
          reason: "InvalidArgument",
          outcome: "not-applied",
        });
      }
      expect(sent).toEqual([]);
    },
  );

  it("are known to an error by their origin alone", async () => {
    const transport = createGatewayTransport({ fetch: scriptedFetch(opaque).fetch, endpoints: "http://127.0.0.1:1002/prefix" });
    const { attempts } = await etcdErrorOf(put(transport));
    expect(attempts).toEqual([{ endpoint: "http://127.0.0.1:1002", ms: expect.any(Number) as number, reason: "Unreachable", outcome: "unknown" }]);
  });

  it("default to etcd on this machine, and fetch to the global one of the moment", async () => {
    const transport = createGatewayTransport();
    const { fetch, sent } = scriptedFetch(() => okJson());
    vi.stubGlobal("fetch", fetch);
    await put(transport);
    expect(sent[0]?.url).toBe("http://127.0.0.1:2379/v3/kv/put");
  });
});

describe("a time-out", () => {
  it("ends a call that has no answer", async () => {
    const transport = createGatewayTransport({ fetch: silentFetch().fetch });
    expect(await etcdErrorOf(put(transport, { timeoutMs: 5 }))).toMatchObject({ reason: "Timeout", outcome: "unknown", attempts: [{ reason: "Timeout" }] });
    expect(await etcdErrorOf(watch(transport, { timeoutMs: 5 }))).toMatchObject({ reason: "Timeout" });
  });

  it.each([0, -1])("of %i is none, as in all of Connect", async (timeoutMs) => {
    const { fetch } = scriptedFetch(async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return okJson();
    });
    expect(await put(createGatewayTransport({ fetch }), { timeoutMs })).toMatchObject({ header: { revision: 7n } });
    expect(await put(createGatewayTransport({ fetch, interceptors: [passing] }), { timeoutMs })).toMatchObject({ header: {} });
  });

  it("S24: leaves no timer behind, with interceptors or without", async () => {
    vi.useFakeTimers();
    try {
      const { fetch } = scriptedFetch(({ url }) => (url.endsWith("watch") ? new Response(created) : okJson()));
      for (const interceptors of [[], [passing]]) {
        const transport = createGatewayTransport({ fetch, interceptors });
        await put(transport, { timeoutMs: 60_000 });
        await drain(await watch(transport, { timeoutMs: 60_000 }));
        for await (const _ of await watch(transport, { timeoutMs: 60_000 })) break;
        const failing = createGatewayTransport({ fetch: scriptedFetch(opaque).fetch, interceptors });
        await etcdErrorOf(put(failing, { timeoutMs: 60_000 }));
        await etcdErrorOf(watch(failing, { timeoutMs: 60_000 }));
        expect(vi.getTimerCount()).toBe(0);
      }
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a stream", () => {
  const streaming = (body: ReadableStream<Uint8Array>) => createGatewayTransport({ fetch: scriptedFetch(() => new Response(body)).fetch });

  it("sends all its messages in one body, a line each", async () => {
    const { fetch, sent } = scriptedFetch(() => new Response(""));
    const messages = [1n, 2n, 3n].map((ID) => ({ ID }));
    await drain(await open(createGatewayTransport({ fetch }), Lease.method.leaseKeepAlive, messages));
    expect(sent.map(({ body }) => body)).toEqual(['{"ID":"1"}\n{"ID":"2"}\n{"ID":"3"}\n']);
  });

  it("gives its messages as they come", async () => {
    const { body } = bodyOf([created, event.slice(0, 20), event.slice(20)], "open");
    const iterator = (await watch(streaming(body)))[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toMatchObject({ created: true });
    expect((await iterator.next()).value).toMatchObject({ events: [{ type: 0 }] });
    await iterator.return?.();
  });

  it("is let go of when its loop is left", async () => {
    const { body, isCancelled } = bodyOf([created, event], "open");
    for await (const message of await watch(streaming(body))) {
      expect(message.created).toBe(true);
      break;
    }
    await vi.waitFor(() => expect(isCancelled()).toBe(true));
  });

  it("is let go of when its loop throws", async () => {
    const { body, isCancelled } = bodyOf([created, event], "open");
    const work = async (): Promise<void> => {
      for await (const message of await watch(streaming(body))) throw new Error(`mine ${message.created}`);
    };
    await expect(work()).rejects.toThrow("mine true");
    await vi.waitFor(() => expect(isCancelled()).toBe(true));
  });

  it.each([
    ["a line that is not JSON", "nonsense\n", "MalformedResponse"],
    ["a line that is no object", "[]\n", "MalformedResponse"],
    ["a line with neither result nor error", "{}\n", "MalformedResponse"],
    ["a result that is no message", '{"result":[]}\n', "MalformedResponse"],
    ["a value that is not base64", '{"result":{"events":[{"kv":{"key":"*"}}]}}\n', "MalformedResponse"],
    ["an error of the old gateway", '{"error":{"grpc_code":14,"http_code":503,"message":"etcdserver: no leader","http_status":"Service Unavailable"}}\n', "NoLeader"],
    ["an error of the new one", '{"error":{"code":14,"message":"etcdserver: no leader"}}\n', "NoLeader"],
  ])("ends with %s, after what came before it, and is let go of", async (_, line, reason) => {
    const { body, isCancelled } = bodyOf([`${created}${event}${line}${event}`], "open");
    const { values, error } = await drain(await watch(streaming(body)));
    expect(values).toMatchObject([{ created: true }, { created: false }]);
    expect(await etcdErrorOf(Promise.reject(error))).toMatchObject({ reason, outcome: "unknown" });
    await vi.waitFor(() => expect(isCancelled()).toBe(true));
  });

  it.each([
    ["an error without a newline", '{"error":{"code":14,"message":"etcdserver: server stopped"}}', "Stopped"],
    ["an old one without a newline", '{"error":{"grpc_code":4,"message":"context deadline exceeded"}}', "Timeout"],
    ["half a message", event.slice(0, -12), "Unreachable"],
    ["a message that lacks its newline, and so its certainty", event.trimEnd(), "Unreachable"],
  ])("that ends with %s says so", async (_, tail, reason) => {
    const { values, error } = await drain(await watch(streaming(bodyOf([created, tail]).body)));
    expect(values).toHaveLength(1);
    expect(await etcdErrorOf(Promise.reject(error))).toMatchObject({ reason, outcome: "unknown" });
  });

  it("that ends after a whole message just ends; so does an empty one", async () => {
    expect(await drain(await watch(streaming(bodyOf([created, "\n"]).body)))).toEqual({ values: [expect.objectContaining({ created: true })] });
    expect(await drain(await watch(createGatewayTransport({ fetch: scriptedFetch(() => new Response(null)).fetch })))).toEqual({ values: [] });
  });

  it("rejects with the caller's reason when aborted in its middle, and is let go of", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    let pull: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({
      start(each) {
        pull = each;
        each.enqueue(new TextEncoder().encode(created));
      },
    });
    // A real fetch breaks the body with the reason.
    controller.signal.addEventListener("abort", () => pull?.error(controller.signal.reason));
    const messages = await watch(streaming(body), { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 5);
    expect(await drain(messages)).toEqual({ values: [expect.objectContaining({ created: true })], error: reason });
  });

  it("of a snapshot: blobs, then the end; an error before and after the first", async () => {
    const blob = (text: string, left: string): string => `${JSON.stringify({ result: { header: {}, remaining_bytes: left, blob: btoa(text) } })}\n`;
    const snapshot = (response: Response) =>
      open(createGatewayTransport({ fetch: scriptedFetch(() => response).fetch }), Maintenance.method.snapshot, [{}]);
    const whole = await drain(await snapshot(new Response(blob("one", "3") + blob("two", "0"))));
    expect(whole.values.map(({ blob: bytes, remainingBytes }) => [new TextDecoder().decode(bytes), remainingBytes])).toEqual([["one", 3n], ["two", 0n]]);
    const denied = { error: { grpc_code: 7, http_code: 403, message: "etcdserver: permission denied", http_status: "Forbidden" } };
    expect(await etcdErrorOf(snapshot(Response.json(denied, { status: 403 })))).toMatchObject({ reason: "PermissionDenied", outcome: "not-applied" });
    const { values, error } = await drain(await snapshot(new Response(`${blob("one", "3")}${JSON.stringify(denied)}`)));
    expect(values).toHaveLength(1);
    expect(await etcdErrorOf(Promise.reject(error))).toMatchObject({ reason: "PermissionDenied" });
  });

  it("of leaders: one message for each", async () => {
    const line = '{"result":{"header":{"revision":"3"},"kv":{"key":"YQ==","value":"Yg==","lease":"-5"}}}\n';
    const transport = createGatewayTransport({ fetch: scriptedFetch(() => new Response(line + line)).fetch });
    expect((await drain(await open(transport, Election.method.observe, [{}]))).values).toMatchObject([{ kv: { lease: -5n } }, { kv: { lease: -5n } }]);
  });
});

describe("an RPC without a path on the gateway", () => {
  it("is refused without a request", async () => {
    const { fetch, sent } = scriptedFetch(() => okJson());
    const error = await etcdErrorOf(open(createGatewayTransport({ fetch }), KV.method.rangeStream, [{}]));
    expect(error).toMatchObject({ reason: "Unsupported", code: Code.Unimplemented, outcome: "not-applied" });
    expect(error.rawMessage).toContain("RangeStream");
    expect(sent).toEqual([]);
  });
});

describe("with Connect's own client", () => {
  it("calls and streams work, and errors are EtcdErrors", async () => {
    const { fetch } = scriptedFetch(({ url }) => {
      if (url.endsWith("watch")) return new Response(created);
      return url.endsWith("range") ? okJson({ count: "1" }) : Response.json({ code: 3, message: "etcdserver: user name is empty" }, { status: 400 });
    });
    const transport = createGatewayTransport({ fetch });
    async function* input(): AsyncGenerator<object> {
      yield {};
    }
    expect(await createClient(KV, transport).range({})).toMatchObject({ count: 1n });
    expect((await drain(createClient(Watch, transport).watch(input()))).values).toHaveLength(1);
    expect(await etcdErrorOf(createClient(Auth, transport).userList({}))).toMatchObject({ reason: "UserEmpty" });
  });
});
