import { once } from "node:events";
import { createServer } from "node:net";
import { gzipSync } from "node:zlib";
import { Code } from "@connectrpc/connect";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Answer, responder, type Responder } from "../../e2e/responder.ts";
import { Auth } from "../../src/gen/etcdserverpb/auth_pb.ts";
import { createGatewayTransport, type GatewayTransport } from "../../src/transport/gateway-transport.ts";
import { routeOf } from "../../src/transport/route.ts";
import { allMethods, isUnary } from "./api.ts";
import { call, drain, put, range, watch } from "./calls.ts";
import { etcdErrorOf, passwordCanary } from "./etcd-error.ts";
import { bodyOf, okJson, scriptedFetch, silentFetch } from "./scripted-fetch.ts";

const running: Responder[] = [];
afterEach(async () => {
  vi.unstubAllGlobals();
  await Promise.all(running.splice(0).map((each) => each.close()));
});

/** A server that answers everything the same way, and a transport to it. */
async function serving(
  answer: Answer | (() => Answer),
  options: { maxResponseBytes?: number; maxLineBytes?: number } = {},
): Promise<{ server: Responder; transport: GatewayTransport }> {
  const server = await responder(() => (typeof answer === "function" ? answer() : answer));
  running.push(server);
  return { server, transport: createGatewayTransport({ endpoints: server.url, ...options }) };
}

const inMemory = (response: () => Response): GatewayTransport => createGatewayTransport({ fetch: scriptedFetch(response).fetch });

const ok = '{"header":{"revision":"7"}}';
const html = "<!doctype html><title>Sign in</title>";

describe("a redirect", () => {
  it.each([301, 302, 303, 307, 308])("B16, S1: %i is refused; the other server sees nothing", async (status) => {
    const { server: other } = await serving({ body: ok });
    const location = `http://root:${passwordCanary}@127.0.0.1:${other.port}/v3/kv/range?token=${passwordCanary}`;
    const { server, transport } = await serving({ status, headers: { location }, body: html });
    const error = await etcdErrorOf(call(transport, Auth.method.authenticate, { name: "root", password: passwordCanary }));
    expect(error).toMatchObject({ reason: "RedirectRefused", code: Code.FailedPrecondition, outcome: "not-applied" });
    expect(error.rawMessage).toContain(`127.0.0.1:${other.port},`);
    expect(await etcdErrorOf(watch(transport))).toMatchObject({ reason: "RedirectRefused" });
    expect([server.requests.length, other.requests.length]).toEqual([2, 0]);
  });

  it.each(["", "%zz://", "/elsewhere", "javascript:alert(1)"])("B16: with the location %j is refused too", async (location) => {
    const { transport } = await serving({ status: 307, headers: { location } });
    expect(await etcdErrorOf(range(transport))).toMatchObject({ reason: "RedirectRefused" });
  });

  it("B16: as a browser shows it, status 0 and opaque, is refused and let go of", async () => {
    const facts = { type: { value: "opaqueredirect" }, status: { value: 0 }, ok: { value: false } };
    const transport = inMemory(() => Object.defineProperties(new Response(null), facts));
    expect(await etcdErrorOf(range(transport))).toMatchObject({ reason: "RedirectRefused", outcome: "not-applied" });
  });
});

describe("a 2xx answer that is not etcd's", () => {
  const malformed = { reason: "MalformedResponse", code: Code.Internal, outcome: "unknown" };

  it.each(allMethods.filter(isUnary).filter((method) => routeOf(method) !== undefined).map((method) => [method.name, method] as const))(
    "B7: no RPC takes an empty 200 or a 204 for success: %s",
    async (_, method) => {
      for (const response of [() => new Response(""), () => new Response(null, { status: 204 }), () => new Response(" \n")]) {
        const error = await etcdErrorOf(call(inMemory(response), method, {}));
        expect(error).toMatchObject(malformed);
        expect(error.rawMessage).toContain("an empty body");
      }
    },
  );

  it("B7: over the wire", async () => {
    for (const answer of [{ body: "" }, { status: 204, framing: "none", after: "fin" }] as const) {
      expect(await etcdErrorOf(put((await serving(answer)).transport))).toMatchObject(malformed);
    }
  });

  it.each([
    ["B6, S16: a page", html],
    ["B6: a page after a byte order mark", `\ufeff${html}`],
    ["a string", '"ok"'],
    ["a number", "7"],
    ["null", "null"],
    ["a list", `[${ok}]`],
    ["an object of something else", '{"status":"ok"}'],
    ["an object without the header", '{"kvs":[]}'],
    ["a header that is none", '{"header":"x"}'],
    ["a header that is null", '{"header":null,"count":"x"}'],
    ["two answers", `${ok}${ok}`],
    ["JSON with a comment", `${ok}//`],
    ["words", "OK"],
  ])("%s", async (_, body) => {
    for (const type of ["application/json", "text/html"]) {
      const transport = inMemory(() => new Response(body, { headers: { "content-type": type } }));
      const error = await etcdErrorOf(put(transport));
      expect(error).toMatchObject(malformed);
      expect(error.rawMessage).not.toContain("Sign in");
    }
  });

  it.each(["Alarm", "Defragment", "MoveLeader"])("%s, whose answer has no header in some versions, still takes no page for one", async (name) => {
    const method = allMethods.filter(isUnary).find((each) => each.name === name);
    if (method === undefined) expect.fail("no such RPC");
    for (const body of [html, "[]", "null", "", '{"code":14,"message":"etcdserver: no leader"}']) {
      expect(["MalformedResponse", "NoLeader"]).toContain((await etcdErrorOf(call(inMemory(() => new Response(body)), method, {}))).reason);
    }
    expect(await call(inMemory(() => new Response("{}")), method, {})).toMatchObject({ $typeName: method.output.typeName });
  });

  it("an error with status 200 is that error", async () => {
    const transport = inMemory(() => Response.json({ code: 8, message: "etcdserver: mvcc: database space exceeded" }));
    expect(await etcdErrorOf(put(transport))).toMatchObject({ reason: "NoSpace", outcome: "not-applied" });
  });

  it.each(["chunked", "untilClose"] as const)("B5: JSON cut short, with a clean end (%s)", async (framing) => {
    for (const body of [ok.slice(0, -1), ok.slice(0, 12), "{"]) {
      expect(await etcdErrorOf(put((await serving({ body, framing })).transport))).toMatchObject(malformed);
    }
  });

  it("B6: on a stream is refused, with a newline and without", async () => {
    for (const body of [html, `${html}\n<body>\n`, "ok", "[1]\n", '"x"\n']) {
      const { values, error } = await drain(await watch(inMemory(() => new Response(body))));
      expect(values).toEqual([]);
      expect(await etcdErrorOf(Promise.reject(error))).toMatchObject(malformed);
    }
  });
});

describe("an answer that breaks off", () => {
  const lost = { reason: "Unreachable", code: Code.Unavailable, outcome: "unknown" };

  it.each<[string, Answer]>([
    ["B1: a reset before the answer", "rst"],
    ["B2: the end before the answer", "fin"],
    ["B4: less than the content-length", { headers: { "content-length": "500" }, body: ok, after: "fin" }],
    ["B4: less than the content-length, then a reset", { headers: { "content-length": "500" }, body: ok, after: "rst" }],
    ["B4: no last chunk", { body: ok, framing: "unterminated", after: "fin" }],
    ["B8: gzip that is none", { headers: { "content-encoding": "gzip" }, body: ok }],
    ["bytes that are not HTTP", { raw: "SSH-2.0-OpenSSH_9.2\r\n\r\n", after: "fin" }],
    ["half a status line", { raw: "HTTP/1.1 2", after: "fin" }],
    ["an error page cut short", { status: 502, headers: { "content-length": "500" }, body: html, after: "rst" }],
  ])("%s", async (_, answer) => {
    const { server, transport } = await serving(answer);
    expect(await etcdErrorOf(put(transport))).toMatchObject(lost);
    expect(server.requests).toHaveLength(1);
  });

  it("B24: headers of 40 kB are an error or are read, as the engine decides", async () => {
    const { transport } = await serving({ headers: { "x-large": "x".repeat(40_000) }, body: ok });
    const result = await put(transport).catch((error: unknown) => error);
    if (result instanceof Error) expect(result).toMatchObject(lost);
    else expect(result).toMatchObject({ header: { revision: 7n } });
  });

  it("B25: an interim answer that nobody asked for is an error or is skipped, as the engine decides", async () => {
    const { transport } = await serving({ informational: [{ status: 103, headers: { link: "</x>" } }], body: ok });
    const result = await put(transport).catch((error: unknown) => error);
    if (result instanceof Error) expect(result).toMatchObject(lost);
    else expect(result).toMatchObject({ header: { revision: 7n } });
  });

  it("A1: a port that refuses: certainly not sent", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (typeof address !== "object" || address === null) expect.fail("not listening");
    await new Promise((resolve) => server.close(resolve));
    const transport = createGatewayTransport({ endpoints: `http://127.0.0.1:${address.port}` });
    expect(await etcdErrorOf(put(transport))).toMatchObject({ reason: "Unreachable", outcome: "not-applied" });
  });
});

describe("an answer that takes too long", () => {
  const late = { reason: "Timeout", code: Code.DeadlineExceeded, outcome: "unknown" };
  const timeoutMs = 80;

  async function* drip(): AsyncGenerator<string> {
    for (let i = 0; ; i++) {
      yield ok[i] ?? " ";
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  it.each<[string, () => Answer]>([
    ["nothing at all", () => "hang"],
    ["B20: headers, then silence", () => ({ headers: { "content-length": "20" }, framing: "none", after: "hang" })],
    ["B20: an error's headers, then silence", () => ({ status: 503, headers: { "content-length": "20" }, framing: "none", after: "hang" })],
    ["B21: a slow drip, chunked", () => ({ body: drip() })],
    ["B21: a slow drip of a known length", () => ({ headers: { "content-length": "5000" }, body: drip(), framing: "none" })],
  ])("%s", async (_, answer) => {
    const { transport } = await serving(answer);
    const start = performance.now();
    expect(await etcdErrorOf(put(transport, { timeoutMs }))).toMatchObject(late);
    expect(performance.now() - start).toBeLessThan(timeoutMs + 500);
  });

  it("B20: the first byte of a stream, and its middle, count as well", async () => {
    const { transport: silent } = await serving("hang");
    expect(await etcdErrorOf(watch(silent, { timeoutMs }))).toMatchObject(late);
    const { transport } = await serving({ body: '{"result":{"created":true}}\n', framing: "unterminated", after: "hang" });
    const { values, error } = await drain(await watch(transport, { timeoutMs: 400 }));
    expect(values).toHaveLength(1);
    expect(await etcdErrorOf(Promise.reject(error))).toMatchObject(late);
  });
});

describe("an answer that is too large", () => {
  const tooLarge = { reason: "ResponseTooLarge", code: Code.ResourceExhausted, outcome: "unknown" };
  const maxResponseBytes = 100_000;

  function* endless(written: { bytes: number }): Generator<string> {
    const piece = " ".repeat(10_000);
    for (;;) {
      written.bytes += piece.length;
      yield piece;
    }
  }

  it("B22: is cut off at the limit, and no more of it read", async () => {
    const written = { bytes: 0 };
    const { transport } = await serving({ body: endless(written) }, { maxResponseBytes });
    expect(await etcdErrorOf(put(transport))).toMatchObject(tooLarge);
    await vi.waitFor(async () => {
      const before = written.bytes;
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(written.bytes).toBe(before);
    });
    // What the sockets of both sides buffer.
    expect(written.bytes).toBeLessThan(20_000_000);
  });

  it("B22: is cancelled", async () => {
    const { body, isCancelled } = bodyOf(Array<string>(20).fill(" ".repeat(10_000)), "open");
    const transport = createGatewayTransport({ fetch: scriptedFetch(() => new Response(body)).fetch, maxResponseBytes });
    expect(await etcdErrorOf(put(transport))).toMatchObject(tooLarge);
    await vi.waitFor(() => expect(isCancelled()).toBe(true));
  });

  it("B22: by its own account is refused too", async () => {
    const { transport } = await serving({ body: ok.padEnd(maxResponseBytes + 1) }, { maxResponseBytes });
    expect(await etcdErrorOf(put(transport))).toMatchObject(tooLarge);
  });

  it("B22: just within the limit is read, by its length and chunked", async () => {
    const body = ok.padEnd(maxResponseBytes);
    for (const framing of ["length", "chunked"] as const) {
      const { transport } = await serving({ body, framing }, { maxResponseBytes });
      expect(await put(transport)).toMatchObject({ header: { revision: 7n } });
    }
  });

  it("B22: a small body that unpacks to a large one is cut off as well", async () => {
    const body = gzipSync(Buffer.alloc(20_000_000, " "));
    expect(body.length).toBeLessThan(maxResponseBytes);
    const { transport } = await serving({ headers: { "content-encoding": "gzip" }, body }, { maxResponseBytes });
    expect(await etcdErrorOf(put(transport))).toMatchObject(tooLarge);
  });

  it("B22: nor is a length believed of an answer from another origin, whose compression a page cannot see", async () => {
    const transport = createGatewayTransport({
      maxResponseBytes,
      fetch: scriptedFetch(() => {
        const response = new Response(" ".repeat(maxResponseBytes + 1), { headers: { "content-length": "300" } });
        return Object.defineProperty(response, "type", { value: "cors" });
      }).fetch,
    });
    expect(await etcdErrorOf(put(transport))).toMatchObject(tooLarge);
  });

  it("S12: a line of a stream, however it is cut, and the stream is let go of", async () => {
    const { body, isCancelled } = bodyOf(["{", ...Array<string>(20).fill(" ".repeat(100))], "open");
    const transport = createGatewayTransport({ fetch: scriptedFetch(() => new Response(body)).fetch, maxLineBytes: 1000 });
    const { error } = await drain(await watch(transport));
    expect(await etcdErrorOf(Promise.reject(error))).toMatchObject(tooLarge);
    await vi.waitFor(() => expect(isCancelled()).toBe(true));
  });

  it("an endless error page is still the error that its status says", async () => {
    const written = { bytes: 0 };
    const { transport } = await serving({ status: 502, body: endless(written) });
    expect(await etcdErrorOf(put(transport))).toMatchObject({ reason: "Unreachable", outcome: "unknown" });
  });
});

describe("a refusal that is not etcd's", () => {
  it.each([
    [400, "InvalidArgument", Code.InvalidArgument, "not-applied"],
    [401, "PermissionDenied", Code.PermissionDenied, "not-applied"],
    [403, "PermissionDenied", Code.PermissionDenied, "not-applied"],
    [404, "NotEtcd", Code.Unimplemented, "not-applied"],
    [405, "NotEtcd", Code.Unimplemented, "not-applied"],
    [408, "Unreachable", Code.Unavailable, "unknown"],
    [413, "RequestTooLarge", Code.InvalidArgument, "not-applied"],
    [415, "InvalidArgument", Code.InvalidArgument, "not-applied"],
    [418, "Unreachable", Code.Unavailable, "unknown"],
    [421, "InvalidArgument", Code.InvalidArgument, "not-applied"],
    [429, "Unreachable", Code.Unavailable, "unknown"],
    [500, "Unreachable", Code.Unavailable, "unknown"],
    [501, "NotEtcd", Code.Unimplemented, "not-applied"],
    [502, "Unreachable", Code.Unavailable, "unknown"],
    [503, "Unreachable", Code.Unavailable, "unknown"],
    [504, "Unreachable", Code.Unavailable, "unknown"],
  ] as const)("A11, B9: a page with status %i", async (status, reason, code, outcome) => {
    const transport = inMemory(() => new Response(`<h1>${"x".repeat(5000)}</h1>`, { status }));
    for (const work of [put(transport), watch(transport)]) {
      const error = await etcdErrorOf(work);
      expect(error).toMatchObject({ reason, code, outcome });
      expect(error.rawMessage).toContain(`HTTP ${status} on /v3/`);
      expect(error.rawMessage.length).toBeLessThan(400);
    }
  });

  it("A11: a 404 without words names the path and what may be wrong", async () => {
    const error = await etcdErrorOf(put(inMemory(() => new Response("404 page not found\n", { status: 404 }))));
    expect(error.rawMessage).toContain("/v3/kv/put");
    expect(error.rawMessage).toContain("--enable-grpc-gateway");
  });

  it("A11: an etcd too old for an RPC says so with its path, in either dialect", async () => {
    for (const body of ["Not Found\n", '{"code":5, "message":"Not Found", "details":[]}']) {
      const error = await etcdErrorOf(call(inMemory(() => new Response(body, { status: 404 })), Auth.method.authStatus, {}));
      expect(error).toMatchObject({ reason: "Unsupported", code: Code.Unimplemented });
      expect(error.rawMessage).toContain("/v3/auth/status");
    }
  });

  it.each([
    ["120", 120_000],
    ["0", 0],
    ["36000", 36_000_000],
    ["soon", undefined],
    ["", undefined],
  ])("B15: Retry-After: %s", async (value, ms) => {
    for (const status of [429, 503]) {
      const transport = inMemory(() => new Response(html, { status, headers: { "retry-after": value } }));
      expect(await etcdErrorOf(put(transport))).toMatchObject({ reason: "Unreachable", outcome: "unknown", retryAfterMs: ms });
    }
  });

  it("B15: Retry-After as a date, ahead and past", async () => {
    const after = async (ms: number): Promise<number | undefined> => {
      const headers = { "retry-after": new Date(Date.now() + ms).toUTCString() };
      return (await etcdErrorOf(put(inMemory(() => new Response(html, { status: 503, headers }))))).retryAfterMs;
    };
    expect(await after(60_000)).toBeGreaterThan(57_000);
    expect(await after(60_000)).toBeLessThanOrEqual(60_000);
    expect(await after(-60_000)).toBe(0);
  });
});

describe("an abort", () => {
  it("B27: before anything is sent sends nothing", async () => {
    const { fetch, sent } = scriptedFetch(() => okJson());
    const transport = createGatewayTransport({ fetch });
    const signal = AbortSignal.abort("changed my mind");
    await expect(put(transport, { signal })).rejects.toBe("changed my mind");
    await expect(watch(transport, { signal })).rejects.toBe("changed my mind");
    expect(sent).toEqual([]);
  });

  it("B28: a time-out before anything is sent says that nothing was", async () => {
    const { fetch, sent } = scriptedFetch(() => okJson());
    const timeout = await etcdErrorOf(put(createGatewayTransport({ fetch: silentFetch().fetch }), { timeoutMs: 1 }));
    expect(timeout.outcome).toBe("unknown");
    const signal = AbortSignal.abort(timeout);
    expect(await etcdErrorOf(put(createGatewayTransport({ fetch }), { signal }))).toMatchObject({ reason: "Timeout", outcome: "not-applied" });
    expect(sent).toEqual([]);
  });

  it("B27: while waiting rejects with the caller's reason within a tick", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const waiting = put(createGatewayTransport({ fetch: silentFetch().fetch }), { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 5);
    await expect(waiting).rejects.toBe(reason);
  });

  it("B27: at any time leaves no rejection unhandled, no timer, and a transport that works", async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on("unhandledRejection", note);
    const random = (ms: number): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, Math.random() * ms));
    async function* pieces(): AsyncGenerator<string> {
      for (const piece of ['{"header":', '{"revision":', '"7"}}']) {
        await random(3);
        yield piece;
      }
    }
    const { transport } = await serving(() => ({ body: pieces() }));
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const timersBefore = timers();
    const reason = new Error("enough");
    const ends: unknown[] = [];
    for (let wave = 0; wave < 8; wave++) {
      const running = Array.from({ length: 20 }, async () => {
        const controller = new AbortController();
        const answer = put(transport, { signal: controller.signal, timeoutMs: 30_000 });
        void random(30).then(() => controller.abort(reason));
        ends.push(await answer.then(() => "answered", (error: unknown) => (error === reason ? "aborted" : error)));
      });
      await Promise.all(running);
    }
    expect(new Set(ends)).toEqual(new Set(["answered", "aborted"]));
    await vi.waitFor(() => expect(timers()).toBeLessThanOrEqual(timersBefore + 1));
    expect(await put(transport)).toMatchObject({ header: { revision: 7n } });
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  }, 20_000);
});

describe("every request", () => {
  it("S1, S4: follows no redirect, carries no cookie, and goes to fetch as URL and init", async () => {
    const { fetch, sent } = scriptedFetch(({ url }) => (url.endsWith("/watch") ? new Response("") : okJson()));
    const transport = createGatewayTransport({ fetch });
    await put(transport);
    await drain(await watch(transport));
    await transport.get("/version", undefined, new AbortController().signal);
    expect(sent.map(({ url }) => url)).toEqual(["/v3/kv/put", "/v3/watch", "/version"].map((path) => `http://127.0.0.1:2379${path}`));
    for (const { init } of sent) expect(init).toMatchObject({ redirect: "manual", credentials: "omit" });
    expect(sent.map(({ init }) => init.method)).toEqual(["POST", "POST", "GET"]);
  });

  it("B29: is not made by a device that knows it is offline, except to itself", async () => {
    vi.stubGlobal("navigator", { onLine: false });
    const { fetch, sent } = scriptedFetch(() => okJson());
    const away = createGatewayTransport({ fetch, endpoints: "http://etcd:2379" });
    expect(await etcdErrorOf(put(away))).toMatchObject({ reason: "Unreachable", outcome: "not-applied" });
    expect(sent).toEqual([]);
    await put(createGatewayTransport({ fetch }));
    expect(sent).toHaveLength(1);
  });

  it("is made by a device that says it is online", async () => {
    vi.stubGlobal("navigator", { onLine: true });
    const { fetch } = scriptedFetch(() => okJson());
    expect(await put(createGatewayTransport({ fetch, endpoints: "http://etcd:2379" }))).toMatchObject({ header: {} });
  });
});
