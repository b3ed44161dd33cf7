import { errorBody } from "../gateway-server/dialect.ts";
import { code, RpcError } from "../gateway-server/rpc-error.ts";
import { type Address, parseAddresses } from "../transport/http/address.ts";
import { boundBy, onAbort } from "../transport/deadline.ts";
import { invalidArgument } from "../transport/errors/etcd-error.ts";
import { safeLog } from "../transport/log.ts";
import { createEndpoints, type Endpoints } from "../transport/retry/endpoints.ts";
import { createNamedEndpoints } from "../transport/retry/named-endpoints.ts";
import type { ClientDefaults } from "../v3/client.ts";
import type { EtcdOptions } from "../v3/client-options.ts";
import { followedBody } from "./followed-body.ts";
import { type EtcdProxy, answerAllowed, pathOf, readBody } from "./http-front.ts";
import { createCounter, LimitReached } from "./limits.ts";
import type { OriginRules } from "./origins.ts";
import { audit, type CheckedOptions } from "./proxy-options.ts";

/** Of the caller's headers these go on: etcd's token, and what concerns the RPC. */
const passedHeaders = ["authorization", "grpc-timeout", "grpc-metadata-hasleader"];
const pages: ReadonlySet<string> = new Set(["/health", "/version", "/metrics"]);
/** How etcd names its RPCs. A path that a server may read as another one, by `%2e` for example, does not match. */
const rpcPath = /^\/v3(?:\/[a-z]+(?:-[a-z]+)*)+$/;

/** What there is no client for, since requests go on as they are. */
const usedOptions: ReadonlySet<string> = new Set(["endpoints", "fetch", "allowInsecure", "shareRequests", "logger"]);
const usedLimits: ReadonlySet<string> = new Set(["totalRequests", "bodyBytes"]);

/**
 * The proxy for those who have a login at etcd themselves: what they send goes to etcd as it is, and etcd decides. What
 * it hides is etcd's address, its certificates, and that it knows no CORS for this page.
 */
export function createPassThrough(options: CheckedOptions, origins: OriginRules, defaults: ClientDefaults): EtcdProxy {
  checkUnused(options);
  const { etcd, limits, onDecision } = options;
  const { fetch = (url, init) => globalThis.fetch(url, init) } = etcd;
  const upstream = upstreamOf(etcd, defaults);
  const requests = createCounter(Infinity, limits.totalRequests);
  const closing = new AbortController();

  async function answer(request: Request, url: URL, cors: Record<string, string>): Promise<Response> {
    const path = pathOf(url);
    const decided = audit(onDecision, path);
    const headers = { "cache-control": "no-store", ...cors };
    const bound = boundBy(Infinity, request.signal);
    const ends = [bound.end, onAbort(closing.signal, () => bound.abort(closing.signal.reason))];
    const leave = (): void => ends.forEach((end) => end());
    let passed = false;
    try {
      ends.push(requests.enter(""));
      if (!(request.method === "POST" ? rpcPath.test(path) : request.method === "GET" && pages.has(path))) {
        throw new RpcError(code.notFound, "Not Found");
      }
      const body = request.method === "POST" ? await readBody(request, limits.bodyBytes) : undefined;
      passed = true;
      const response = await send(path, request.headers, body, bound.signal);
      decided(response.status === 401 || response.status === 403 ? "denied" : "allowed");
      const type = response.headers.get("content-type") ?? "application/json";
      // Held until the end, with the request: Node forgets the signal of one that nobody holds.
      const following = followedBody(response.body, request, leave);
      return new Response(following, { status: response.status, headers: { "content-type": type, ...headers } });
    } catch (error) {
      leave();
      // It may have been done: a caller who leaves before the answer is written down all the same.
      if (request.signal.aborted && passed) decided("allowed");
      if (request.signal.aborted || !(error instanceof RpcError)) throw error;
      decided(error instanceof LimitReached ? "limited" : "denied");
      const retry: Record<string, string> =
        error instanceof LimitReached ? { "retry-after": String(error.retryAfterSeconds) } : {};
      const own = { "content-type": "application/json", ...headers, ...retry };
      return new Response(errorBody(error, "gateway1"), { status: statuses[error.code] ?? 400, headers: own });
    }
  }

  async function send(path: string, given: Headers, body: string | undefined, signal: AbortSignal): Promise<Response> {
    const passed = passedHeaders.flatMap((name) => {
      const value = given.get(name);
      return value === null ? [] : [[name, value] as const];
    });
    const init: RequestInit = {
      method: body === undefined ? "GET" : "POST",
      headers: Object.fromEntries(body === undefined ? passed : [["content-type", "application/json"], ...passed]),
      redirect: "manual",
      credentials: "omit",
      signal,
      ...(body === undefined ? {} : { body }),
    };
    let endpoint: Address | undefined;
    try {
      await upstream.known(signal);
      endpoint = upstream.endpoints.inUse;
      const response = await fetch(endpoint.url + path, init);
      if (response.status < 200 || (response.status >= 300 && response.status < 400)) {
        void response.body?.cancel().catch(() => undefined);
        throw new Error("a redirect");
      }
      upstream.endpoints.succeeded(endpoint);
      return response;
    } catch (error) {
      if (signal.aborted && !closing.signal.aborted) throw error;
      if (endpoint !== undefined && !closing.signal.aborted) upstream.endpoints.failed(endpoint);
      throw new RpcError(code.unavailable, "fetcd proxy: etcd did not answer");
    }
  }

  return Object.assign((request: Request) => answerAllowed(request, origins, answer), {
    close: () => Promise.resolve(closing.abort(new Error("fetcd proxy: closed"))),
  });
}

const statuses: Readonly<Record<number, number>> = {
  [code.notFound]: 404,
  [code.resourceExhausted]: 429,
  [code.unavailable]: 503,
};

function upstreamOf(
  etcd: EtcdOptions,
  defaults: ClientDefaults,
): { readonly endpoints: Endpoints; known(signal: AbortSignal): Promise<void> | undefined } {
  const { endpoints: given = "http://127.0.0.1:2379", allowInsecure = false, logger } = etcd;
  const { shareRequests = defaults.shareRequests } = etcd;
  // What passes may be a token, or a password.
  const rules = { credentials: true, allowInsecure };
  if (typeof given !== "function") {
    return { endpoints: createEndpoints(parseAddresses(given, rules)), known: () => undefined };
  }
  const endpoints = createEndpoints([]);
  const named = createNamedEndpoints({
    name: given,
    endpoints,
    parse: (urls) => parseAddresses(urls as string | readonly string[], rules),
    shareRequests,
    limitMs: 10_000,
    log: safeLog(logger),
  });
  return { endpoints, known: named.known };
}

/** An option that does nothing would be taken for one that does. */
function checkUnused({ etcd, givenLimits, givenLeaseKey }: CheckedOptions): void {
  const unused = [
    ...Object.entries(etcd).flatMap(([name, value]) =>
      value === undefined || usedOptions.has(name) ? [] : [`etcd.${name}`],
    ),
    ...Object.entries(givenLimits).flatMap(([name, value]) =>
      value === undefined || usedLimits.has(name) ? [] : [`limits.${name}`],
    ),
    ...(givenLeaseKey ? ["leaseKey"] : []),
  ];
  const [first] = unused;
  if (first !== undefined) {
    throw invalidArgument(`${first} and authorize "etcd" exclude each other`);
  }
}
