import type {
  DescMessage,
  DescMethodStreaming,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import type { ContextValues, StreamResponse, Transport, UnaryResponse } from "./connect-types.ts";
import type { Address, AddressRules } from "./http/address.ts";
import type { CallTransport } from "./caller.ts";
import { defaultMaxResponseBytes } from "./http/body-text.ts";
import { parseAnswer } from "./codec/answer.ts";
import { attempt, noteFailure } from "./retry/attempt.ts";
import { encodeMessage } from "./codec/codec.ts";
import { endpointKey, leaderKey, progressKey } from "./context.ts";
import { type Deadline, limitOf, startDeadline } from "./deadline.ts";
import { type Log, silent } from "./log.ts";
import { createEndpointChoice, type EndpointChoice } from "./retry/endpoint-choice.ts";
import type { Endpoints } from "./retry/endpoints.ts";
import { amend, EtcdError, notApplied } from "./errors/etcd-error.ts";
import { gatewayHeaders } from "./http/gateway-headers.ts";
import { gatewayKinds, type GatewayTransportOptions } from "./gateway-options.ts";
import { type HttpRequest, readText, send } from "./http/http.ts";
import { intercept } from "./intercept.ts";
import { defaultMaxLineBytes } from "./http/json-lines.ts";
import { createLeaderHeader, requireLeader } from "./http/leader-header.ts";
import { collectMessages, messageBody } from "./codec/message-body.ts";
import { readMessages } from "./codec/message-stream.ts";
import { redactError, redactMessage, secretsOf } from "./secrets/redact-error.ts";
import { checkOptions } from "./options.ts";
import { routeOf } from "./codec/rpc-path.ts";

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

/** Options that are `undefined` have their defaults, as if they were not there. */
type GatewaySettings = {
  readonly [K in keyof GatewayTransportOptions]: GatewayTransportOptions[K] | undefined;
} & GatewaySurroundings;

/** What a call is answered with. */
interface GatewayAnswer<I extends DescMessage, O extends DescMessage> {
  readonly method: DescMethodUnary<I, O>;
  readonly message: MessageShape<O>;
  readonly response: Response;
}

/** The transport of a client. */
export interface ClientGateway extends GatewayTransport {
  /** The same without the headers of answers, which the client does not look at. `undefined`: interceptors do. */
  readonly direct: CallTransport | undefined;
  /** The endpoints that were given, without what was learned of others: another list each time they are set. */
  readonly given: readonly Address[];
  /** What an endpoint has to keep to. */
  readonly rules: AddressRules;
  /** Chooses the endpoint of a call: the one with that URL, by default the one in use. */
  readonly choose: EndpointChoice["endpoint"];
}

/** How a plain `GET` is sent. */
export interface PlainGet extends Pick<HttpRequest, "signal" | "statuses" | "onProgress"> {
  /** Which endpoint to ask. @default the one in use */
  readonly endpoint?: string | undefined;
}

/**
 * Errors are `EtcdError`s, or the reason of the caller's own signal. It moves on to another endpoint after a failure,
 * for the calls that follow; it never repeats a call, but for a stream whose require-leader header CORS may have
 * refused.
 */
export function gatewayTransport(settings: GatewaySettings = {}): ClientGateway {
  const { authenticated = false, shareRequests = true, lookupMs = 10_000, log = silent, ...options } = settings;
  const own = checkOptions("createGatewayTransport", options, gatewayKinds);
  const { allowInsecure = false, credentials = "omit", maxLineBytes = defaultMaxLineBytes } = own;
  const { maxResponseBytes = defaultMaxResponseBytes, fetch = (url, init) => globalThis.fetch(url, init) } = own;
  const { endpoints: texts = "http://127.0.0.1:2379", interceptors = [] } = own;
  const rules = { credentials: authenticated, allowInsecure };
  const choice = createEndpointChoice(texts, { rules, shareRequests, limitMs: lookupMs, log });
  const { endpoints } = choice;
  const leaderHeader = createLeaderHeader();

  async function unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
    header: HeadersInit | undefined,
    input: MessageInitShape<I>,
    contextValues?: ContextValues,
  ): Promise<GatewayAnswer<I, O>> {
    const path = pathOf(method);
    const body = encodeMessage(method.input, input);
    const leader = contextValues?.get(leaderKey) === "always";
    const headers = gatewayHeaders(header, leader ? requireLeader : {});
    const limitMs = limitOf(timeoutMs);
    const deadline = limitMs === Infinity ? undefined : startDeadline(limitMs, signal);
    const bound = deadline?.signal ?? signal;
    try {
      const endpoint = await choice.endpoint(contextValues?.get(endpointKey), bound);
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
        return { method, message, response };
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
    const requirement = contextValues?.get(leaderKey);
    const secrets = secretsOf(gatewayHeaders(header), {});
    const deadline = startDeadline(limitOf(timeoutMs), signal);
    try {
      const endpoint = await choice.endpoint(contextValues?.get(endpointKey), deadline.signal);
      const messages = await collectMessages(input, (message) => encodeMessage(method.input, message), deadline.signal);
      const body = messageBody(messages);
      const request = { fetch, endpoint, path, method: "POST", body, credentials, signal: deadline.signal } as const;
      const response = await attempt(endpoints, endpoint, request.signal, () =>
        leaderHeader.open(endpoint, requirement, (own) => send({ ...request, headers: gatewayHeaders(header, own) })),
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
      throw noteFailure(endpoints, endpoint, clean, { start });
    } finally {
      deadline.end();
    }
  }

  const transport: Transport = { unary: (...call) => unary(...call).then(withHeaders), stream };
  return {
    ...(interceptors.length === 0 ? transport : intercept(transport, interceptors)),
    endpoints,
    get given() {
      return choice.given;
    },
    rules,
    direct: interceptors.length === 0 ? { unary, stream } : undefined,
    choose: choice.endpoint,
    setEndpoints: choice.replace,
    async get(path, { endpoint: url, signal, statuses, onProgress }) {
      const endpoint = await choice.endpoint(url, signal);
      const plain = { method: "GET", headers: undefined, body: undefined } as const;
      const request: HttpRequest = { fetch, endpoint, path, ...plain, credentials, signal, statuses, onProgress };
      return attempt(endpoints, endpoint, signal, async () => readText(await send(request), request, maxResponseBytes));
    },
  };
}

function withHeaders<I extends DescMessage, O extends DescMessage>(answer: GatewayAnswer<I, O>): UnaryResponse<I, O> {
  const { method, message, response } = answer;
  const { headers } = response;
  return { stream: false, service: method.parent, method, message, header: headers, trailer: new Headers() };
}

function pathOf(method: DescMethodUnary | DescMethodStreaming): string {
  const path = routeOf(method);
  if (path !== undefined) return path;
  throw notApplied(`${method.parent.typeName}.${method.name} has no path on the JSON gateway`, "Unsupported");
}

/** With the require-leader header etcd looks for a leader before it looks at the request. */
function refusedBeforehand(error: unknown): never {
  throw EtcdError.is(error) && error.reason === "NoLeader" ? amend(error, { outcome: "not-applied" }) : error;
}
