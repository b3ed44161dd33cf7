import type { Interceptor } from "@connectrpc/connect";
import { describe, expect, it, onTestFinished } from "vitest";
import { responder } from "../../e2e/responder.ts";
import { endpointKey, leaderKey } from "../../src/transport/context.ts";
import { gatewayTransport } from "../../src/transport/gateway-transport.ts";
import { drain, put, watch, withContext } from "./transport-calls.ts";
import { etcdErrorOf, tokenCanary } from "./etcd-error.ts";
import { okJson, scriptedFetch, type ScriptedFetch } from "./scripted-fetch.ts";
import { networkFailure, refused } from "./network-failures.ts";

const passing: Interceptor = (next) => next;

const created = '{"result":{"header":{"revision":"7"},"created":true}}\n';
const noLeader = () => Response.json({ code: 14, message: "etcdserver: no leader" }, { status: 503 });
const opaque = (): never => {
  throw new TypeError("Failed to fetch");
};

describe("the headers of a request", () => {
  it("are absent without a token, so that a page of another origin needs no preflight", async () => {
    const { fetch, sent } = scriptedFetch(({ url }) => (url.endsWith("watch") ? new Response(created) : okJson()));
    const transport = gatewayTransport({ fetch });
    for (const header of [undefined, {}, new Headers()]) {
      await put(transport, header === undefined ? {} : { header });
      await drain(await watch(transport, header === undefined ? {} : { header }));
    }
    expect(sent.map(({ init }) => init.headers)).toEqual(Array(6).fill(undefined));
  });

  it("over the wire are those of a simple request", async () => {
    const server = await responder(() => ({ body: '{"header":{}}' }));
    onTestFinished(() => server.close());
    await put(gatewayTransport({ endpoints: server.url }));
    const [request] = server.requests;
    expect(request?.headers["content-type"]).toMatch(/^text\/plain/);
    for (const name of ["authorization", "cookie", "grpc-metadata-hasleader", "grpc-timeout"]) {
      expect(request?.headers).not.toHaveProperty(name);
    }
  });

  it("name the content type where a token makes a preflight due anyway", async () => {
    const { fetch, sent } = scriptedFetch(() => okJson());
    await put(gatewayTransport({ fetch }), { header: { Authorization: tokenCanary } });
    expect(sent[0]?.init.headers).toEqual({ authorization: tokenCanary, "content-type": "application/json" });
  });

  it.each(["a\r\nx-evil: 1", "a\nb", "a\0b", "a\u20ac"])(
    "S7: %j is refused before fetch sees it, and not shown",
    async (bad) => {
      const { fetch, sent } = scriptedFetch(() => okJson());
      for (const interceptors of [[], [passing]]) {
        const transport = gatewayTransport({ fetch, interceptors });
        for (const send of [put, watch]) {
          const error = await etcdErrorOf(send(transport, { header: { authorization: tokenCanary + bad } }));
          expect(error).toMatchObject({ reason: "InvalidArgument", outcome: "not-applied", attempts: [] });
        }
        await etcdErrorOf(put(transport, { header: [[`x${bad}`, tokenCanary]] }));
      }
      expect(sent).toEqual([]);
    },
  );
});

describe("the require-leader header", () => {
  const hasLeader = ({ sent }: ScriptedFetch): boolean[] =>
    sent.map(({ headerNames }) => headerNames.includes("grpc-metadata-hasleader"));
  const auto = withContext(leaderKey, "auto");
  const always = withContext(leaderKey, "always");

  it("is sent where always asked for, with calls and streams", async () => {
    const script = scriptedFetch(({ url }) => (url.endsWith("watch") ? new Response(created) : okJson()));
    const transport = gatewayTransport({ fetch: script.fetch });
    await put(transport, always);
    await watch(transport, always);
    await put(transport);
    await watch(transport);
    expect(hasLeader(script)).toEqual([true, true, false, false]);
    expect(script.sent[0]?.init.headers).toMatchObject({ "grpc-metadata-hasleader": "true" });
  });

  it("with auto goes with streams alone, as long as the endpoint takes it", async () => {
    const script = scriptedFetch(({ url }) => (url.endsWith("watch") ? new Response(created) : okJson()));
    const transport = gatewayTransport({ fetch: script.fetch });
    await put(transport, auto);
    await watch(transport, auto);
    await watch(transport, auto);
    expect(hasLeader(script)).toEqual([false, true, true]);
  });

  it("with auto is left out of an endpoint's streams from an opaque failure on, which is how CORS refuses it", async () => {
    const script = scriptedFetch(({ headerNames }) => (headerNames.length > 0 ? opaque() : new Response(created)));
    const transport = gatewayTransport({ fetch: script.fetch });
    await watch(transport, auto);
    await watch(transport, auto);
    expect(hasLeader(script)).toEqual([true, false, false]);
  });

  it("is tried again when the stream fails without it as well", async () => {
    const script = scriptedFetch(opaque);
    const transport = gatewayTransport({ fetch: script.fetch });
    for (let i = 0; i < 2; i++) {
      expect(await etcdErrorOf(watch(transport, auto))).toMatchObject({ reason: "Unreachable", outcome: "unknown" });
    }
    expect(hasLeader(script)).toEqual([true, false, true, false]);
  });

  it("is not given up for a failure after a success, for a stated error, or for a refused connection", async () => {
    const answers = [
      () => new Response(created),
      opaque,
      noLeader,
      () => {
        throw refused();
      },
      () => new Response(created),
    ];
    let next = 0;
    const script = scriptedFetch(() => (answers[next++] ?? opaque)());
    const transport = gatewayTransport({ fetch: script.fetch });
    await watch(transport, auto);
    for (let i = 0; i < 3; i++) await etcdErrorOf(watch(transport, auto));
    await watch(transport, auto);
    expect(hasLeader(script)).toEqual([true, true, true, true, true]);

    const refusing = scriptedFetch(noLeader);
    const other = gatewayTransport({ fetch: refusing.fetch });
    for (let i = 0; i < 2; i++) await etcdErrorOf(watch(other, auto));
    expect(hasLeader(refusing)).toEqual([true, true]);
  });

  it.each(["ECONNRESET", "UND_ERR_SOCKET"])("is not given up for a failure with a code, such as %s", async (code) => {
    const script = scriptedFetch(() => {
      throw networkFailure(code);
    });
    const transport = gatewayTransport({ fetch: script.fetch });
    const error = await etcdErrorOf(watch(transport, auto));
    expect(error).toMatchObject({ reason: "Unreachable", outcome: "unknown" });
    expect(hasLeader(script)).toEqual([true]);
  });

  it("is learnt for each endpoint by itself", async () => {
    const script = scriptedFetch(({ url, headerNames }) =>
      url.startsWith("http://a") && headerNames.length > 0 ? opaque() : new Response(created),
    );
    const transport = gatewayTransport({ fetch: script.fetch, endpoints: ["http://a", "http://b"] });
    for (const endpoint of ["http://a", "http://b", "http://a"]) {
      const there = withContext(endpointKey, endpoint);
      there.context?.set(leaderKey, "auto");
      await watch(transport, there);
    }
    expect(hasLeader(script)).toEqual([true, false, true, false]);
  });

  it("makes a refusal for want of a leader certain, for a call; without it the write may have gone through", async () => {
    const transport = gatewayTransport({ fetch: scriptedFetch(noLeader).fetch });
    expect(await etcdErrorOf(put(transport, always))).toMatchObject({ reason: "NoLeader", outcome: "not-applied" });
    expect(await etcdErrorOf(put(transport))).toMatchObject({ reason: "NoLeader", outcome: "unknown" });
  });
});
