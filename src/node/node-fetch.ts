import { Agent, type Dispatcher } from "undici";
import { checkOptions } from "../transport/options.ts";
import { type Pem, pemText } from "./pem.ts";
import { type AnswerBody, thinResponse } from "./thin-response.ts";

export interface NodeFetchOptions {
  /** Certificates of the authorities to trust, in place of those that Node comes with. */
  readonly ca?: Pem | readonly Pem[];
  /** The client's own certificate, with those between it and the authority. Needs `key`. */
  readonly cert?: Pem;
  readonly key?: Pem;
  /** Of an encrypted `key`. */
  readonly passphrase?: string;
  /** The name to ask for and to find in the server's certificate. Default: the host of the URL. */
  readonly serverName?: string;
  /** Most connections at a time to each endpoint; what comes beyond waits. Watches keep theirs. Default: no limit. */
  readonly connections?: number;
  /** Milliseconds that an idle connection is kept for the next request. Default: 60,000. */
  readonly keepAliveMs?: number;
  /** Milliseconds for a connection to be made. Default: 10,000. */
  readonly connectTimeoutMs?: number;
}

/** A `fetch` with connections of its own. */
export interface NodeFetch extends AsyncDisposable {
  (input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** Breaks what is open and frees all connections. Calls from then on reject. */
  close(): Promise<void>;
}

const optionNames: readonly (keyof NodeFetchOptions)[] = [
  "ca",
  "cert",
  "key",
  "passphrase",
  "serverName",
  "connections",
  "keepAliveMs",
  "connectTimeoutMs",
];

/**
 * A `fetch` for `createEtcd` in Node: with client certificates, without the end after 300 s of silence that the
 * built-in one puts to watches, and faster. It never follows a redirect: the answer is the redirect itself, and
 * `redirect: "follow"` rejects. It asks for no compression. Throws `TypeError` for options that make no sense.
 *
 * @example
 * const fetch = createNodeFetch({ ca: await readFile("ca.pem"), cert, key });
 * const etcd = createEtcd({ endpoints: "https://etcd-1:2379", fetch });
 */
export function createNodeFetch(options: NodeFetchOptions = {}): NodeFetch {
  const own = checkOptions("createNodeFetch", options, optionNames);
  const { ca, cert, key, passphrase, serverName, connections, keepAliveMs = 60_000, connectTimeoutMs = 10_000 } = own;
  if ((cert === undefined) !== (key === undefined)) throw new TypeError("createNodeFetch: cert and key go together");
  checkPositive({ connections, keepAliveMs, connectTimeoutMs });
  const agent = new Agent({
    connect: {
      timeout: connectTimeoutMs,
      ...(ca !== undefined && { ca: list(ca).map(pemText) }),
      ...(cert !== undefined && { cert: pemText(cert) }),
      ...(key !== undefined && { key: pemText(key) }),
      ...(passphrase !== undefined && { passphrase }),
      ...(serverName !== undefined && { servername: serverName }),
    },
    bodyTimeout: 0,
    headersTimeout: 0,
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
    ...(connections !== undefined && { connections }),
  });
  let closed = false;

  async function fetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    if (closed) throw new TypeError("fetch failed", { cause: new Error("this fetch is closed") });
    const signal = init.signal ?? (input instanceof Request ? input.signal : undefined);
    signal?.throwIfAborted();
    const redirect = init.redirect ?? (input instanceof Request ? "manual" : undefined);
    if (redirect === "follow") throw new TypeError('redirect: "follow" is not supported: a redirect may lead anywhere');
    const request = await requestOf(input, init);
    let answer: Dispatcher.ResponseData;
    try {
      answer = await agent.request({ ...request, signal: signal ?? null });
    } catch (error) {
      throw signal?.aborted ? signal.reason : new TypeError("fetch failed", { cause: error });
    }
    if (redirect === "error" && answer.statusCode >= 300 && answer.statusCode < 400) {
      answer.body.on("error", () => undefined).destroy();
      throw new TypeError("fetch failed", { cause: new Error("unexpected redirect") });
    }
    const url = `${request.origin}${request.path}`;
    return thinResponse(url, answer.statusCode, answer.headers, answer.body as AnswerBody, signal ?? undefined);
  }

  async function close(): Promise<void> {
    closed = true;
    await agent.destroy();
  }
  return Object.assign(fetch, { close, [Symbol.asyncDispose]: close });
}

interface Sent extends Pick<Dispatcher.RequestOptions, "path" | "method" | "headers" | "body"> {
  readonly origin: string;
}

/** What the client sends is text with plain headers; everything else goes through the platform's own `Request`. */
async function requestOf(input: string | URL | Request, init: RequestInit): Promise<Sent> {
  const { body, method = "GET", headers } = init;
  if (typeof input === "string" && (body === undefined || typeof body === "string") && isPlain(headers)) {
    const { origin, pathname, search } = new URL(input);
    const typed =
      body === undefined || hasType(headers) ? headers : { ...headers, "content-type": "text/plain;charset=UTF-8" };
    return {
      origin,
      path: pathname + search,
      method: method as Dispatcher.HttpMethod,
      headers: typed ?? {},
      body: body ?? null,
    };
  }
  const { signal: _, ...rest } = init;
  const whole = new Request(
    input,
    rest.body instanceof ReadableStream ? ({ ...rest, duplex: "half" } as RequestInit) : rest,
  );
  const { origin, pathname, search } = new URL(whole.url);
  const bytes = whole.body === null ? null : new Uint8Array(await whole.arrayBuffer());
  return {
    origin,
    path: pathname + search,
    method: whole.method as Dispatcher.HttpMethod,
    headers: Object.fromEntries(whole.headers),
    body: bytes,
  };
}

function isPlain(headers: RequestInit["headers"]): headers is Record<string, string> | undefined {
  return headers === undefined || (!Array.isArray(headers) && !(headers instanceof Headers));
}

function hasType(headers: Record<string, string> | undefined): boolean {
  return headers !== undefined && Object.keys(headers).some((name) => name.toLowerCase() === "content-type");
}

function checkPositive(numbers: Readonly<Record<string, number | undefined>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (value === undefined || (Number.isFinite(value) && value > 0)) continue;
    throw new TypeError(`createNodeFetch: ${name}: expected a positive number, got ${String(value)}`);
  }
}

function list<T>(one: T | readonly T[]): readonly T[] {
  return Array.isArray(one) ? (one as readonly T[]) : [one as T];
}
