import type { DescMessage, DescMethodStreaming, DescMethodUnary, MessageInitShape } from "@bufbuild/protobuf";
import type { ContextValues, Interceptor, StreamResponse, Transport, UnaryResponse } from "@connectrpc/connect";
import { type Address, type AddressRules, parseAddress, parseAddresses } from "./http/address.ts";
import { defaultMaxResponseBytes } from "./http/body-text.ts";
import { parseAnswer } from "./codec/answer.ts";
import { attempt, noteFailure } from "./retry/attempt.ts";
import { encodeMessage } from "./codec/codec.ts";
import { answeredByKey, endpointKey, leaderKey, progressKey } from "./context.ts";
import { type Deadline, limitOf, raceAbort, startDeadline } from "./deadline.ts";
import { type Log, silent } from "./log.ts";
import { createNamedEndpoints, type EndpointsFunction } from "./retry/named-endpoints.ts";
import { createEndpoints, type Endpoints } from "./retry/endpoints.ts";
import { amend, EtcdError, invalidArgument } from "./errors/etcd-error.ts";
import { gatewayHeaders } from "./http/gateway-headers.ts";
import { type Fetch, type HttpRequest, readText, send } from "./http/http.ts";
import { intercept } from "./intercept.ts";
import { defaultMaxLineBytes } from "./http/json-lines.ts";
import { createLeaderHeader, requireLeader } from "./http/leader-header.ts";
import { messageBody } from "./codec/message-body.ts";
import { readMessages } from "./codec/message-stream.ts";
import { redactError, redactMessage, secretsOf } from "./secrets/redact-error.ts";
import * as kind from "./option-kinds.ts";
import type { Kind } from "./option-kinds.ts";
import { check, checkOptions, type Kinds } from "./options.ts";
import { routeOf } from "./codec/route.ts";

/** Options of {@link createGatewayTransport}, and of clients over the JSON gateway. */
export interface GatewayTransportOptions {
  /**
   * One or more URLs, tried in order; each may end in a path prefix. Or a function that names them: it is called before
   * the first request, once for all that wait, and again in the background when all that it named have failed.
   *
   * @default "http://127.0.0.1:2379"
   */
  readonly endpoints?: string | readonly string[] | EndpointsFunction;
  /** What sends requests. @default globalThis.fetch, looked up at each call */
  readonly fetch?: Fetch;
  /** Each sees every request as it goes out, token included. */
  readonly interceptors?: readonly Interceptor[];
  /**
   * The largest whole answer, in bytes, with one object or list for each 128 of them.
   *
   * @default 8 MiB, which a Worker with 128 MB of memory survives
   */
  readonly maxResponseBytes?: number;
  /**
   * The longest line of a stream, in bytes.
   *
   * @default 8 MiB
   */
  readonly maxLineBytes?: number;
  /** Allow credentials over plain HTTP to other machines, and plain HTTP from https pages. @default false */
  readonly allowInsecure?: boolean;
  /**
   * `include`: let the browser send its cookies along, and those of other origins' proxies, for a login of theirs. etcd
   * itself knows no cookies.
   *
   * @default "omit"
   */
  readonly credentials?: "omit" | "include";
}

/** A Connect `Transport` with what only HTTP knows. */
export interface GatewayTransport extends Transport {
  /** The endpoints as they are now, and how they are doing. */
  readonly endpoints: Endpoints;
  /**
   * Other endpoints take the place of these: calls that are sent from now on go to them. What is known of those that
   * stay is kept. Throws `InvalidArgument`, and changes nothing, for URLs that `endpoints` would not take.
   */
  setEndpoints(urls: string | readonly string[]): void;
  /** A plain `GET`, such as `/health`; resolves with the text of an answer that is 2xx or one of `statuses`. */
  get(path: string, settings: PlainGet): Promise<string>;
}

/** What a transport of a client knows of it. */
interface GatewaySurroundings {
  /** Whether calls will carry a token, which must not go over plain HTTP to another machine. */
  readonly authenticated?: boolean;
  /** Whether a call may wait for a question to the `endpoints` function that another one began. @default true */
  readonly shareRequests?: boolean;
  /** How long that function may take, in milliseconds. @default 10_000 */
  readonly lookupMs?: number;
  readonly log?: Log;
}

/** The transport of a client. */
export interface ClientGateway extends GatewayTransport {
  /** The endpoints that were given, without what was learned of others: another list each time they are set. */
  readonly given: readonly Address[];
  /** What an endpoint has to keep to. */
  readonly rules: AddressRules;
}

/** How a plain `GET` is sent. */
export interface PlainGet extends Pick<HttpRequest, "signal" | "statuses" | "onProgress"> {
  /** Which endpoint to ask. @default the one in use */
  readonly endpoint?: string | undefined;
}

const urlsKind: Kind<string | readonly string[]> = {
  expected: "a URL as a string, or a list of them",
  accepts: (value): value is string | readonly string[] => typeof value === "string" || Array.isArray(value),
};

export const gatewayKinds: Kinds<GatewayTransportOptions> = {
  endpoints: {
    expected: `${urlsKind.expected}, or a function`,
    accepts: (value): value is unknown => urlsKind.accepts(value) || kind.func.accepts(value),
  },
  fetch: kind.func,
  interceptors: kind.list,
  maxResponseBytes: kind.positive,
  maxLineBytes: kind.positive,
  allowInsecure: kind.boolean,
  credentials: kind.oneOf(["omit", "include"]),
};

/**
 * Errors are `EtcdError`s, or the reason of the caller's own signal. It moves on to another endpoint after a failure,
 * for the calls that follow; it never repeats a call, but for a stream whose require-leader header CORS may have
 * refused.
 */
export function gatewayTransport(settings: GatewayTransportOptions & GatewaySurroundings = {}): ClientGateway {
  const { authenticated = false, shareRequests = true, lookupMs = 10_000, log = silent, ...options } = settings;
  const own = checkOptions("createGatewayTransport", options, gatewayKinds);
  const { allowInsecure = false, credentials = "omit", maxLineBytes = defaultMaxLineBytes } = own;
  const { maxResponseBytes = defaultMaxResponseBytes, fetch = (url, init) => globalThis.fetch(url, init) } = own;
  const { endpoints: texts = "http://127.0.0.1:2379", interceptors = [] } = own;
  const rules = { credentials: authenticated, allowInsecure };
  const parse = (urls: unknown): readonly Address[] => parseAddresses(check(urlsKind, urls, "endpoints"), rules);
  const endpoints =
    typeof texts === "function" ? createEndpoints([], { awaited: true }) : createEndpoints(parse(texts));
  let given: readonly Address[] = endpoints.all;
  const named =
    typeof texts === "function"
      ? createNamedEndpoints({ name: texts, endpoints, parse, shareRequests, limitMs: lookupMs, log })
      : undefined;
  const leaderHeader = createLeaderHeader();

  function endpointFor(url: string | undefined): Address {
    if (url === undefined) return endpoints.inUse;
    const { url: wanted } = parseAddress(url, rules);
    const found = endpoints.all.find((address) => address.url === wanted);
    if (found === undefined) throw invalidArgument(`endpoint: ${wanted} is not one of the client's endpoints`);
    return found;
  }

  async function unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
    header: HeadersInit | undefined,
    input: MessageInitShape<I>,
    contextValues?: ContextValues,
  ): Promise<UnaryResponse<I, O>> {
    const path = pathOf(method);
    const body = encodeMessage(method.input, input);
    const leader = contextValues?.get(leaderKey) === "always";
    const headers = gatewayHeaders(header, leader ? requireLeader : {});
    const limitMs = limitOf(timeoutMs);
    const deadline = limitMs === Infinity ? undefined : startDeadline(limitMs, signal);
    const bound = deadline?.signal ?? signal;
    try {
      const unknown = named?.known(bound);
      if (unknown !== undefined) await unknown;
      const endpoint = endpointFor(contextValues?.get(endpointKey));
      contextValues?.set(answeredByKey, endpoint);
      const request: HttpRequest = {
        credentials,
        fetch,
        endpoint,
        path,
        method: "POST",
        headers,
        body,
        signal: bound,
        onProgress: contextValues?.get(progressKey),
      };
      return await attempt(endpoints, endpoint, request.signal, async () => {
        const sent = send(request);
        const response = await (leader ? sent.catch(refusedBeforehand) : sent);
        const text = await readText(response, request, maxResponseBytes);
        const message = parseAnswer(method.output, text, path, maxResponseBytes);
        return {
          stream: false,
          service: method.parent,
          method,
          message,
          // Made when somebody looks at them: an interceptor may, the client does not.
          get header() {
            return response.headers;
          },
          trailer: new Headers(),
        };
      });
    } catch (error) {
      throw EtcdError.is(error) ? redactError(error, secretsOf(headers, input)) : error;
    } finally {
      deadline?.end();
    }
  }

  async function stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodStreaming<I, O>,
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
    header: HeadersInit | undefined,
    input: AsyncIterable<MessageInitShape<I>>,
    contextValues?: ContextValues,
  ): Promise<StreamResponse<I, O>> {
    const path = pathOf(method);
    const wish = contextValues?.get(leaderKey);
    const secrets = secretsOf(gatewayHeaders(header), {});
    const deadline = startDeadline(limitOf(timeoutMs), signal);
    try {
      const unknown = named?.known(deadline.signal);
      if (unknown !== undefined) await unknown;
      const endpoint = endpointFor(contextValues?.get(endpointKey));
      const messages = await collect(input, (message) => encodeMessage(method.input, message), deadline.signal);
      const body = messageBody(messages);
      const request = { fetch, endpoint, path, method: "POST", body, credentials, signal: deadline.signal } as const;
      const response = await attempt(endpoints, endpoint, request.signal, () =>
        leaderHeader.open(endpoint, wish, (own) => send({ ...request, headers: gatewayHeaders(header, own) })),
      );
      const reading = { origin: endpoint.origin, signal: deadline.signal, maxLineBytes };
      return {
        stream: true,
        service: method.parent,
        method,
        header: response.headers,
        trailer: new Headers(),
        message: watched(readMessages(response.body, method.output, reading), endpoint, deadline, secrets),
      };
    } catch (error) {
      deadline.end();
      throw EtcdError.is(error) ? redactError(error, secrets) : error;
    }
  }

  /** Passes a stream on; one that breaks counts against its endpoint, so that the next goes to another. */
  async function* watched<T extends object>(
    messages: AsyncIterable<T>,
    endpoint: Address,
    deadline: Deadline,
    secrets: readonly string[],
  ): AsyncGenerator<T> {
    const start = performance.now();
    try {
      for await (const message of messages) yield redactMessage(message, secrets);
    } catch (error) {
      const clean = EtcdError.is(error) ? redactError(error, secrets) : error;
      throw noteFailure(endpoints, endpoint, clean, { ms: Math.round(performance.now() - start), silentMs: 0 });
    } finally {
      deadline.end();
    }
  }

  const direct = { unary, stream };
  return {
    ...(interceptors.length === 0 ? direct : intercept(direct, interceptors)),
    endpoints,
    get given() {
      return given;
    },
    rules,
    setEndpoints(urls) {
      given = parse(urls);
      endpoints.replace(given);
      named?.reset();
    },
    async get(path, { endpoint: url, signal, statuses, onProgress }) {
      const unknown = named?.known(signal);
      if (unknown !== undefined) await unknown;
      const endpoint = endpointFor(url);
      const plain = { method: "GET", headers: undefined, body: undefined } as const;
      const request: HttpRequest = { fetch, endpoint, path, ...plain, credentials, signal, statuses, onProgress };
      return attempt(endpoints, endpoint, signal, async () => readText(await send(request), request, maxResponseBytes));
    },
  };
}

/**
 * All messages of a request, which travel in one body. One that is not there when `signal` aborts is waited for no
 * longer, and their iterable is told to end.
 */
async function collect<T>(
  input: AsyncIterable<T>,
  encode: (message: T) => string,
  signal: AbortSignal,
): Promise<string[]> {
  const messages: string[] = [];
  const iterator = input[Symbol.asyncIterator]();
  let whole = false;
  try {
    for (;;) {
      const { done, value } = await raceAbort(iterator.next(), signal);
      if (done === true) break;
      messages.push(encode(value));
    }
    whole = true;
    return messages;
  } catch (error) {
    throw EtcdError.is(error) ? amend(error, { outcome: "not-applied" }) : error;
  } finally {
    // Not waited for: a generator that hangs ends no sooner than what it waits for.
    if (!whole) void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}

function pathOf(method: DescMethodUnary | DescMethodStreaming): string {
  const path = routeOf(method);
  if (path !== undefined) return path;
  throw new EtcdError(`${method.parent.typeName}.${method.name} has no path on the JSON gateway`, "Unsupported", {
    outcome: "not-applied",
  });
}

/** With the require-leader header etcd looks for a leader before it looks at the request. */
function refusedBeforehand(error: unknown): never {
  throw EtcdError.is(error) && error.reason === "NoLeader" ? amend(error, { outcome: "not-applied" }) : error;
}
