import { connect } from "node:net";
import { expect, it, onTestFinished, vi } from "vitest";
import { createNodeFetch, type FetchHandler, serve } from "../../src/node/index.ts";

async function served(handler: FetchHandler): Promise<string> {
  const server = await serve(handler);
  onTestFinished(() => server.close());
  return server.url;
}

it.each([
  ["between two pieces", 0],
  ["while it does not read", 64 * 1024 * 1024],
])("a client that goes away %s cancels the body of the answer", async (_, size) => {
  let canceled = false;
  const url = await served(() => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new Uint8Array(size + 1)),
      cancel: () => void (canceled = true),
    });
    return new Response(body);
  });
  const stop = new AbortController();
  const answer = await fetch(url, { signal: stop.signal });
  expect(answer.status).toBe(200);
  stop.abort();
  await vi.waitUntil(() => canceled);
});

it("options that do not exist are refused, and the nearest named", async () => {
  const handler: FetchHandler = () => new Response("");
  await expect(serve(handler, { prt: 1 } as never)).rejects.toThrow(
    'serve: unknown option "prt"; did you mean "port"?',
  );
  await expect(serve(handler, { tls: { crt: "" } } as never)).rejects.toThrow('did you mean "cert"?');
  expect(() => createNodeFetch({ servername: "a" } as never)).toThrow('did you mean "serverName"?');
});

/** A raw request, and the beginning of what comes back until the connection ends. */
function spoken(url: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(text));
    let said = "";
    socket.on("data", (bytes) => (said += bytes.toString())).on("close", () => resolve(said));
    socket.on("error", reject);
  });
}

const post = (headers: string): string =>
  `POST /v3/kv/put HTTP/1.1\r\n${headers}connection: close\r\ncontent-length: 2\r\n\r\n{}`;

it.each([
  ["host: evil.example\r\n", 403],
  ["host: evil.example:80\r\norigin: http://evil.example:80\r\n", 403],
  ["host: 127.0.0.1\r\norigin: https://evil.example\r\n", 403],
  ["host: 127.0.0.1:1\r\norigin: http://127.0.0.1:2\r\n", 403],
  ["host: localhost\r\norigin: null\r\n", 403],
  ["host: a b\r\n", 403],
  ["host: 127.0.0.1:1\r\norigin: http://127.0.0.1:1\r\n", 200],
  ["host: [::1]:1\r\n", 200],
  ["host: 192.168.1.7\r\n", 200],
  ["host: app.localhost:1\r\n", 200],
  ["host: ETCD.Test:1\r\n", 200],
  ["host: localhost\r\norigin: http://page.test:5173\r\n", 200],
])("answers pages and names that were allowed, and no others: %j", async (headers, status) => {
  let asked = 0;
  await using server = await serve(() => new Response(String(++asked)), {
    allowedHosts: ["etcd.test"],
    cors: ["http://page.test:5173"],
  });
  expect(await spoken(server.url, post(headers))).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(asked).toBe(status === 200 ? 1 : 0);
});

it("lets all pages in when told so, and says nothing of CORS itself", async () => {
  await using server = await serve(() => new Response("a"), { cors: "*" });
  const said = await spoken(server.url, post("host: localhost\r\norigin: https://anywhere.example\r\n"));
  expect(said).toMatch(/^HTTP\/1.1 200 /);
  expect(said).not.toMatch(/access-control/i);
});

it("answers a body beyond its bound with 413, whatever length it announces, and never calls the handler", async () => {
  let most = 0;
  const handler: FetchHandler = async (request) => {
    most = Math.max(most, (await request.arrayBuffer()).byteLength);
    return new Response("");
  };
  await using server = await serve(handler, { maxBodyBytes: 1000 });
  const head = "POST / HTTP/1.1\r\nhost: localhost\r\n";
  for (const request of [
    `${head}content-length: 5000000000\r\n\r\n${"a".repeat(1001)}`,
    `${head}transfer-encoding: chunked\r\n\r\n${`100\r\n${"a".repeat(256)}\r\n`.repeat(4)}`,
  ]) {
    expect(await spoken(server.url, request)).toMatch(/^HTTP\/1.1 413 /);
  }
  expect((await fetch(server.url, { method: "POST", body: "a".repeat(1000) })).status).toBe(200);
  expect(most).toBe(1000);
});

it("answers what no handler can be given with 400, and goes on", async () => {
  await using server = await serve(() => new Response("a"));
  for (const line of ["GET http://[ HTTP/1.1", "TRACE / HTTP/1.1", "OPTIONS * HTTP/1.1", "GET http://a/ HTTP/1.1"]) {
    expect(await spoken(server.url, `${line}\r\nhost: localhost\r\n\r\n`)).toMatch(/^HTTP\/1.1 400 /);
  }
  expect(await (await fetch(server.url)).text()).toBe("a");
});

it("aborts the request's signal when the client goes away before the answer", async () => {
  let aborted = false;
  let asked: (() => void) | undefined;
  const arrived = new Promise<void>((resolve) => (asked = resolve));
  const url = await served(({ signal }) => {
    asked?.();
    return new Promise((_, reject) => {
      signal.addEventListener("abort", () => {
        aborted = true;
        reject(signal.reason as Error);
      });
    });
  });
  const stop = new AbortController();
  const answer = fetch(url, { signal: stop.signal }).catch(() => undefined);
  await arrived;
  stop.abort();
  await answer;
  await vi.waitUntil(() => aborted);
});

it.each([
  [{ cors: "http://a" }, /cors: expected a list of origins, or "\*"/],
  [{ allowedHosts: "a" }, /allowedHosts: expected a list of names/],
  [{ maxBodyBytes: 0 }, /maxBodyBytes: expected a positive number/],
  [{ maxBodyBytes: "1" }, /maxBodyBytes: expected a positive number/],
])("refuses the options %o", async (options, message) => {
  await expect(serve(() => new Response(""), options as never)).rejects.toThrow(message);
});
