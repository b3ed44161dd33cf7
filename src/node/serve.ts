import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import * as kind from "../transport/option-kinds.ts";
import { invalidOption } from "./invalid-option.ts";
import { readOptions } from "../transport/option-list.ts";
import { type Pem, pemKind, pemText } from "./pem.ts";

/** Answers a request, as the `fetch` of `createMemoryEtcd` does, and as handlers of Deno, Bun and Workers do. */
export type FetchHandler = (request: Request) => Promise<Response> | Response;

/** Certificate and key, and whether clients have to show theirs. */
export interface ServeTls {
  readonly cert: Pem;
  readonly key: Pem;
  /** Of an encrypted `key`. */
  readonly passphrase?: string;
  /** The authorities of the certificates that clients show. */
  readonly ca?: Pem;
  /** Ask clients for a certificate. Default `false`. */
  readonly requestCert?: boolean;
  /** Refuse those whose certificate is of no authority in `ca`. Default `true`, where they are asked. */
  readonly rejectUnauthorized?: boolean;
}

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
  options: ServeOptions = {},
): Promise<ServedHandler> {
  const { port = 0, hostname = "127.0.0.1", tls } = readOptions("serve", options, serveKinds, invalidOption);
  if (tls !== undefined) readOptions("serve: tls", tls, tlsKinds, invalidOption);
  const handle = typeof handler === "function" ? handler : handler.fetch;
  const scheme = tls === undefined ? "http" : "https";
  const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    answer(handle, scheme, incoming, outgoing).catch(() => outgoing.destroy());
  };
  const server = tls === undefined ? createServer(onRequest) : createTlsServer(tlsOptions(tls), onRequest);
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

const serveKinds: kind.Kinds<ServeOptions> = {
  port: {
    expected: "a port, 0 to 65535",
    accepts: (value): value is number => Number.isInteger(value) && Number(value) >= 0 && Number(value) < 65_536,
  },
  hostname: kind.string,
  tls: kind.object,
};
const tlsKinds: kind.Kinds<ServeTls> = {
  cert: pemKind,
  key: pemKind,
  passphrase: kind.string,
  ca: pemKind,
  requestCert: kind.boolean,
  rejectUnauthorized: kind.boolean,
};

function tlsOptions({ cert, key, ca, ...rest }: ServeTls): ServerOptions {
  return { ...rest, cert: pemText(cert), key: pemText(key), ...(ca !== undefined && { ca: pemText(ca) }) };
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
  const leave = (): void => void reader?.cancel().catch(() => undefined);
  if (gone.signal.aborted) leave();
  else gone.signal.addEventListener("abort", leave);
  const first = reader?.read();
  // A header without a body yet is news to whoever waits for one; with one, both go in one packet.
  const quick = await Promise.race([first?.then(() => true) ?? true, turn()]);
  if (!quick) outgoing.flushHeaders();
  // What breaks the handler's answer breaks the connection: an end would pass for a whole answer.
  for (let next = await first; next !== undefined && !next.done; next = await reader?.read()) {
    const flushed = outgoing.write(next.value);
    if (!flushed) await drained(outgoing);
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

/** Resolves when there is room again, or nobody to write to. */
function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (outgoing.destroyed) return resolve();
    const done = (): void => {
      outgoing.off("drain", done).off("close", done);
      resolve();
    };
    outgoing.on("drain", done).on("close", done);
  });
}
