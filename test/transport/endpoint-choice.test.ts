import { afterEach, describe, expect, it, vi } from "vitest";
import { endpointKey } from "../../src/transport/context.ts";
import { gatewayTransport } from "../../src/transport/gateway-transport.ts";
import { drain, put, range, watch, withContext } from "./transport-calls.ts";
import { etcdErrorOf, passwordCanary, tokenCanary } from "./etcd-error.ts";
import { bodyOf, okJson, scriptedFetch, silentFetch } from "./scripted-fetch.ts";

afterEach(() => vi.unstubAllGlobals());

const created = '{"result":{"header":{"revision":"7"},"created":true}}\n';
const noLeader = () => Response.json({ code: 14, message: "etcdserver: no leader" }, { status: 503 });
const opaque = (): never => {
  throw new TypeError("Failed to fetch");
};

describe("endpoints", () => {
  const endpoints = ["http://127.0.0.1:1001", "http://127.0.0.1:1002/prefix/"];

  it("a call goes to the one in use, its path behind the endpoint's own", async () => {
    const { fetch, sent } = scriptedFetch(({ url }) =>
      url.includes("1001") ? new Response("", { status: 502 }) : okJson(),
    );
    const transport = gatewayTransport({ fetch, endpoints });
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
    [
      "A10: a learner",
      () => Response.json({ code: 9, message: "etcdserver: rpc not supported for learner" }, { status: 400 }),
    ],
  ])("%s makes the next call go to another", async (_, response) => {
    const transport = gatewayTransport({ fetch: scriptedFetch(response).fetch, endpoints });
    await etcdErrorOf(put(transport));
    expect(transport.endpoints.inUse.url).toContain("1002");
  });

  it.each<[string, () => Response]>([
    [
      "a refusal of the request",
      () => Response.json({ code: 5, message: "etcdserver: requested lease not found" }, { status: 404 }),
    ],
    ["a refused token", () => Response.json({ code: 16, message: "etcdserver: invalid auth token" }, { status: 401 })],
    [
      "no space",
      () => Response.json({ code: 8, message: "etcdserver: mvcc: database space exceeded" }, { status: 429 }),
    ],
    ["an RPC that this version lacks", () => new Response("Not Found\n", { status: 404 })],
    ["success", () => okJson()],
  ])("%s does not", async (_, response) => {
    const transport = gatewayTransport({ fetch: scriptedFetch(response).fetch, endpoints });
    await put(transport).catch(() => undefined);
    expect(transport.endpoints.inUse.url).toContain("1001");
  });

  it("a caller who leaves does not either", async () => {
    const transport = gatewayTransport({ fetch: silentFetch().fetch, endpoints });
    await expect(put(transport, { signal: AbortSignal.timeout(1) })).rejects.toThrow("timeout");
    expect(transport.endpoints.inUse.url).toContain("1001");
  });

  it("a stream that breaks counts against its endpoint; one that ends does not", async () => {
    const broken = bodyOf([created], { error: new TypeError("terminated") });
    const bodies = [bodyOf([created]).body, broken.body];
    const { fetch } = scriptedFetch(() => new Response(bodies.shift() ?? null));
    const transport = gatewayTransport({ fetch, endpoints });
    expect(await drain(await watch(transport))).not.toHaveProperty("error");
    expect(transport.endpoints.inUse.url).toContain("1001");
    const { error } = await drain(await watch(transport));
    expect(await etcdErrorOf(Promise.reject(error))).toMatchObject({
      reason: "Unreachable",
      attempts: [{ endpoint: "http://127.0.0.1:1001" }],
    });
    expect(transport.endpoints.inUse.url).toContain("1002");
  });

  it("one of them can be asked for by the call's context", async () => {
    const { fetch, sent } = scriptedFetch(() => okJson());
    const transport = gatewayTransport({ fetch, endpoints });
    await put(transport, withContext(endpointKey, "http://127.0.0.1:1002/prefix"));
    await transport.get("/health", { endpoint: "http://127.0.0.1:1002/prefix/", signal: undefined });
    await put(transport);
    expect(sent.map(({ url }) => url)).toEqual([
      "http://127.0.0.1:1002/prefix/v3/kv/put",
      "http://127.0.0.1:1002/prefix/health",
      "http://127.0.0.1:1001/v3/kv/put",
    ]);
  });

  it.each([
    "http://127.0.0.1:1003",
    "http://127.0.0.1:1002",
    "nowhere",
    `http://root:${passwordCanary}@127.0.0.1:1001`,
  ])("S5: %s is not one of them: refused before a request, token or not, leaves", async (url) => {
    const { fetch, sent } = scriptedFetch(() => okJson());
    const transport = gatewayTransport({ fetch, endpoints });
    for (const send of [put, watch]) {
      expect(
        await etcdErrorOf(
          send(transport, { ...withContext(endpointKey, url), header: { authorization: tokenCanary } }),
        ),
      ).toMatchObject({
        reason: "InvalidArgument",
        outcome: "not-applied",
      });
    }
    expect(sent).toEqual([]);
  });

  it("are known to an error by their origin alone", async () => {
    const transport = gatewayTransport({
      fetch: scriptedFetch(opaque).fetch,
      endpoints: "http://127.0.0.1:1002/prefix",
    });
    const { attempts } = await etcdErrorOf(put(transport));
    expect(attempts).toEqual([
      {
        endpoint: "http://127.0.0.1:1002",
        ms: expect.any(Number) as number,
        reason: "Unreachable",
        outcome: "unknown",
      },
    ]);
  });

  it("default to etcd on this machine, and fetch to the global one of the moment", async () => {
    const transport = gatewayTransport();
    const { fetch, sent } = scriptedFetch(() => okJson());
    vi.stubGlobal("fetch", fetch);
    await put(transport);
    expect(sent[0]?.url).toBe("http://127.0.0.1:2379/v3/kv/put");
  });
});
