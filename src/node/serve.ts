import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TlsOptions } from "node:tls";

/** Answers a request, as the `fetch` of `createMemoryEtcd` does, and as handlers of Deno, Bun and Workers do. */
export type FetchHandler = (request: Request) => Promise<Response> | Response;

/** Of Node's own TLS options: certificate and key, and whether clients have to show theirs, of which authority. */
export type ServeTls = Pick<
  TlsOptions,
  "cert" | "key" | "passphrase" | "ca" | "requestCert" | "rejectUnauthorized" | "minVersion"
>;

export interface ServeOptions {
  /** Default: 0, which is any free one. */
  readonly port?: number;
  /** The address to listen at. Default: "127.0.0.1", which other machines cannot reach. */
  readonly hostname?: string;
  /** Serve `https`. */
  readonly tls?: ServeTls;
}

/** A handler that listens. */
export interface ServedHandler {
  /** Such as `http://127.0.0.1:2379`, or `https`. */
  readonly url: string;
  readonly port: number;
  /** Stops listening and breaks what is open. Resolves when the port is free. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Makes an HTTP server of a `fetch` handler. Resolves when it listens; rejects when it cannot.
 *
 * @example
 * const server = await serve(createMemoryEtcd(), { port: 2379 });
 * // curl -d '{"key":"YQ=="}' http://127.0.0.1:2379/v3/kv/range
 */
export async function serve(
  handler: FetchHandler | { readonly fetch: FetchHandler },
  { port = 0, hostname = "127.0.0.1", tls }: ServeOptions = {},
): Promise<ServedHandler> {
  const handle = typeof handler === "function" ? handler : handler.fetch;
  const scheme = tls === undefined ? "http" : "https";
  const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    answer(handle, scheme, incoming, outgoing).catch(() => outgoing.destroy());
  };
  const server = tls === undefined ? createServer(onRequest) : createTlsServer({ ...tls }, onRequest);
  // Streams may be quiet for as long as they like.
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, hostname, resolve);
  });
  const address = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return { url: `${scheme}://${host}:${address.port}`, port: address.port, close, [Symbol.asyncDispose]: close };
}

async function answer(
  handle: FetchHandler,
  scheme: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  outgoing.on("close", () => gone.abort());
  const response = await handle(await requestOf(scheme, incoming, gone.signal));
  outgoing.writeHead(response.status, [...response.headers].flat());
  const reader = response.body?.getReader();
  const first = reader?.read();
  // A header without a body yet is news to whoever waits for one; with one, both go in one packet.
  const quick = await Promise.race([first?.then(() => true) ?? true, turn()]);
  if (!quick) outgoing.flushHeaders();
  // What breaks the handler's answer breaks the connection: an end would pass for a whole answer.
  for (let next = await first; next !== undefined && !next.done; next = await reader?.read()) {
    const flushed = outgoing.write(next.value);
    if (!flushed) await Promise.race([drained(outgoing), closed(gone.signal)]);
  }
  outgoing.end();
}

async function requestOf(scheme: string, incoming: IncomingMessage, signal: AbortSignal): Promise<Request> {
  const { method = "GET", url = "/", headers } = incoming;
  const pieces: Uint8Array[] = [];
  for await (const piece of incoming) pieces.push(piece as Uint8Array);
  const fields = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]],
  );
  const body = method === "GET" || method === "HEAD" ? null : new Blob(pieces as BlobPart[]);
  return new Request(`${scheme}://${headers.host ?? "localhost"}${url}`, { method, headers: fields, body, signal });
}

/** Resolves with false, when other work has had its turn. */
function turn(): Promise<false> {
  return new Promise((resolve) => setImmediate(() => resolve(false)));
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => outgoing.once("drain", () => resolve()));
}

function closed(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
