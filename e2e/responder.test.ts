import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { makeCertificates } from "./certificates.ts";
import { plainRequest } from "./plain-request.ts";
import {
  responder,
  type Answer,
  type RecordedRequest,
  type Responder,
  type ResponderOptions,
  type SocketInfo,
} from "./responder.ts";
import { rigFolder } from "./watchdog.ts";

async function answering(
  answer: Answer | ((request: RecordedRequest, info: SocketInfo) => Answer | Promise<Answer>),
  options?: ResponderOptions,
): Promise<Responder> {
  const server = await responder(typeof answer === "function" ? answer : () => answer, options);
  onTestFinished(() => server.close());
  return server;
}

/** The code of the innermost cause, as fetch nests them. */
async function failureOf(promise: Promise<unknown>): Promise<string> {
  let failure: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure === undefined) throw new Error("it did not fail");
  while (failure instanceof Error && failure.cause !== undefined) failure = failure.cause;
  return failure instanceof Error && "code" in failure ? String(failure.code) : String(failure);
}

/** What comes over the wire, byte for byte. */
function rawAnswer(server: Responder, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, "127.0.0.1", () => socket.write(request));
    let text = "";
    socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
    socket.on("end", () => resolve(text));
    socket.on("error", reject);
  });
}

describe("a responder", () => {
  it("answers with any status, reason, headers and body", async () => {
    const headers = { "content-type": "text/html", "x-twice": ["a", "b"] };
    const server = await answering({ status: 502, reason: "Bad Luck", headers, body: "<h1>no</h1>" });
    const answer = await fetch(server.url);
    expect(answer).toMatchObject({ status: 502, statusText: "Bad Luck" });
    expect(answer.headers.get("x-twice")).toBe("a, b");
    expect(await answer.text()).toBe("<h1>no</h1>");
  });

  it("records each request with its connection, its headers and its whole body", async () => {
    const infos: SocketInfo[] = [];
    const server = await answering((_request, info) => {
      infos.push(info);
      return { body: `${info.total}`, after: info.onSocket === 2 ? "fin" : "keep" };
    });
    const body = "x".repeat(300_000);
    const ask = (path: string): string =>
      `POST ${path} HTTP/1.1\r\nX-Test: ${path}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    expect(await rawAnswer(server, ask("/one?a=b") + ask("/two"))).toMatch(/\r\n\r\n1HTTP.*\r\n\r\n2$/s);
    expect(await (await fetch(`${server.url}/three`, { method: "PUT", body })).text()).toBe("3");
    expect(server.requests.map(({ method, path, socket }) => [method, path, socket])).toEqual([
      ["POST", "/one?a=b", 1],
      ["POST", "/two", 1],
      ["PUT", "/three", 2],
    ]);
    expect(infos.map(({ socket, onSocket, total }) => [socket, onSocket, total])).toEqual([
      [1, 1, 1],
      [1, 2, 2],
      [2, 1, 3],
    ]);
    expect(server.requests[0]?.headers["x-test"]).toBe("/one?a=b");
    expect(server.requests.map(({ text }) => text === body)).toEqual([true, true, true]);
    expect(server.sockets).toBe(2);
  });

  it("reads a chunked request and one that waits for 100 Continue", async () => {
    const server = await answering((request) => ({ body: request.body, after: "fin" }));
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("in "));
        controller.enqueue(new TextEncoder().encode("pieces"));
        controller.close();
      },
    });
    const init: RequestInit & { duplex: "half" } = { method: "POST", body: stream, duplex: "half" };
    expect(await (await fetch(server.url, init)).text()).toBe("in pieces");
    const waiting = "POST / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n";
    expect(await rawAnswer(server, `${waiting}ab`)).toMatch(
      /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 .*\r\n\r\nab$/s,
    );
  });

  it("sends a body in pieces, each when its time has come", async () => {
    let release = (): void => {};
    const server = await answering({
      body: (async function* () {
        yield "first";
        await new Promise<void>((resolve) => (release = resolve));
        yield new TextEncoder().encode("second");
      })(),
    });
    const reader = (await fetch(server.url)).body?.getReader();
    const next = async (): Promise<string> => Buffer.from((await reader?.read())?.value ?? []).toString();
    expect(await next()).toBe("first");
    release();
    expect(await next()).toBe("second");
    expect(await reader?.read()).toMatchObject({ done: true });
  });

  it("lies about the length of a body", async () => {
    const long = await answering({ headers: { "Content-Length": "10" }, body: "short", after: "fin" });
    expect(await failureOf(fetch(long.url).then((answer) => answer.text()))).toBe("UND_ERR_SOCKET");
    const short = await answering({ headers: { "content-length": "3" }, body: "longer", after: "fin" });
    expect(await rawAnswer(short, "GET / HTTP/1.1\r\n\r\n")).toBe(
      "HTTP/1.1 200 Scripted\r\ncontent-length: 3\r\n\r\nlonger",
    );
  });

  it("leaves out the last chunk", async () => {
    const server = await answering({ body: "text", framing: "unterminated", after: "fin" });
    expect(await failureOf(fetch(server.url).then((answer) => answer.text()))).toBe("UND_ERR_SOCKET");
    expect(await rawAnswer(server, "GET / HTTP/1.1\r\n\r\n")).toMatch(/\r\n\r\n4\r\ntext\r\n$/);
  });

  it("marks the end of a body by the end of the connection", async () => {
    const server = await answering({ body: ["a", "b"], framing: "untilClose" });
    expect(await (await fetch(server.url)).text()).toBe("ab");
    expect(await rawAnswer(server, "GET / HTTP/1.1\r\n\r\n")).toBe("HTTP/1.1 200 Scripted\r\n\r\nab");
  });

  it.each([
    ["rst", "ECONNRESET"],
    ["fin", "UND_ERR_SOCKET"],
  ] as const)("ends with a %s instead of an answer, or after a part of it", async (after, code) => {
    const instead = await answering(after);
    expect(await failureOf(fetch(instead.url))).toBe(code);
    expect(instead.requests).toHaveLength(1);
    const inHead = await answering({ raw: "HTTP/1.1 200 OK\r\nconte", after });
    expect(await failureOf(fetch(inHead.url))).toBe(code);
    const inBody = await answering({ headers: { "content-length": "100" }, body: "a part", after });
    const answer = await fetch(inBody.url);
    expect(await failureOf(answer.text())).toBe(code);
  });

  it("says nothing at all, or nothing more", async () => {
    const silent = await answering("hang");
    const signal = AbortSignal.timeout(80);
    await expect(fetch(silent.url, { signal })).rejects.toThrow(/timeout/);
    const half = await answering({ body: "half", framing: "unterminated", after: "hang" });
    const answer = await fetch(half.url, { signal: AbortSignal.timeout(80) });
    await expect(answer.text()).rejects.toThrow(/timeout/);
  });

  it("sends interim answers first", async () => {
    const server = await answering({
      informational: [{ status: 103, headers: { link: "</a>" } }, { status: 102 }],
      body: "ok",
    });
    const answer = await plainRequest(server.url);
    expect(answer).toEqual({ status: 200, text: "ok" });
    const raw = await answering({ informational: [{ status: 103 }], body: "ok", after: "fin" });
    expect(await rawAnswer(raw, "GET / HTTP/1.1\r\n\r\n")).toMatch(/^HTTP\/1\.1 103 Interim\r\n\r\nHTTP\/1\.1 200 /);
  });

  it("sends headers larger than a client takes", async () => {
    const server = await answering({ headers: { "x-huge": "x".repeat(100_000) } });
    expect(await failureOf(fetch(server.url))).toBe("UND_ERR_HEADERS_OVERFLOW");
  });

  it("lies about compression, and tells the truth", async () => {
    const headers = { "content-encoding": "gzip" };
    const liar = await answering({ headers, body: '{"header":{}}' });
    expect(await failureOf(fetch(liar.url).then((answer) => answer.text()))).toBe("Z_DATA_ERROR");
    const honest = await answering({ headers, body: gzipSync('{"header":{}}') });
    expect(await (await fetch(honest.url)).json()).toEqual({ header: {} });
  });

  it("redirects", async () => {
    const target = await answering({ body: "there" });
    const server = await answering({ status: 307, headers: { location: target.url } });
    expect(await (await fetch(server.url)).text()).toBe("there");
    expect((await fetch(server.url, { redirect: "manual" })).status).toBe(307);
  });

  it("speaks something else than HTTP", async () => {
    const server = await answering({
      raw: new Uint8Array([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0x40, 0]),
      after: "fin",
    });
    expect(await failureOf(fetch(server.url))).toMatch(/^HPE_/);
  });

  it("speaks TLS with the certificate it is given", async () => {
    const folder = rigFolder();
    onTestFinished(() => folder.remove());
    const certs = await makeCertificates(folder.path);
    const read = (file: string): string => readFileSync(file, "utf8");
    const tls = { cert: read(certs.expiredServer.cert), key: read(certs.expiredServer.key) };
    const expired = await answering({ body: "ok" }, { tls });
    expect(await failureOf(plainRequest(expired.url, { tls: { ca: read(certs.ca) } }))).toBe("CERT_HAS_EXPIRED");
    const lax = { ca: read(certs.ca), rejectUnauthorized: false };
    expect((await plainRequest(expired.url, { tls: lax })).text).toBe("ok");
    const reset = await answering("rst", { tls });
    expect(await failureOf(plainRequest(reset.url, { tls: lax }))).toBe("ECONNRESET");
  });
});
