import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { startEtcd, type Etcd } from "./etcd.ts";
import { faultProxy, type FaultProxy } from "./fault-proxy.ts";
import { plainRequest } from "./plain-request.ts";
import { poll } from "./poll.ts";
import { responder, type Answer, type Responder } from "./responder.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

interface Setup {
  readonly proxy: FaultProxy;
  readonly server: Responder;
}

async function inFrontOf(answer: () => Answer): Promise<Setup> {
  const server = await responder(answer);
  const proxy = await faultProxy(server.url);
  onTestFinished(async () => {
    await proxy.close();
    await server.close();
  });
  return { proxy, server };
}

/** The first cause down the chain that has a code, as fetch nests them. */
async function failureOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    for (let one: unknown = error; one instanceof Error; one = one.cause) {
      if ("code" in one && typeof one.code === "string") return one.code;
    }
    return String(error);
  }
  throw new Error("it did not fail");
}

const get = (proxy: FaultProxy): Promise<string> =>
  plainRequest(proxy.url, { timeout: 5_000 }).then(({ text }) => text);
const post = (proxy: FaultProxy, timeout = 5_000): Promise<string> =>
  plainRequest(proxy.url, { body: { a: 1 }, timeout }).then(({ text }) => text);

describe("a fault proxy in front of etcd", () => {
  let etcd: Etcd;
  let proxy: FaultProxy;
  beforeAll(async () => {
    etcd = await startEtcd({ version: "3.5" });
  });
  afterAll(() => etcd.close());
  beforeEach(async () => {
    proxy = await faultProxy(etcd.endpoints[0] ?? "");
    return () => proxy.close();
  });

  const put = (key: string): Promise<Response> => {
    const body = JSON.stringify({ key: base64(key), value: base64("1") });
    return fetch(`${proxy.url}/v3/kv/put`, { method: "POST", body, signal: AbortSignal.timeout(5_000) });
  };
  const exists = async (key: string): Promise<boolean> =>
    (await etcd.etcdctl(["get", key, "--print-value-only"])).stdout === "1\n";

  it("passes requests and counts connections, requests and bytes", async () => {
    expect((await put("pass")).status).toBe(200);
    expect((await put("pass")).status).toBe(200);
    expect(proxy.counts).toMatchObject({ requests: 2, dropped: 0 });
    expect(proxy.requestLines).toEqual(["POST /v3/kv/put", "POST /v3/kv/put"]);
    expect(proxy.counts.connections).toBeLessThanOrEqual(2);
    expect(proxy.counts.bytesUp).toBeGreaterThan(200);
    expect(proxy.counts.bytesDown).toBeGreaterThan(200);
  });

  it.each(["rst", "fin"] as const)("keeps a request from the server and answers it with a %s", async (how) => {
    await proxy.set({ kind: "cutRequest", how });
    expect(await failureOf(put(`cut-${how}`))).toBe(how === "rst" ? "ECONNRESET" : "UND_ERR_SOCKET");
    expect(await exists(`cut-${how}`)).toBe(false);
    expect(proxy.counts).toMatchObject({ requests: 1, bytesUp: 0 });
  });

  it("lets a write happen and drops its answer, as often as it is told", async () => {
    await proxy.set({ kind: "dropResponse", times: 2 });
    expect(await failureOf(put("dropped-1"))).toBe("ECONNRESET");
    expect(await failureOf(put("dropped-2"))).toBe("ECONNRESET");
    expect((await put("dropped-3")).status).toBe(200);
    for (const key of ["dropped-1", "dropped-2", "dropped-3"]) expect(await exists(key)).toBe(true);
    expect(proxy.counts).toMatchObject({ requests: 3, dropped: 2 });
  });

  it.each(["rst", "fin"] as const)("ends an open watch with a %s", async (how) => {
    const body = JSON.stringify({ create_request: { key: base64("watched") } });
    const watch = await fetch(`${proxy.url}/v3/watch`, { method: "POST", body });
    const reader = watch.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toContain('"created":true');
    const next = reader?.read() ?? Promise.resolve();
    expect(proxy.counts.open).toBe(1);
    proxy.cutAll(how);
    expect(await failureOf(next)).toBe(how === "rst" ? "ECONNRESET" : "UND_ERR_SOCKET");
    await poll("it is closed", 1_000, () => (proxy.counts.open === 0 ? true : undefined));
  });

  it("ends the watch at the server when the client leaves", async () => {
    const streams = (): Promise<number> => etcd.metrics("etcd_debugging_mvcc_watch_stream_total");
    const before = await streams();
    const abort = new AbortController();
    const body = JSON.stringify({ create_request: { key: base64("left") } });
    await fetch(`${proxy.url}/v3/watch`, { method: "POST", body, signal: abort.signal });
    expect(await streams()).toBe(before + 1);
    abort.abort();
    await poll("the server has noticed", 2_000, async () => ((await streams()) === before ? true : undefined));
  });

  it("carries TLS", async () => {
    await using secure = await startEtcd({ version: "3.5", tls: "server" });
    await using front = await faultProxy(secure.endpoints[0] ?? "");
    expect(front.url).toMatch(/^https:/);
    expect((await secure.etcdctl(["--endpoints", front.url, "put", "tls", "1"])).stdout).toBe("OK\n");
  });

  it("resets when the server is down", async () => {
    const [member] = etcd.members;
    await member?.kill();
    expect(await failureOf(put("down"))).toBe("ECONNRESET");
    await member?.start();
    await etcd.waitReady();
  });
});

describe("a fault proxy", () => {
  const big = "0123456789".repeat(10_000);

  it("carries what is large, both ways, unharmed", async () => {
    const { proxy, server } = await inFrontOf(() => ({ body: big.repeat(20) }));
    const answer = await fetch(proxy.url, { method: "POST", body: big.repeat(20) });
    expect(await answer.text()).toBe(big.repeat(20));
    expect(server.requests[0]?.text).toBe(big.repeat(20));
    expect(proxy.counts.bytesDown).toBeGreaterThan(2_000_000);
  });

  it("delays each byte", async () => {
    const { proxy } = await inFrontOf(() => ({ body: big.repeat(10) }));
    await get(proxy);
    const quick = performance.now();
    await get(proxy);
    const plain = performance.now() - quick;
    await proxy.set({ kind: "delay", ms: 100 });
    const start = performance.now();
    await get(proxy);
    const both = performance.now() - start;
    expect(both).toBeGreaterThan(195);
    // Much is on its way at the same time: a delay is not a throttle.
    expect(both - plain).toBeLessThan(1_000);
    await proxy.set({ kind: "delay", ms: 100, direction: "up" });
    const again = performance.now();
    await get(proxy);
    expect(performance.now() - again).toBeGreaterThan(95);
  });

  it("refuses connections, and takes them again", async () => {
    const { proxy, server } = await inFrontOf(() => ({ body: "hello" }));
    await proxy.set({ kind: "refuse" });
    expect(await failureOf(get(proxy))).toBe("ECONNREFUSED");
    await proxy.set({ kind: "pass" });
    expect(await get(proxy)).toBe("hello");
    expect(server.requests).toHaveLength(1);
  });

  it("takes connections and reads nothing, until it does", async () => {
    const { proxy, server } = await inFrontOf(() => ({ body: "hello" }));
    await proxy.set({ kind: "acceptNoRead" });
    const asked = get(proxy);
    await poll("it is connected", 1_000, () => (proxy.counts.open === 1 ? true : undefined));
    expect(await failureOf(post(proxy, 100))).toContain("did not answer");
    expect(proxy.counts).toMatchObject({ requests: 0, bytesUp: 0 });
    expect(server.sockets).toBe(0);
    await proxy.set({ kind: "pass" });
    expect(await asked).toBe("hello");
  });

  it("swallows requests in a black hole on the way up", async () => {
    const { proxy, server } = await inFrontOf(() => ({ body: "hello" }));
    await proxy.set({ kind: "blackhole", direction: "up" });
    const asked = get(proxy);
    expect(await failureOf(post(proxy, 100))).toContain("did not answer");
    expect(server.requests).toHaveLength(0);
    await proxy.set({ kind: "pass" });
    expect(await asked).toBe("hello");
  });

  it("swallows answers in a black hole on the way down, and the end of the server", async () => {
    const { proxy, server } = await inFrontOf(() => ({ body: "hello", framing: "untilClose" }));
    await proxy.set({ kind: "blackhole", direction: "down" });
    const asked = get(proxy);
    await poll("the server has answered", 1_000, () => (server.requests.length === 1 ? true : undefined));
    expect(await failureOf(post(proxy, 100))).toContain("did not answer");
    expect(server.requests).toHaveLength(2);
    expect(proxy.counts.bytesDown).toBe(0);
    await proxy.set({ kind: "pass" });
    expect(await asked).toBe("hello");
  });

  it.each(["rst", "fin"] as const)("ends an answer after so many bytes with a %s", async (how) => {
    const { proxy } = await inFrontOf(() => ({ body: big }));
    await proxy.set({ kind: "cutAfter", bytes: 500, how });
    const answer = await fetch(proxy.url);
    expect(answer.status).toBe(200);
    expect(await failureOf(answer.text())).toBe(how === "rst" ? "ECONNRESET" : "UND_ERR_SOCKET");
    expect(proxy.counts.bytesDown).toBe(500);
    await proxy.set({ kind: "cutAfter", bytes: 10, how });
    expect(await failureOf(fetch(proxy.url))).toBe(how === "rst" ? "ECONNRESET" : "UND_ERR_SOCKET");
  });

  it("leaves a connection half open, while new ones pass", async () => {
    let turn = 0;
    const { proxy, server } = await inFrontOf(() => (turn++ === 0 ? "hang" : { body: "hello" }));
    const asked = failureOf(post(proxy, 500));
    await poll("the server has it", 1_000, () => (server.requests.length === 1 ? true : undefined));
    proxy.cutAll("silence");
    expect(await get(proxy)).toBe("hello");
    expect(proxy.counts.open).toBeGreaterThan(0);
    expect(await asked).toContain("did not answer");
    await poll("the client has left", 1_000, () => (proxy.counts.open === 0 ? true : undefined));
  });

  it("cuts bytes apart", async () => {
    const text = "a line of forty bytes, one at a time....";
    const { proxy } = await inFrontOf(() => ({ body: text }));
    await proxy.set({ kind: "split", bytes: 1, direction: "down" });
    const answer = await fetch(proxy.url);
    const pieces: string[] = [];
    for await (const chunk of answer.body ?? []) pieces.push(Buffer.from(chunk).toString());
    expect(pieces.join("")).toBe(text);
    expect(pieces.length).toBeGreaterThan(20);
  });

  it("turns one byte over", async () => {
    const { proxy } = await inFrontOf(() => ({ raw: "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc", after: "fin" }));
    const at = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n".length + 1;
    await proxy.set({ kind: "flip", at, direction: "down" });
    const answer = await fetch(proxy.url);
    expect([...new Uint8Array(await answer.arrayBuffer())]).toEqual([0x61, 0x62 ^ 0xff, 0x63]);
    await proxy.set({ kind: "pass" });
    expect(await get(proxy)).toBe("abc");
  });

  it("lets through so many bytes a second", async () => {
    const { proxy } = await inFrontOf(() => ({ body: "x".repeat(10_000) }));
    await proxy.set({ kind: "throttle", bytesPerSecond: 50_000, direction: "down" });
    const start = performance.now();
    expect(await get(proxy)).toHaveLength(10_000);
    const ms = performance.now() - start;
    expect(ms).toBeGreaterThan(180);
    expect(ms).toBeLessThan(2_000);
  });

  it("buffers until there is enough", async () => {
    let release = (): void => {};
    const { proxy } = await inFrontOf(() => ({
      body: (async function* () {
        yield "x".repeat(1_000);
        await new Promise<void>((resolve) => (release = resolve));
        yield "y".repeat(4_000);
      })(),
    }));
    await proxy.set({ kind: "bufferUntil", bytes: 5_000 });
    const asked = get(proxy);
    await poll("the first part is out", 1_000, () => (proxy.counts.bytesUp > 0 ? true : undefined));
    expect(proxy.counts.bytesDown).toBe(0);
    release();
    expect(await asked).toBe("x".repeat(1_000) + "y".repeat(4_000));
  });

  it("buffers until the server is done", async () => {
    const { proxy } = await inFrontOf(() => ({ body: ["one", "two"], framing: "untilClose" }));
    await proxy.set({ kind: "bufferUntil", bytes: "close" });
    expect(await get(proxy)).toBe("onetwo");
  });

  it.each(["fin", "rst"] as const)("ends a connection on which nothing moves with a %s", async (how) => {
    const { proxy } = await inFrontOf(() => "hang");
    await proxy.set({ kind: "idleCut", ms: 80, how });
    const start = performance.now();
    expect(await failureOf(fetch(proxy.url))).toBe(how === "rst" ? "ECONNRESET" : "UND_ERR_SOCKET");
    expect(performance.now() - start).toBeGreaterThan(75);
  });

  it("changes its fault under an open connection", async () => {
    let more = (): void => {};
    const { proxy } = await inFrontOf(() => ({
      body: (async function* () {
        for (let i = 0; ; i++) {
          yield `${i}\n`;
          await new Promise<void>((resolve) => (more = resolve));
        }
      })(),
    }));
    const answer = await fetch(proxy.url);
    const reader = answer.body?.getReader();
    const next = async (): Promise<string> => Buffer.from((await reader?.read())?.value ?? []).toString();
    expect(await next()).toBe("0\n");
    await proxy.set({ kind: "blackhole" });
    const swallowed = next();
    more();
    await proxy.set({ kind: "pass" });
    expect(await swallowed).toBe("1\n");
    await proxy.set({ kind: "cutAfter", bytes: 1, how: "rst" });
    const last = next().then(() => next());
    more();
    expect(await failureOf(last)).toBe("ECONNRESET");
  });

  it("resets what is open when it closes, and frees its port", async () => {
    const { proxy, server } = await inFrontOf(() => "hang");
    const asked = failureOf(get(proxy));
    await poll("it is connected", 1_000, () => (server.requests.length === 1 ? true : undefined));
    await proxy.close();
    expect(await asked).toBe("ECONNRESET");
    expect(await failureOf(get(proxy))).toBe("ECONNREFUSED");
  });
});
