import { type ExchangeClock, Exchanges } from "../gateway-server/exchanges.ts";
import type { ServedRequest } from "../gateway-server/http-request.ts";
import { deadlineOf } from "../gateway-server/request-deadline.ts";
import { type Endpoint, pathsOf } from "../gateway-server/rpc-endpoint.ts";
import { code, RpcError } from "../gateway-server/rpc-error.ts";
import { RpcGateway } from "../gateway-server/rpc-gateway.ts";
import type { Connection } from "../transport/connection.ts";
import { longestTimer } from "../transport/abort.ts";
import { monotonicMs } from "../transport/clock.ts";
import { withOptions } from "../transport/options.ts";
import type { EtcdOptions } from "../v3/client-options.ts";
import { type ClientDefaults, openParts } from "../v3/client.ts";
import { type Rights, rightsOf, unknownCaller } from "./caller-rights.ts";
import { adminRpcs } from "./admin-rpcs.ts";
import { kvRpcs } from "./kv-rpcs.ts";
import { createGrant, leaseRpcs } from "./lease-rpcs.ts";
import { createCounter, createLeaseCounts, createRate, LimitReached } from "./limits.ts";
import { lockRpcs } from "./lock-rpcs.ts";
import { originRules } from "./origins.ts";
import { type EtcdProxy, answerAllowed, pathOf, readBody } from "./http-front.ts";
import { createPassThrough } from "./pass-through.ts";
import { checkKeys, type KeyCheck, ProxyCall } from "./proxy-call.ts";
import { audit, checkProxyOptions, type Decision, type ProxyOptions } from "./proxy-options.ts";
import { asRpcError } from "./upstream.ts";
import { watchRpc } from "./watch-rpc.ts";

/**
 * Lets others at a part of etcd, by your own authorization, over the JSON of etcd's gateway: `createEtcd` and other
 * gateway clients work with it as with etcd. Every request is decoded, each key range in it is checked, and what was
 * understood is encoded anew. A path before `/v3/` is ignored.
 *
 * What is not allowed is refused as etcd does: `permission denied`, HTTP 403; past a limit, `too many requests`, 429
 * with `Retry-After`; an unknown caller, 401.
 *
 * @example
 * const proxy = createProxy({
 *   etcd: { endpoints: "http://127.0.0.1:2379" },
 *   authorize: () => ({ subject: "anybody", allow: [{ read: { prefix: "public/" } }] }),
 * });
 * @throws EtcdError `InvalidArgument` for options that cannot work.
 */
export function createProxy(options: ProxyOptions): EtcdProxy {
  return createProxyBy(options, { shareRequests: true });
}

/** `check`: what each range of a request has to pass. */
export function createProxyBy(given: ProxyOptions, defaults: ClientDefaults, check: KeyCheck = checkKeys): EtcdProxy {
  const options = checkProxyOptions(given);
  const origins = originRules(options.origins, options.hosts);
  if (options.authorize === "etcd") return createPassThrough(options, origins, defaults);
  const { authorize, limits, leaseKey, onDecision } = options;
  const parts = openParts(boundedAnswers(options.etcd, limits.answerBytes), defaults);
  // Whether a cluster is the one it was, each caller finds out for itself.
  const connection = parts.connection.follow();
  const upstream = { connection, hub: parts.hub.within(connection), renewals: parts.renewals };
  const rate = createRate(limits, monotonicMs);
  const requests = createCounter(limits.requests, limits.totalRequests);
  const exchanges = new Exchanges(timers);
  const gateway = new RpcGateway({ dialect: "gateway1", preconditionStatus: 400 }, exchanges);
  const leaseCounts = createLeaseCounts(limits.leases, limits.totalLeases, monotonicMs);
  const grant = createGrant(upstream, leaseCounts);
  const endpoints = new Map(
    [
      ...kvRpcs(connection),
      watchRpc(upstream, limits, createCounter(limits.watches, limits.totalWatches)),
      ...leaseRpcs(upstream, leaseCounts, grant, limits.leases),
      ...lockRpcs(upstream, grant),
      ...adminRpcs(upstream),
    ].flatMap((endpoint) => pathsOf(endpoint).map((path) => [path, endpoint] as const)),
  );

  async function rightsFor(request: Request): Promise<Rights> {
    let rights: Rights | undefined;
    try {
      const access = await authorize(request);
      if (access !== null && access !== undefined) rights = rightsOf(access, leaseKey());
    } catch {
      // What it says may be nobody else's business.
      throw new RpcError(code.unavailable, "fetcd proxy: the caller could not be authorized");
    }
    if (rights === undefined || rights.until <= Date.now()) throw unknownCaller();
    return rights;
  }

  async function answer(request: Request, url: URL, cors: Record<string, string>): Promise<Response> {
    const headers = { "content-type": "application/json", "cache-control": "no-store", ...cors };
    let rights: Rights | undefined;
    let call: ProxyCall | undefined;
    const path = pathOf(url);
    const endpoint = endpoints.get(path);
    const tell = audit(onDecision, rpcOf(endpoint, path));
    const decided = (verdict: Decision["verdict"]): void =>
      tell(verdict, { subject: rights?.subject ?? "", ranges: call?.touched ?? [] });
    let leave: (() => void) | undefined;
    try {
      rights = await rightsFor(request);
      rate.take(rights.subject);
      leave = requests.enter(rights.subject);
      if (request.method === "GET") {
        const plain = await plainAnswer(connection, { rights, path, headers, signal: request.signal });
        decided("allowed");
        return plain;
      }
      if (endpoint === undefined) throw new RpcError(code.notFound, "Not Found");
      if (request.method !== "POST") throw new RpcError(code.unimplemented, "Method Not Allowed");
      const body = await readBody(request, limits.bodyBytes);
      // Nothing would tell of it any more.
      request.signal.throwIfAborted();
      call = new ProxyCall(rights, body.length, deadlineOf(request.headers.get("grpc-timeout")), check);
      const exchange: ServedRequest = {
        method: "POST",
        url,
        headers: request.headers,
        body,
        signal: request.signal,
        source: request,
      };
      const response = await gateway.answer(endpoint, exchange, call, headers);
      if (response.status === 429) response.headers.set("retry-after", "1");
      decided(verdictOf(call, response));
      if (endpoint.kind === "stream") {
        call.onCancel(leave);
        leave = undefined;
      }
      return response;
    } catch (error) {
      if (request.signal.aborted) {
        // It may have been done: a caller who leaves before the answer is written down all the same.
        if (call !== undefined) decided(verdictOf(call));
        throw error;
      }
      decided(error instanceof LimitReached ? "limited" : "denied");
      const retry = error instanceof LimitReached ? { "retry-after": String(error.retryAfterSeconds) } : {};
      return gateway.error(asRpcError(error), { ...headers, ...retry });
    } finally {
      leave?.();
    }
  }

  async function close(): Promise<void> {
    exchanges.disconnect(() => new Error("fetcd proxy: closed"));
    await parts.lifetime.close();
  }

  return Object.assign((request: Request) => answerAllowed(request, origins, answer), { close });
}

/** What is read of etcd's answers is bounded as they arrive. */
function boundedAnswers(etcd: EtcdOptions, answerBytes: number): EtcdOptions {
  if (etcd.transport !== undefined) return etcd;
  return withOptions(etcd, { maxResponseBytes: Math.min(etcd.maxResponseBytes ?? Infinity, answerBytes) });
}

interface PlainRequest {
  readonly rights: Rights;
  readonly path: string;
  /** Of the answer. */
  readonly headers: Record<string, string>;
  readonly signal: AbortSignal;
}

async function plainAnswer(connection: Connection, { rights, path, headers, signal }: PlainRequest): Promise<Response> {
  if (path !== "/health" && path !== "/version") throw new RpcError(code.notFound, "Not Found");
  rights.check("maintenance", "read");
  const text = await connection.get(path, { signal, statuses: [503] });
  // What is not healthy says so by its status too.
  return new Response(text, { headers, status: /"health": ?"?false/.test(text) ? 503 : 200 });
}

function verdictOf({ refused }: ProxyCall, response?: Response): Decision["verdict"] {
  if (refused || response?.status === 403) return "denied";
  return response?.status === 429 ? "limited" : "allowed";
}

function rpcOf(endpoint: Endpoint<ProxyCall> | undefined, path: string): string {
  return endpoint === undefined ? path : `${endpoint.method.parent.typeName}/${endpoint.method.name}`;
}

const timers: ExchangeClock = {
  watch: () => () => undefined,
  schedule(ms, task) {
    const timer = setTimeout(task, Math.min(ms, longestTimer));
    return { cancel: () => clearTimeout(timer) };
  },
};
