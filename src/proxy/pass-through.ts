import { errorBody } from "../gateway-server/dialect.ts";
import { code, RpcError } from "../gateway-server/rpc-error.ts";
import { parseAddress } from "../transport/http/address.ts";
import { invalidArgument } from "../transport/errors/etcd-error.ts";
import { createEndpoints } from "../transport/retry/endpoints.ts";
import { type EtcdProxy, guarded, pathOf, readBody } from "./http-front.ts";
import type { OriginRules } from "./origins.ts";
import type { CheckedOptions } from "./proxy-options.ts";

/** Of the caller's headers these go on: etcd's token, and what concerns the RPC. */
const passedHeaders = ["authorization", "grpc-timeout", "grpc-metadata-hasleader"];
const pages: ReadonlySet<string> = new Set(["/health", "/version", "/metrics"]);

/**
 * The proxy for those who have a login at etcd themselves: what they send goes to etcd as it is, and etcd decides. What
 * it hides is etcd's address, its certificates, and that it knows no CORS for this page.
 */
export function createPassThrough({ etcd, limits }: CheckedOptions, origins: OriginRules): EtcdProxy {
  if (etcd.transport !== undefined) throw invalidArgument('etcd.transport: not together with authorize "etcd"');
  const { allowInsecure = false, fetch = (url, init) => globalThis.fetch(url, init) } = etcd;
  const texts = [etcd.endpoints ?? "http://127.0.0.1:2379"].flat();
  const endpoints = createEndpoints(texts.map((text) => parseAddress(text, { credentials: true, allowInsecure })));
  const closing = new AbortController();

  async function answer(request: Request, url: URL, cors: Record<string, string>): Promise<Response> {
    const path = pathOf(url);
    const headers = { "cache-control": "no-store", ...cors };
    const refuse = (error: RpcError, status: number): Response =>
      new Response(errorBody(error, "gateway1"), {
        status,
        headers: { "content-type": "application/json", ...headers },
      });
    if (!(request.method === "POST" ? path.startsWith("/v3/") : request.method === "GET" && pages.has(path))) {
      return refuse(new RpcError(code.notFound, "Not Found"), 404);
    }
    let body: string | undefined;
    try {
      if (request.method === "POST") body = await readBody(request, limits.bodyBytes);
    } catch (error) {
      if (error instanceof RpcError) return refuse(error, 400);
      throw error;
    }
    const endpoint = endpoints.inUse;
    const passed = passedHeaders.flatMap((name) => {
      const value = request.headers.get(name);
      return value === null ? [] : [[name, value] as const];
    });
    const init: RequestInit = {
      method: request.method,
      headers: Object.fromEntries(body === undefined ? passed : [["content-type", "application/json"], ...passed]),
      redirect: "manual",
      credentials: "omit",
      signal: AbortSignal.any([request.signal, closing.signal]),
    };
    try {
      const response = await fetch(endpoint.url + path, body === undefined ? init : { ...init, body });
      if (response.status >= 300 && response.status < 400) throw new Error("a redirect");
      endpoints.succeeded(endpoint);
      const type = response.headers.get("content-type") ?? "application/json";
      return new Response(response.body, { status: response.status, headers: { "content-type": type, ...headers } });
    } catch (error) {
      if (request.signal.aborted) throw error;
      endpoints.failed(endpoint);
      return refuse(new RpcError(code.unavailable, "fetcd proxy: etcd gave no answer"), 503);
    }
  }

  return Object.assign((request: Request) => guarded(request, origins, answer), {
    close: () => Promise.resolve(closing.abort(new Error("fetcd proxy: closed"))),
  });
}
