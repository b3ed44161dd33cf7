import { once } from "node:events";
import { createServer } from "node:net";
import { gzipSync } from "node:zlib";
import { Code } from "@connectrpc/connect";
import { describe, expect, it, vi } from "vitest";
import type { Answer } from "../../e2e/responder.ts";
import { gatewayTransport } from "../../src/transport/gateway-transport.ts";
import { drain, put, watch } from "./transport-calls.ts";
import { etcdErrorOf } from "./etcd-error.ts";
import { bodyOf, scriptedFetch } from "./scripted-fetch.ts";
import { serving } from "./serving.ts";

const ok = '{"header":{"revision":"7"}}';
const html = "<!doctype html><title>Sign in</title>";

describe("an answer that breaks off", () => {
  const lost = { reason: "Unreachable", code: Code.Unavailable, outcome: "unknown" };

  it.each<[string, Answer]>([
    ["B1: a reset before the answer", "rst"],
    ["B2: the end before the answer", "fin"],
    ["B4: less than the content-length", { headers: { "content-length": "500" }, body: ok, after: "fin" }],
    [
      "B4: less than the content-length, then a reset",
      { headers: { "content-length": "500" }, body: ok, after: "rst" },
    ],
    ["B4: no last chunk", { body: ok, framing: "unterminated", after: "fin" }],
    ["B8: gzip that is not gzip", { headers: { "content-encoding": "gzip" }, body: ok }],
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

  it("B25: an unrequested interim answer is an error or is skipped, as the engine decides", async () => {
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
    const transport = gatewayTransport({ endpoints: `http://127.0.0.1:${address.port}` });
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
    [
      "B20: an error's headers, then silence",
      () => ({ status: 503, headers: { "content-length": "20" }, framing: "none", after: "hang" }),
    ],
    ["B21: a slow drip, chunked", () => ({ body: drip() })],
    [
      "B21: a slow drip of a known length",
      () => ({ headers: { "content-length": "5000" }, body: drip(), framing: "none" }),
    ],
  ])("%s", async (_, answer) => {
    const { transport } = await serving(answer);
    const start = performance.now();
    expect(await etcdErrorOf(put(transport, { timeoutMs }))).toMatchObject(late);
    expect(performance.now() - start).toBeLessThan(timeoutMs + 500);
  });

  it("B20: the first byte of a stream, and its middle, count as well", async () => {
    const { transport: silent } = await serving("hang");
    expect(await etcdErrorOf(watch(silent, { timeoutMs }))).toMatchObject(late);
    const { transport } = await serving({
      body: '{"result":{"created":true}}\n',
      framing: "unterminated",
      after: "hang",
    });
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
    const transport = gatewayTransport({
      fetch: scriptedFetch(() => new Response(body)).fetch,
      maxResponseBytes,
    });
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
    const transport = gatewayTransport({
      maxResponseBytes,
      fetch: scriptedFetch(() => {
        const response = new Response(" ".repeat(maxResponseBytes + 1), { headers: { "content-length": "300" } });
        return Object.defineProperty(response, "type", { value: "cors" });
      }).fetch,
    });
    expect(await etcdErrorOf(put(transport))).toMatchObject(tooLarge);
  });

  it("a line of a stream, however it is cut, and the stream is closed", async () => {
    const { body, isCancelled } = bodyOf(["{", ...Array<string>(20).fill(" ".repeat(100))], "open");
    const transport = gatewayTransport({
      fetch: scriptedFetch(() => new Response(body)).fetch,
      maxLineBytes: 1000,
    });
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
