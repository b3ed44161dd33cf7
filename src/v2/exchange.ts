import { bodyText, maxErrorBytes } from "../transport/http/body-text.ts";
import { knowsCacheMode } from "../transport/http/cache-mode.ts";
import { isControlFlow } from "../transport/http/control-flow.ts";
import type { Fetch } from "../transport/http/fetch.ts";
import { retryAfterMs } from "../transport/http/retry-after.ts";
import { networkFailure } from "../transport/errors/network-failure.ts";
import type { Address } from "../transport/http/read-address.ts";
import { createRedactor, type Redact, redactCause } from "../transport/secrets/redact.ts";
import { answerError } from "./answer-error.ts";
import type { BasicAuthorization } from "./basic-authorization.ts";
import { ClusterChanged, EtcdV2Error, ResponseTooLarge, Tls, Unreachable } from "./errors.ts";
import { isRedirect, redirectTarget } from "./redirect.ts";
import { toIndex } from "./json.ts";

/** A whole answer with a status of success. */
export interface Answer {
  /** Its body has been read. */
  readonly response: Response;
  readonly text: string;
  /** The origin that was asked. */
  readonly endpoint: string;
  /** The largest that it could have been. */
  readonly maxBytes: number;
}

export interface ExchangeConfig {
  readonly fetch: Fetch;
  readonly authorization: BasicAuthorization | undefined;
  /** Of the endpoints that were given: what is secret goes nowhere else by a redirect. */
  readonly origins: ReadonlySet<string>;
  readonly followRedirects: boolean;
  readonly maxResponseBytes: number;
  /** What is wrong with the id of a cluster that answered, if anything. */
  readonly clusterFault: (id: bigint) => string | undefined;
}

export interface ExchangeRequest {
  readonly method: string;
  readonly endpoint: Address;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** What only etcd may know of the body. */
  readonly secrets: readonly string[];
  readonly write: boolean;
  readonly signal: AbortSignal;
  /** Called when the head of an answer is there. */
  readonly onHead: () => void;
}

/** One request and its whole answer, redirects included. Every failure is an `EtcdV2Error`. */
export async function exchange(config: ExchangeConfig, request: ExchangeRequest): Promise<Answer> {
  const { endpoint, write } = request;
  const { header, password } = config.authorization ?? {};
  // Of the header also what follows the name of the scheme.
  const known = header === undefined || password === undefined ? [] : [header, header.slice("Basic ".length), password];
  const redact = createRedactor([...known, ...request.secrets]);
  if (globalThis.navigator?.onLine === false && !endpoint.loopback) {
    throw new Unreachable(`${endpoint.origin}: this device is offline`, { outcome: "not-applied" });
  }
  try {
    const response = await fetchFollowing(config, request, redact);
    request.onHead();
    const { status, ok, headers } = response;
    const id = clusterIdOf(headers.get("x-etcd-cluster-id") ?? "");
    const fault = id === undefined ? undefined : config.clusterFault(id);
    if (fault !== undefined) {
      void response.body?.cancel().catch(() => undefined);
      throw new ClusterChanged(fault, { outcome: ok && write ? "applied" : "not-applied", status });
    }
    const { text, whole } = await bodyText(response, ok ? config.maxResponseBytes : maxErrorBytes);
    if (!ok) {
      const where = endpoint.origin + (request.path.split("?")[0] ?? "");
      const pauseMs = retryAfterMs(headers.get("retry-after"));
      throw answerError({ status, text, retryAfterMs: pauseMs, where, write, redact });
    }
    if (!whole) {
      const outcome = write ? "unknown" : "not-applied";
      throw new ResponseTooLarge(`the answer is larger than ${config.maxResponseBytes} bytes`, { outcome, status });
    }
    return { response, text, endpoint: endpoint.origin, maxBytes: config.maxResponseBytes };
  } catch (error) {
    if (EtcdV2Error.is(error) || isControlFlow(error)) throw error;
    const { kind, text } = networkFailure(error, endpoint.origin);
    const outcome = write && kind === "lost" ? "unknown" : "not-applied";
    throw new (kind === "tls" ? Tls : Unreachable)(redact(text), { outcome, cause: redactCause(error, redact) });
  }
}

async function fetchFollowing(config: ExchangeConfig, request: ExchangeRequest, redact: Redact): Promise<Response> {
  const { method, body, signal } = request;
  const { authorization, followRedirects, origins } = config;
  const secret = authorization !== undefined || request.secrets.length > 0;
  const headers = { ...request.headers, ...(authorization !== undefined && { authorization: authorization.header }) };
  const rules = { followRedirects, secret, origins, method, redact };
  let url = request.endpoint.url + request.path;
  for (let hops = 0; ; hops++) {
    const init: RequestInit = { method, headers, signal, redirect: "manual", credentials: "omit" };
    if (knowsCacheMode()) init.cache = "no-store";
    if (body !== undefined) init.body = body;
    const response = await config.fetch(url, init);
    if (!isRedirect(response)) return response;
    void response.body?.cancel().catch(() => undefined);
    url = redirectTarget(response, url, hops, rules);
  }
}

/** The id in the hex that etcd writes; `undefined` for any other text. */
export function clusterIdOf(id: bigint | string): bigint | undefined {
  if (typeof id === "bigint") return toIndex(id);
  return /^[0-9a-f]{1,16}$/i.test(id) ? BigInt(`0x${id}`) : undefined;
}
