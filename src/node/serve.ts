import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { type Admission, refusal } from "./admission.ts";
import { drained } from "./drained.ts";
import * as kind from "../transport/option-kinds.ts";
import { invalidOption } from "./invalid-option.ts";
import { readOptions } from "../transport/read-options.ts";
import { type Pem, pemKind, pemText } from "./pem.ts";

/** Answers a request, as the `fetch` of `createMemoryEtcd` does, and as handlers of Deno, Bun and Workers do. */
export type FetchHandler = (request: Request) => Promise<Response> | Response;

/** Certificate and key, and whether clients have to show theirs. */
export interface ServeTls {
  /** The server's certificate, with those between it and the authority. */
  readonly cert: Pem;
  /** The private key of `cert`. */
  readonly key: Pem;
  /** Of an encrypted `key`. */
  readonly passphrase?: string;
  /** The authorities of the certificates that clients show. */
  readonly ca?: Pem;
  /** Ask clients for a certificate. @default false */
  readonly requestCert?: boolean;
  /** Refuse those whose certificate is of no authority in `ca`. @default true, where they are asked */
  readonly rejectUnauthorized?: boolean;
}

/** Options of {@link serve}. */
export interface ServeOptions {
  /** The port to listen at; 0 is any free one. @default 0 */
  readonly port?: number;
  /** The address to listen at; other machines cannot reach the default. @default "127.0.0.1" */
  readonly hostname?: string;
  /** Serve `https`. */
  readonly tls?: ServeTls;
  /** Most bytes of a request's body; a larger one is answered with 413. @default 16_777_216 (16 MiB) */
  readonly maxBodyBytes?: number;
  /**
   * Names by which clients may call the server, beside `localhost`, `hostname` and IP addresses. A request whose `Host`
   * is another one is answered with 403: a page may have made its own name lead here.
   */
  readonly allowedHosts?: readonly string[];
  /**
   * Origins of pages that may call the server, such as `http://localhost:5173`, or "*" for all pages of the web. Requests
   * of other pages are answered with 403. The headers of CORS are the handler's business.
   *
   * @default none but those of the server itself
   */
  readonly cors?: "*" | readonly string[];
}

/** A handler that listens. */
export interface ServedHandler {
  /** Such as `http://127.0.0.1:2379`, or `https`. */
  readonly url: string;
  /** The port that it listens at, also where 0 was asked for. */
  readonly port: number;
  /** Stops listening and breaks what is open. Resolves when the port is free. */
  close(): Promise<void>;
  /** The same as `close`, for `await using`. */
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
  const own = readOptions("serve", options, serveKinds, { refuse: invalidOption });
  const { port = 0, hostname = "127.0.0.1", tls, maxBodyBytes = defaultMaxBodyBytes } = own;
  const rules: Rules = { maxBodyBytes, admission: admissionOf(hostname, own) };
  if (tls !== undefined) readOptions("serve: tls", tls, tlsKinds, { refuse: invalidOption });
  const handle = typeof handler === "function" ? handler : handler.fetch;
  const scheme = tls === undefined ? "http" : "https";
  const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    answer({ handle, scheme, rules }, incoming, outgoing).catch(() => outgoing.destroy());
  };
  const server = tls === undefined ? createServer(onRequest) : createTlsServer(tlsOptions(tls), onRequest);
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

const defaultMaxBodyBytes = 16 * 1024 * 1024;

/** What requests have to keep to. */
interface Rules {
  readonly maxBodyBytes: number;
  readonly admission: Admission;
}

function admissionOf(hostname: string, { allowedHosts = [], cors = [] }: ServeOptions): Admission {
  return {
    hosts: new Set([hostname, ...allowedHosts].map((name) => name.toLowerCase())),
    origins: cors === "*" ? cors : new Set(cors.map((origin) => origin.toLowerCase())),
  };
}

/** A single string would be taken for the list of its letters. */
function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

const serveKinds: kind.Kinds<ServeOptions> = {
  port: {
    expected: "a port, 0 to 65535",
    accepts: (value): value is number => Number.isInteger(value) && Number(value) >= 0 && Number(value) < 65_536,
  },
  hostname: kind.string,
  tls: kind.object,
  maxBodyBytes: kind.positive,
  allowedHosts: { expected: "a list of names", accepts: isStrings },
  cors: {
    expected: 'a list of origins, or "*"',
    accepts: (value): value is "*" | readonly string[] => value === "*" || isStrings(value),
  },
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

interface Served {
  readonly handle: FetchHandler;
  readonly scheme: string;
  readonly rules: Rules;
}

async function answer(
  { handle, scheme, rules: { admission, maxBodyBytes } }: Served,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  outgoing.on("close", () => gone.abort());
  const { host, origin } = incoming.headers;
  const why = refusal(host, origin, admission);
  if (why !== undefined) return refuse(outgoing, 403, why);
  const body = await bodyOf(incoming, maxBodyBytes);
  if (body === undefined) return refuse(outgoing, 413, `the body is larger than ${maxBodyBytes} bytes`);
  const request = requestOf(scheme, incoming, body, gone.signal);
  if (request === undefined) return refuse(outgoing, 400, "this request is not a valid Request");
  const response = await handle(request);
  outgoing.writeHead(response.status, [...response.headers].flat());
  const reader = response.body?.getReader();
  const cancel = (): void => void reader?.cancel().catch(() => undefined);
  if (gone.signal.aborted) cancel();
  else gone.signal.addEventListener("abort", cancel);
  const first = reader?.read();
  // The client may wait for the header while there is no body yet; with a body, both go in one packet.
  const quick = await Promise.race([first?.then(() => true) ?? true, turn()]);
  if (!quick) outgoing.flushHeaders();
  // What breaks the handler's answer breaks the connection: an end would pass for a whole answer.
  for (let next = await first; next !== undefined && !next.done; next = await reader?.read()) {
    const flushed = outgoing.write(next.value);
    if (!flushed) await drained(outgoing);
  }
  outgoing.end();
}

/** Ends the connection, too: what is left of the request is not read. */
function refuse(outgoing: ServerResponse, status: number, why: string): void {
  outgoing.writeHead(status, { "content-type": "text/plain;charset=UTF-8", connection: "close" });
  outgoing.end(`${why}\n`);
}

/** All of it, or `undefined` once it is larger than it may be. Rejects when the client goes away. */
async function bodyOf(incoming: IncomingMessage, maxBytes: number): Promise<Blob | undefined> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const chunks: AsyncIterable<Uint8Array<ArrayBuffer>> = incoming.iterator({ destroyOnReturn: false });
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > maxBytes) return undefined;
    pieces.push(chunk);
  }
  return new Blob(pieces);
}

/** `undefined` for what HTTP allows and `Request` does not: methods, URLs, names of hosts. */
function requestOf(scheme: string, incoming: IncomingMessage, body: Blob, signal: AbortSignal): Request | undefined {
  const { method = "GET", url = "/", headers } = incoming;
  const fields = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]],
  );
  const whole = method === "GET" || method === "HEAD" ? null : body;
  if (!url.startsWith("/")) return undefined;
  try {
    return new Request(`${scheme}://${headers.host ?? "localhost"}${url}`, {
      method,
      headers: fields,
      body: whole,
      signal,
    });
  } catch {
    return undefined;
  }
}

/** Resolves with false, when other work has had its turn. */
function turn(): Promise<false> {
  return new Promise((resolve) => setImmediate(() => resolve(false)));
}
