import dns from "node:dns";
import { setMaxListeners } from "node:events";
import { Agent } from "node:http";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { runInNewContext } from "node:vm";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createEtcd } from "../src/index.ts";
import { createNodeFetch, type NodeFetch, type NodeFetchOptions, serve } from "../src/node/index.ts";
import { freePort } from "./ports.ts";
import { responder } from "./responder.ts";

function nodeFetch(options?: NodeFetchOptions): NodeFetch {
  const fetch = createNodeFetch(options);
  onTestFinished(() => fetch.close());
  return fetch;
}

const rejected = (code: string): object => ({ name: "TypeError", message: "fetch failed", cause: { code } });

describe("createNodeFetch and connections", () => {
  it("makes a new connection after `connection: close`, and after an answer that ends with the connection", async () => {
    await using server = await responder((_, { total }) =>
      total === 1
        ? { body: "a", headers: { connection: "close" }, after: "fin" }
        : { body: "a", framing: total === 2 ? "untilClose" : "length" },
    );
    const fetch = nodeFetch();
    for (let i = 0; i < 4; i++) expect(await (await fetch(server.url)).text()).toBe("a");
    expect(server.requests.map(({ socket }) => socket)).toEqual([1, 2, 3, 3]);
  });

  it.each(["fin", "rst"] as const)(
    "sends a request once over a kept connection that ends by %s instead of an answer, and says so",
    async (end) => {
      await using server = await responder((_, { total }) => (total === 1 ? { body: "a" } : end));
      const fetch = nodeFetch();
      await (await fetch(server.url)).text();
      await expect(fetch(server.url, { method: "POST", body: "b" })).rejects.toMatchObject(rejected("ECONNRESET"));
      expect(server.requests.map(({ socket }) => socket)).toEqual([1, 1]);
    },
  );

  it("a put over a kept connection that the server closes meanwhile is never told to be unwritten", async () => {
    await using server = await responder((_, { total }) =>
      total === 1 ? { body: '{"header":{"revision":"1"}}' } : "rst",
    );
    const etcd = createEtcd({ endpoints: server.url, fetch: nodeFetch() });
    onTestFinished(() => etcd.close());
    await etcd.put("a", "1");
    await expect(etcd.put("a", "2")).rejects.toMatchObject({ reason: "Unreachable", outcome: "unknown" });
    expect(server.requests).toHaveLength(2);
  });

  it("does not use a connection again that the server has closed while it was idle", async () => {
    await using server = await responder((_, { onSocket }) => ({ body: "a", after: onSocket === 2 ? "keep" : "fin" }));
    const fetch = nodeFetch();
    for (let i = 1; i <= 3; i++) {
      await (await fetch(server.url)).text();
      // The end of the connection comes behind the answer.
      await expect.poll(async () => (await fetch(server.url).catch(() => undefined))?.status).toBe(200);
    }
  });

  it("a connection that was refused, or never made, is told apart from one that broke", async () => {
    const port = await freePort();
    const fetch = nodeFetch({ connectTimeoutMs: 300 });
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toMatchObject(rejected("ECONNREFUSED"));
    await expect(fetch("http://nowhere.invalid")).rejects.toMatchObject({ cause: { code: /ENOTFOUND|EAI_AGAIN/ } });
    // A server that takes the connection and never says a word of TLS, and one that hangs up at once.
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => void sockets.add(socket.on("error", () => undefined)));
    const rude = createServer((socket) => socket.resetAndDestroy());
    for (const server of [silent, rude]) {
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      onTestFinished(() => void server.close());
    }
    const at = (server: typeof silent): string => `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const put = async (url: string): Promise<unknown> => {
      await using etcd = createEtcd({ endpoints: url, fetch, retry: false });
      return await etcd.put("a", "1");
    };
    await expect(fetch(at(silent))).rejects.toMatchObject(rejected("ERR_CONNECT_TIMEOUT"));
    await expect(fetch(at(rude))).rejects.toMatchObject(rejected("ERR_NOT_CONNECTED"));
    for (const server of [silent, rude]) {
      await expect(put(at(server))).rejects.toMatchObject({ reason: "Unreachable", outcome: "not-applied" });
    }
    for (const socket of sockets) socket.destroy();
  });

  it("speaks IPv6, and tries every address of a name", async () => {
    const fetch = nodeFetch();
    await using six = await serve(() => new Response("six"), { hostname: "::1" });
    expect(six.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect(await (await fetch(six.url)).text()).toBe("six");
    await using four = await serve(() => new Response("four"), { allowedHosts: ["both.test"] });
    const addresses = [
      { address: "::1", family: 6 },
      { address: "127.0.0.1", family: 4 },
    ];
    const lookup = vi
      .spyOn(dns, "lookup")
      .mockImplementation(((_: string, __: object, done: Function) =>
        process.nextTick(done, null, addresses)) as never);
    onTestFinished(() => lookup.mockRestore());
    expect(await (await fetch(`http://both.test:${four.port}`)).text()).toBe("four");
  });

  it("an abort frees the connection, also of an unread answer, and of a request that waits for a connection", async () => {
    await using server = await responder(({ path }) =>
      path === "/hang" ? "hang" : { body: ["begin"], framing: "unterminated" as const, after: "hang" as const },
    );
    const fetch = nodeFetch({ connections: 1 });
    for (const path of ["/hang", "/stream", "/hang"]) {
      const stop = new AbortController();
      const before = server.requests.length;
      const answer = fetch(server.url + path, { signal: stop.signal }).then(
        (response) => response.status,
        (error: unknown) => error,
      );
      await expect.poll(() => server.requests.length).toBe(before + 1);
      if (path === "/stream") expect(await answer).toBe(200);
      const waiting = fetch(server.url, { signal: stop.signal });
      stop.abort("enough");
      await expect(waiting).rejects.toBe("enough");
      if (path === "/hang") expect(await answer).toBe("enough");
    }
    expect((await fetch(`${server.url}/last`)).status).toBe(200);
    expect(server.requests.map(({ path }) => path)).toEqual(["/hang", "/stream", "/hang", "/last"]);
  });

  it("keeps nothing of 10,000 requests that were given up while they waited for the one connection", async () => {
    const connects = vi.spyOn(Agent.prototype, "createConnection");
    onTestFinished(() => connects.mockRestore());
    await using server = await responder(({ path }) => (path === "/hang" ? "hang" : { body: "a" }));
    const fetch = nodeFetch({ connections: 1 });
    const stop = new AbortController();
    const all = [fetch(`${server.url}/hang`, { signal: stop.signal })];
    await expect.poll(() => server.requests.length).toBe(1);
    const givenUp = new AbortController();
    setMaxListeners(0, givenUp.signal);
    for (let i = 0; i < 10_000; i++) all.push(fetch(server.url, { signal: givenUp.signal }));
    const last = fetch(`${server.url}/last`);
    const ended = Promise.allSettled(all);
    await new Promise(setImmediate);
    givenUp.abort("enough");
    const [agent] = connects.mock.contexts as readonly Agent[];
    expect(Object.values(agent?.requests ?? { none: [agent] }).flat()).toEqual([]);
    stop.abort("enough");
    expect((await ended).every((each) => each.status === "rejected" && each.reason === "enough")).toBe(true);
    expect((await last).status).toBe(200);
    expect(server.requests.map(({ path }) => path)).toEqual(["/hang", "/last"]);
  });

  it("makes no connection for requests that waited for one when it is closed", async () => {
    await using server = await responder(({ path }) => (path === "/hang" ? "hang" : { body: "a" }));
    const fetch = nodeFetch({ connections: 1, connectTimeoutMs: 2 ** 31 - 1, keepAliveMs: 2 ** 31 - 1 });
    const warnings = vi.fn();
    process.on("warning", warnings);
    onTestFinished(() => void process.off("warning", warnings));
    expect(await (await fetch(server.url)).text()).toBe("a");
    const all = Array.from({ length: 3 }, () => fetch(`${server.url}/hang`));
    await expect.poll(() => server.requests.length).toBe(2);
    const ended = Promise.allSettled(all);
    await fetch.close();
    expect((await ended).map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    // What is connected after that comes behind anything that was connected before.
    expect(await (await nodeFetch()(server.url)).text()).toBe("a");
    expect([server.sockets, warnings.mock.calls]).toEqual([2, []]);
  });

  it("a reader that leaves an answer which has come whole keeps the connection", async () => {
    await using server = await responder(() => ({ body: "a".repeat(1000) }));
    const fetch = nodeFetch();
    for (let i = 0; i < 3; i++) {
      const reader = (await fetch(server.url)).body?.getReader();
      await reader?.read();
      await reader?.cancel();
    }
    expect(server.sockets).toBe(1);
  });

  it("asks for no more of a stream than its reader does", async () => {
    let sent = 0;
    await using server = await serve(() => {
      const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536));
      };
      return new Response(new ReadableStream({ pull }));
    });
    const { body } = await nodeFetch()(server.url);
    const reader = body?.getReader();
    let last = -1;
    // Until the kernel's buffers are full.
    await expect.poll(() => last === (last = sent), { interval: 300, timeout: 20_000 }).toBe(true);
    expect(sent).toBeLessThan(64 * 2 ** 20);
    await reader?.cancel();
  });

  it("sends a stream piece by piece, and stops when the request is over", async () => {
    await using server = await serve(async (request) => new Response(await request.text()));
    const fetch = nodeFetch();
    const pieces = ["a", "b".repeat(100_000), "ü"];
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const piece = pieces.shift();
        if (piece === undefined) controller.close();
        else controller.enqueue(new TextEncoder().encode(piece));
      },
    });
    const init = { method: "POST", body, duplex: "half" };
    expect(await (await fetch(server.url, init)).text()).toBe(`a${"b".repeat(100_000)}ü`);

    let canceled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
      cancel: () => void (canceled = true),
    });
    const stop = new AbortController();
    const answer = fetch(server.url, { method: "POST", body: endless, signal: stop.signal });
    setTimeout(() => stop.abort("enough"), 50);
    await expect(answer).rejects.toBe("enough");
    await expect.poll(() => canceled).toBe(true);

    // One that is never sent, since another request has the connection, and one that nobody wants any more.
    await using silent = await responder(() => "hang");
    const narrow = nodeFetch({ connections: 1 });
    const first = narrow(silent.url).catch(() => undefined);
    await expect.poll(() => silent.requests.length).toBe(1);
    for (const waits of [true, false]) {
      const told: unknown[] = [];
      const unread = new ReadableStream<Uint8Array>({ cancel: (reason) => void told.push(reason) });
      const given = new AbortController();
      if (!waits) given.abort("no more");
      const unsent = narrow(silent.url, { method: "POST", body: unread, signal: given.signal });
      if (waits) setImmediate(() => given.abort("no more"));
      await expect(unsent).rejects.toBe("no more");
      await expect.poll(() => told).toEqual(["no more"]);
    }
    await narrow.close();
    await first;

    const broken = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error("gone") });
    await expect(fetch(server.url, { method: "POST", body: broken })).rejects.toMatchObject({ cause: "gone" });
    const text = new Blob(["text"]).stream().pipeThrough(new TextDecoderStream()) as ReadableStream;
    await expect(fetch(server.url, { method: "POST", body: text })).rejects.toThrow("fetch failed");
  });
});

describe("createNodeFetch and answers", () => {
  it("a Response looks, and is read, as one of the platform's", async () => {
    await using server = await responder(() => ({
      status: 418,
      reason: "Teapot",
      headers: { "content-type": "text/plain", "set-cookie": ["a=1", "b=2"] },
      body: "\uFEFFä",
    }));
    const fetch = nodeFetch();
    const answer = await fetch(`${server.url}/path?q#part`);
    expect(answer).toBeInstanceOf(Response);
    expect([answer.status, answer.statusText, answer.ok, answer.type, answer.redirected]).toEqual([
      418,
      "Teapot",
      false,
      "basic",
      false,
    ]);
    expect(answer.url).toBe(`${server.url}/path?q`);
    expect(answer.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(answer.body).toBe(answer.body);
    expect(answer.bodyUsed).toBe(false);
    expect(await answer.text()).toBe("ä");
    expect(answer.bodyUsed).toBe(true);
    expect(() => answer.clone()).toThrow(TypeError);
    await expect(answer.bytes()).rejects.toThrow(TypeError);
    const locked = await fetch(server.url);
    locked.body?.getReader();
    await expect(locked.text()).rejects.toThrow(TypeError);
    const bytes = await (await fetch(server.url)).bytes();
    expect([...bytes]).toEqual([0xef, 0xbb, 0xbf, 0xc3, 0xa4]);
    expect(bytes.buffer.byteLength).toBe(5);
    expect(await new Response((await fetch(server.url)).body).text()).toBe("ä");
    const used = await fetch(server.url);
    await used.text();
    expect(() => used.body).toThrow(TypeError);
  });

  it("fills a buffer that the reader brings", async () => {
    await using server = await responder(() => ({ body: ["abc", "def"] }));
    const { body } = await nodeFetch()(server.url);
    const reader = body?.getReader({ mode: "byob" });
    let text = "";
    for (;;) {
      const part = await reader?.read(new Uint8Array(2));
      if (part === undefined || part.done) break;
      text += String.fromCharCode(...part.value);
    }
    expect(text).toBe("abcdef");
  });

  it("has no body where HTTP allows none", async () => {
    await using server = await responder(({ path, method }) => {
      if (method === "HEAD") return { headers: { "content-length": "100" }, framing: "none" as const, after: "keep" };
      return { status: Number(path.slice(1)), framing: "none" as const, after: "keep" as const };
    });
    const fetch = nodeFetch();
    const answers = [
      await fetch(server.url, { method: "HEAD" }),
      await fetch(`${server.url}/204`),
      await fetch(`${server.url}/304`),
    ];
    for (const answer of answers) {
      expect(answer.body).toBeNull();
      expect(await answer.clone().text()).toBe("");
      expect((await answer.arrayBuffer()).byteLength).toBe(0);
    }
    expect(server.sockets).toBe(1);
  });

  it("decodes unrequested content encodings, whole and as a stream; a truncated one fails", async () => {
    const plain = "plain ".repeat(1000);
    const codings = {
      gzip: gzipSync(plain),
      deflate: deflateSync(plain),
      br: brotliCompressSync(plain),
      "br, gzip": gzipSync(brotliCompressSync(plain)),
    };
    await using server = await responder(({ path }) => {
      const coding = decodeURIComponent(path.slice(1)) as keyof typeof codings | "cut" | "own";
      if (path === "/empty") return { body: "", headers: { "content-encoding": "gzip" } };
      if (coding === "own") return { body: "as it is", headers: { "content-encoding": "own" } };
      if (coding === "cut") return { body: codings.gzip.subarray(0, 30), headers: { "content-encoding": "gzip" } };
      return { body: codings[coding], headers: { "content-encoding": coding } };
    });
    const fetch = nodeFetch();
    for (const coding of Object.keys(codings)) {
      const url = `${server.url}/${encodeURIComponent(coding)}`;
      expect(await (await fetch(url)).text()).toBe(plain);
      expect(await new Response((await fetch(url)).body).text()).toBe(plain);
      await (await fetch(url)).body?.cancel();
    }
    expect(await (await fetch(`${server.url}/own`)).text()).toBe("as it is");
    expect(await (await fetch(`${server.url}/empty`)).text()).toBe("");
    await expect((await fetch(`${server.url}/cut`)).text()).rejects.toMatchObject({ name: "TypeError" });
    expect(server.requests.every(({ headers }) => headers["accept-encoding"] === undefined)).toBe(true);
  });

  it("an answer that is not HTTP fails, and its bytes are not in the error", async () => {
    await using server = await responder(() => ({ raw: "SECRET no http\r\n\r\n", after: "fin" }));
    const error: unknown = await nodeFetch()(server.url).catch((each: unknown) => each);
    expect(error).toMatchObject({ name: "TypeError", cause: { code: /^HPE_/ } });
    const { inspect } = await import("node:util");
    const rawBytes = Buffer.from("SECRET").toString("hex").replace(/../g, "$& ").trim();
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(new RegExp(`SECRET|${rawBytes}`));
  });

  it("an unrequested switch of protocols fails", async () => {
    await using server = await responder(() => ({
      raw: "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
      after: "hang",
    }));
    await expect(nodeFetch()(server.url)).rejects.toThrow("fetch failed");
  });

  it("interim answers are passed over", async () => {
    await using server = await responder(() => ({ informational: [{ status: 103 }, { status: 102 }], body: "a" }));
    expect(await (await nodeFetch()(server.url)).text()).toBe("a");
  });
});

describe("createNodeFetch and requests", () => {
  it("takes requests, headers and bodies of another realm", async () => {
    await using server = await responder(() => ({ body: "{}" }));
    const fetch = nodeFetch();
    const foreign = runInNewContext(`({
      bytes: new Uint8Array([66]), buffer: new Uint8Array([67]).buffer, headers: { "x-own": "1" }, pairs: [["x-own", "2"]],
    })`) as { bytes: Uint8Array; buffer: ArrayBuffer; headers: Record<string, string>; pairs: [string, string][] };
    await fetch(server.url, { method: "POST", body: foreign.bytes as BodyInit, headers: foreign.headers });
    await fetch(server.url, { method: "post", body: foreign.buffer, headers: foreign.pairs });
    const form = new FormData();
    form.set("field", "value");
    await fetch(new Request(server.url, { method: "POST", body: form, headers: { "x-own": "3" } }), {
      headers: new Headers({ "content-type": "text/css" }),
    });
    await fetch(server.url, { method: "POST", body: form });
    await fetch(server.url, { method: "POST" });
    expect(server.requests.map(({ method, text }) => [method, text.slice(0, 1)])).toEqual([
      ["POST", "B"],
      ["POST", "C"],
      ["POST", "-"],
      ["POST", "-"],
      ["POST", ""],
    ]);
    expect(server.requests.map(({ headers }) => headers["x-own"])).toEqual(["1", "2", undefined, undefined, undefined]);
    expect(server.requests[2]?.headers["content-type"]).toBe("text/css");
    expect(server.requests[3]?.headers["content-type"]).toContain("multipart/form-data; boundary=");
    expect(server.requests[4]?.headers["content-length"]).toBe("0");
  });

  const post = { method: "POST", body: "a" };
  it.each<[string, object | undefined, RegExp]>([
    ["/relative", undefined, /not an absolute URL/],
    ["ftp://host", undefined, /expected an http: or https: URL/],
    ["http://user:secret@host", undefined, /user name or password/],
    ["http://host", { body: "a" }, /a GET request has no body/],
    ["http://host", { method: "CONNECT" }, /CONNECT is not allowed/],
    ["http://host", { ...post, body: {} }, /of type Object is not supported/],
    ["http://host", { ...post, headers: { "Transfer-Encoding": "chunked" } }, /Transfer-Encoding cannot be set/],
    ["http://host", { ...post, headers: { "content-length": "7" } }, /differs from the body/],
    ["http://host", { headers: { "a b": "c" } }, /./],
    ["http://host", { headers: { a: "secret\r\nb: c" } }, /./],
    ["http://host", { signal: {} }, /expected an AbortSignal/],
    ["http://host", { dispatcher: {} }, /option dispatcher of fetch is not supported/],
    ["http://host", { tls: {} }, /option tls of fetch is not supported/],
    ["http://host", { mode: "no-cors" }, /mode: "no-cors" is not supported/],
    ["http://host", { cache: "only-if-cached" }, /cache/],
    ["http://host", { integrity: "sha256-a" }, /integrity/],
    ["http://host", { redirect: "folow" }, /redirect: "folow" is not supported/],
  ])("refuses what it cannot send: %s %o", async (url, init, message) => {
    const error: unknown = await nodeFetch()(url, init as RequestInit).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(message);
    expect(String(error)).not.toContain("secret");
  });

  it("refuses certificates and keys that cannot be read, at once", () => {
    expect(() => createNodeFetch({ cert: "no", key: "no" })).toThrow(/cert, key or passphrase/);
  });
});
