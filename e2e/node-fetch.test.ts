import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createEtcd, type EtcdOptions } from "../src/index.ts";
import { createMemoryEtcd } from "../src/memory/index.ts";
import { createNodeFetch, type NodeFetch, type NodeFetchOptions, serve } from "../src/node/index.ts";
import { shareOf } from "../test/share-of-suites.ts";
import type { Connect } from "../test/suites/connect.ts";
import { suites } from "../test/suites/suites.ts";
import { type CertificateFiles, type Etcd as Rig, startEtcd } from "./etcd.ts";
import { responder } from "./responder.ts";

const read = (file: string): string => readFileSync(file, "utf8");
const pair = ({ cert, key }: CertificateFiles): { cert: string; key: string } => ({ cert: read(cert), key: read(key) });

function nodeFetch(options?: NodeFetchOptions): NodeFetch {
  const fetch = createNodeFetch(options);
  onTestFinished(() => fetch.close());
  return fetch;
}

describe.each([
  ["3.4", 0],
  ["3.5", 1],
] as const)("createNodeFetch and an etcd %s that asks for client certificates", (version, way) => {
  let rig: Rig;
  let fetch: NodeFetch;
  let ca: string;
  beforeAll(async () => {
    rig = await startEtcd({ version, tls: "mutual" });
    if (rig.certs === undefined) throw new Error("an etcd without TLS");
    ca = read(rig.certs.ca);
    fetch = createNodeFetch({ ca, ...pair(rig.certs.namelessClient) });
  });
  afterAll(async () => {
    await fetch.close();
    await rig.close();
  });

  const get = (options: NodeFetchOptions): Promise<unknown> => {
    const etcd = createEtcd({ endpoints: rig.endpoints, fetch: nodeFetch(options) });
    onTestFinished(() => etcd.close());
    return etcd.get("a");
  };

  it("shows its certificate", async () => {
    expect(await get({ ca, ...pair(rig.certs?.client ?? { cert: "", key: "" }) })).toBeNull();
  });

  it("takes certificates as bytes, too", async () => {
    const { cert, key } = pair(rig.certs?.client ?? { cert: "", key: "" });
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    expect(await get({ ca: [bytes(ca)], cert: bytes(cert), key: bytes(key) })).toBeNull();
  });

  it("is refused without one, and with one of an authority that etcd does not know", async () => {
    await expect(get({ ca })).rejects.toMatchObject({ reason: expect.stringMatching(/^(Unreachable|Tls)$/) });
    await expect(get({ ca, ...pair(rig.certs?.rogueClient ?? { cert: "", key: "" }) })).rejects.toMatchObject({
      reason: expect.stringMatching(/^(Unreachable|Tls)$/),
    });
  });

  it("does not take a server of an authority that it was not told of", async () => {
    await expect(get({})).rejects.toMatchObject({ reason: "Tls", outcome: "not-applied" });
    await expect(get({ ca, serverName: "elsewhere.test" })).rejects.toMatchObject({ reason: "Tls" });
  });

  const connect = (options: Partial<EtcdOptions> = {}): ReturnType<Connect> => {
    const etcd = createEtcd({ endpoints: rig.endpoints, fetch, ...options } as EtcdOptions);
    onTestFinished(() => etcd.close());
    return etcd;
  };
  const target = {
    version,
    transport: "gateway" as const,
    members: 1,
    get endpoints() {
      return rig.endpoints;
    },
  };
  // What etcd of either line answers to each suite, e2e/suites-gateway.test.ts holds: the bytes come in the same way.
  const chosen = Object.entries(shareOf(suites, way, 4));
  for (const [name, suite] of chosen) describe(name, () => suite(Object.assign(connect, { target })));
});

describe("createNodeFetch", () => {
  it("sends what fetch sends, and keeps its connection", async () => {
    await using server = await responder(() => ({ status: 201, headers: { "x-one": ["1", "2"] }, body: '{"a":1}' }));
    const fetch = nodeFetch({ connections: 1 });
    const bodies: RequestInit[] = [
      { body: "text" },
      { body: "typed", headers: { "Content-Type": "application/json" } },
      { body: new Uint8Array([65]) },
      { body: new URLSearchParams({ q: "ü" }), headers: [["x-own", "1"]] },
      { body: new Blob(["blob"], { type: "text/css" }) },
      { body: new Blob(["streamed"]).stream() },
    ];
    for (const init of bodies) {
      const response = await fetch(`${server.url}/path?query`, { method: "POST", ...init });
      expect([response.status, response.ok, response.url]).toEqual([201, true, `${server.url}/path?query`]);
      expect(response.headers.get("x-one")).toBe("1, 2");
      expect(response.bodyUsed).toBe(false);
      expect(await response.json()).toEqual({ a: 1 });
      expect(response.bodyUsed).toBe(true);
      await expect(response.text()).rejects.toThrow(TypeError);
    }
    await (await fetch(new Request(server.url, { method: "PUT", body: "request" }))).arrayBuffer();
    expect(server.requests.map(({ text }) => text)).toEqual([
      "text",
      "typed",
      "A",
      "q=%C3%BC",
      "blob",
      "streamed",
      "request",
    ]);
    expect(server.requests.map(({ headers }) => headers["content-type"]).slice(0, 5)).toEqual([
      expect.stringContaining("text/plain"),
      "application/json",
      undefined,
      expect.stringContaining("application/x-www-form-urlencoded"),
      "text/css",
    ]);
    expect(server.sockets).toBe(1);
  });

  it("gives a body in every form that fetch does", async () => {
    await using server = await responder(() => ({ body: "abc", headers: { "content-type": "text/plain" } }));
    const fetch = nodeFetch();
    const answer = (): Promise<Response> => fetch(server.url);
    expect(await (await answer()).text()).toBe("abc");
    expect((await (await answer()).arrayBuffer()).byteLength).toBe(3);
    expect((await (await answer()).blob()).size).toBe(3);
    const response = await answer();
    expect(await Promise.all([response.clone().text(), response.text()])).toEqual(["abc", "abc"]);
    const pieces: Uint8Array[] = [];
    for await (const piece of (await answer()).body ?? []) pieces.push(piece);
    expect(Buffer.concat(pieces).toString()).toBe("abc");
  });

  it("gives an empty body for a status without one, and decodes content that is compressed without being asked for", async () => {
    const { gzipSync } = await import("node:zlib");
    await using server = await responder(({ path }) =>
      path === "/none"
        ? { status: 204, framing: "none" as const, after: "keep" as const }
        : { body: gzipSync("plain"), headers: { "content-encoding": "gzip" } },
    );
    const fetch = nodeFetch();
    expect(await (await fetch(`${server.url}/none`)).text()).toBe("");
    expect(await (await fetch(`${server.url}/gzip`)).text()).toBe("plain");
  });

  it("rejects with the signal's own reason before the answer, and in the middle of it", async () => {
    await using server = await responder(({ path }) =>
      path === "/hang" ? "hang" : { body: ["begin"], framing: "unterminated" as const },
    );
    const fetch = nodeFetch();
    const reason = { why: "enough" };
    await expect(fetch(server.url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const waiting = new AbortController();
    const answer = fetch(`${server.url}/hang`, { signal: waiting.signal });
    await expect.poll(() => server.requests.length).toBe(1);
    waiting.abort(reason);
    await expect(answer).rejects.toBe(reason);
    for (const take of [
      (response: Response) => response.text(),
      async (response: Response) => {
        for await (const piece of response.body ?? []) expect(piece).toHaveLength(5);
      },
    ]) {
      const reading = new AbortController();
      const taken = take(await fetch(`${server.url}/cut`, { signal: reading.signal }));
      reading.abort(reason);
      await expect(taken).rejects.toBe(reason);
    }
  });

  it("fails with a TypeError that tells why, as fetch does", async () => {
    await using server = await responder(({ path }) =>
      path === "/rst" ? "rst" : { headers: { "content-length": "9" }, body: "short", after: "rst" as const },
    );
    const fetch = nodeFetch();
    await expect(fetch(`${server.url}/rst`)).rejects.toMatchObject({ name: "TypeError", cause: expect.any(Error) });
    const cut = await fetch(`${server.url}/cut`);
    await expect(cut.text()).rejects.toMatchObject({ name: "TypeError", cause: expect.any(Error) });
    await server.close();
    await expect(fetch(server.url)).rejects.toMatchObject({ name: "TypeError", cause: { code: "ECONNREFUSED" } });
  });

  it("never follows a redirect", async () => {
    await using server = await responder(() => ({ status: 307, headers: { location: "/elsewhere" } }));
    const fetch = nodeFetch();
    expect((await fetch(server.url, { redirect: "manual" })).status).toBe(307);
    expect((await fetch(server.url)).status).toBe(307);
    await expect(fetch(server.url, { redirect: "error" })).rejects.toThrow(TypeError);
    await expect(fetch(server.url, { redirect: "follow" })).rejects.toThrow(/not supported/);
    expect(server.requests.map(({ path }) => path)).toEqual(["/", "/", "/"]);
  });

  it("makes no more connections than it may", async () => {
    let open = 0;
    let most = 0;
    await using server = await responder(async () => {
      most = Math.max(most, ++open);
      await new Promise((resolve) => setImmediate(resolve));
      open--;
      return { body: "a" };
    });
    const fetch = nodeFetch({ connections: 2 });
    await Promise.all(Array.from({ length: 20 }, async () => (await fetch(server.url)).text()));
    expect([server.requests.length, server.sockets]).toEqual([20, 2]);
    expect(most).toBeLessThanOrEqual(2);
  });

  it("breaks what is open when it is closed, and rejects from then on", async () => {
    await using server = await responder(() => "hang");
    const fetch = createNodeFetch();
    const answer = fetch(server.url);
    await expect.poll(() => server.requests.length).toBe(1);
    await Promise.all([expect(answer).rejects.toThrow(TypeError), fetch.close()]);
    await expect(fetch(server.url)).rejects.toThrow(TypeError);
  });

  it.each([
    [{ cert: "a" }, /cert and key/],
    [{ key: "a" }, /cert and key/],
    [{ connections: 0 }, /connections/],
    [{ connections: 1.5 }, /connections/],
    [{ keepAliveMs: 2 ** 31 }, /keepAliveMs: expected a positive number, less than/],
    [{ connectTimeoutMs: Infinity }, /connectTimeoutMs/],
    [{ keepAliveMs: -1 }, /keepAliveMs/],
    [{ connectTimeoutMs: Number.NaN }, /connectTimeoutMs/],
    [{ cacert: "a" }, /unknown option "cacert"/],
  ])("refuses %o", (options, message) => {
    expect(() => createNodeFetch(options as NodeFetchOptions)).toThrow(message);
  });
});

it("serve with tls serves an etcd in memory over TLS, and may ask for certificates", async () => {
  await using rig = await startEtcd({ version: "3.5", tls: "server" });
  const { certs } = rig;
  if (certs === undefined) throw new Error("an etcd without TLS");
  const ca = read(certs.ca);
  const tls = { ...pair(certs.server), ca, requestCert: true, rejectUnauthorized: true };
  await using server = await serve(createMemoryEtcd(), { tls });
  expect(server.url).toMatch(/^https:/);
  const known = createEtcd({ endpoints: server.url, fetch: nodeFetch({ ca, ...pair(certs.client) }) });
  onTestFinished(() => known.close());
  await known.put("a", "1");
  expect((await known.get("a"))?.text()).toBe("1");
  const stranger = createEtcd({ endpoints: server.url, fetch: nodeFetch({ ca }), retry: false });
  onTestFinished(() => stranger.close());
  await expect(stranger.get("a")).rejects.toMatchObject({ reason: expect.stringMatching(/^(Unreachable|Tls)$/) });
});
