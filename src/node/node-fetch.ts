import { isError } from "../transport/platform.ts";
import * as kind from "../transport/option-kinds.ts";
import { readOptions } from "../transport/read-options.ts";
import { createConnections, type Connections } from "./connections.ts";
import { type Break, sendRequest } from "./send-once.ts";
import { isStreamBody, outgoingOf } from "./outgoing.ts";
import { invalidOption } from "./invalid-option.ts";
import { type Pem, pemKind, pemText } from "./pem.ts";

/** Options of {@link createNodeFetch}. */
export interface NodeFetchOptions {
  /** Certificates of the authorities to trust, in place of those that Node comes with. */
  readonly ca?: Pem | readonly Pem[];
  /** The client's own certificate, with those between it and the authority. Needs `key`. */
  readonly cert?: Pem;
  /** The private key of `cert`. */
  readonly key?: Pem;
  /** Of an encrypted `key`. */
  readonly passphrase?: string;
  /** The name to ask for and to find in the server's certificate. @default the host of the URL */
  readonly serverName?: string;
  /**
   * `false` takes any certificate of a server, so that anybody between can read and change what is sent: for tests only.
   *
   * @default true
   */
  readonly rejectUnauthorized?: boolean;
  /** Most connections at a time to each endpoint; what comes beyond waits. Watches keep theirs. @default no limit */
  readonly connections?: number;
  /** Milliseconds that an idle connection is kept for the next request. @default 60_000 */
  readonly keepAliveMs?: number;
  /** Milliseconds for a connection to be made, TLS included. @default 10_000 */
  readonly connectTimeoutMs?: number;
}

/** A `fetch` with connections of its own. */
export interface NodeFetch extends AsyncDisposable {
  /** Sends a request, as `fetch` does. */
  (input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** Breaks what is open and frees all connections. Calls from then on reject. */
  close(): Promise<void>;
}

/** A longer time than this a timer of Node takes for the shortest. */
const timerMs: kind.Kind<number> = {
  expected: "a positive number, less than 2 ** 31",
  accepts: (value): value is number => kind.positive.accepts(value) && value < 2 ** 31,
};
const optionKinds: kind.Kinds<NodeFetchOptions> = {
  ca: {
    expected: pemKind.expected,
    accepts: (value): value is unknown =>
      (Array.isArray(value) ? value : [value]).every((each) => pemKind.accepts(each)),
  },
  cert: pemKind,
  key: pemKind,
  passphrase: kind.string,
  serverName: kind.string,
  rejectUnauthorized: kind.boolean,
  connections: kind.positiveInteger,
  keepAliveMs: timerMs,
  connectTimeoutMs: timerMs,
};

/**
 * A `fetch` for `createEtcd` in Node: with client certificates, without the end after 300 s of silence that the
 * built-in one puts to watches, and faster.
 *
 * Each request is sent once, over HTTP/1.1. Redirects are not followed: the answer is the redirect itself, and
 * `redirect: "follow"` rejects. No compression is asked for; an answer that is compressed all the same is decompressed.
 * There are no cookies and no cache. An option of `fetch` that cannot be kept rejects with a `TypeError`. Read or cancel
 * the body of each answer: it holds its connection until then.
 *
 * @throws `InvalidArgument` for options that make no sense, and certificates or keys that cannot be read.
 * @example
 * const fetch = createNodeFetch({ ca: await readFile("ca.pem"), cert, key });
 * const etcd = createEtcd({ endpoints: "https://etcd-1:2379", fetch });
 */
export function createNodeFetch(options: NodeFetchOptions = {}): NodeFetch {
  const connections = connectionsOf(readOptions("createNodeFetch", options, optionKinds, { refuse: invalidOption }));
  const inFlight = new Set<Break>();
  let closed = false;

  async function fetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const outgoing = await outgoingOf(input, init);
    const leave = await connections.slots?.take(outgoing.url.origin, outgoing.signal);
    try {
      if (closed) throw closedError();
      return await sendRequest(outgoing, { connections, inFlight, onFree: leave });
    } catch (error) {
      leave?.();
      const { body } = outgoing;
      if (isStreamBody(body) && !body.locked) body.cancel(error).catch(() => undefined);
      throw error;
    }
  }

  async function close(): Promise<void> {
    closed = true;
    for (const fail of inFlight) fail(closedError());
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
    rejectUnauthorized = true,
    connections,
    keepAliveMs = 60_000,
    connectTimeoutMs = 10_000,
  } = options;
  if ((cert === undefined) !== (key === undefined)) throw invalidOption("createNodeFetch: cert and key go together");
  const tls = {
    ...(ca !== undefined && { ca: [ca].flat().map(pemText) }),
    ...(cert !== undefined && { cert: pemText(cert) }),
    ...(key !== undefined && { key: pemText(key) }),
    ...(passphrase !== undefined && { passphrase }),
  };
  try {
    return createConnections({ tls, serverName, rejectUnauthorized, connections, keepAliveMs, connectTimeoutMs });
  } catch (error) {
    const why = isError(error) ? error.message : String(error);
    throw invalidOption(`createNodeFetch: ca, cert, key or passphrase: ${why}`, error);
  }
}

function closedError(): TypeError {
  return new TypeError("fetch failed", { cause: new Error("this fetch is closed") });
}
