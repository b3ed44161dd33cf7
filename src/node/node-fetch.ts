import { checkOptions } from "../transport/options.ts";
import { createConnections, type Connections } from "./connections.ts";
import { exchange, type InFlight } from "./exchange.ts";
import { outgoingOf } from "./outgoing.ts";
import { type Pem, pemText } from "./pem.ts";

export interface NodeFetchOptions {
  /** Certificates of the authorities to trust, in place of those that Node comes with. */
  readonly ca?: Pem | readonly Pem[];
  /** The client's own certificate, with those between it and the authority. Needs `key`. */
  readonly cert?: Pem;
  readonly key?: Pem;
  /** Of an encrypted `key`. */
  readonly passphrase?: string;
  /** The name to ask for and to find in the server's certificate. @default the host of the URL */
  readonly serverName?: string;
  /** Most connections at a time to each endpoint; what comes beyond waits. Watches keep theirs. @default no limit */
  readonly connections?: number;
  /** Milliseconds that an idle connection is kept for the next request. @default 60_000 */
  readonly keepAliveMs?: number;
  /** Milliseconds for a connection to be made, TLS included. @default 10_000 */
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
 * built-in one puts to watches, and faster.
 *
 * Each request is sent once, over HTTP/1.1. Redirects are not followed: the answer is the redirect itself, and
 * `redirect: "follow"` rejects. No compression is asked for; an answer that is compressed all the same is decompressed.
 * There are no cookies and no cache. An option of `fetch` that cannot be kept rejects with a `TypeError`. Read or cancel
 * the body of each answer: it holds its connection until then.
 *
 * @throws {TypeError} for options that make no sense, and certificates or keys that cannot be read.
 * @example
 * const fetch = createNodeFetch({ ca: await readFile("ca.pem"), cert, key });
 * const etcd = createEtcd({ endpoints: "https://etcd-1:2379", fetch });
 */
export function createNodeFetch(options: NodeFetchOptions = {}): NodeFetch {
  const connections = connectionsOf(checkOptions("createNodeFetch", options, optionNames));
  const inFlight = new Set<InFlight>();
  let closed = false;

  async function fetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    if (closed) throw closedError();
    const outgoing = await outgoingOf(input, init);
    outgoing.signal?.throwIfAborted();
    if (closed) throw closedError();
    return exchange(outgoing, connections, inFlight);
  }

  async function close(): Promise<void> {
    closed = true;
    for (const each of inFlight) each.fail(closedError());
    await connections.close();
  }
  return Object.assign(fetch, { close, [Symbol.asyncDispose]: close });
}

function connectionsOf(options: NodeFetchOptions): Connections {
  const {
    ca,
    cert,
    key,
    passphrase,
    serverName,
    connections,
    keepAliveMs = 60_000,
    connectTimeoutMs = 10_000,
  } = options;
  if ((cert === undefined) !== (key === undefined)) throw new TypeError("createNodeFetch: cert and key go together");
  checkPositive({ connections, keepAliveMs, connectTimeoutMs });
  const tls = {
    ...(ca !== undefined && { ca: list(ca).map(pemText) }),
    ...(cert !== undefined && { cert: pemText(cert) }),
    ...(key !== undefined && { key: pemText(key) }),
    ...(passphrase !== undefined && { passphrase }),
  };
  try {
    return createConnections({ tls, serverName, connections, keepAliveMs, connectTimeoutMs });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new TypeError(`createNodeFetch: ca, cert, key or passphrase: ${why}`, { cause: error });
  }
}

function closedError(): TypeError {
  return new TypeError("fetch failed", { cause: new Error("this fetch is closed") });
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
