import { boundedText } from "../gateway-server/bounded-body.ts";
import { code, etcdFailure, RpcError } from "../gateway-server/rpc-error.ts";
import type { OriginRules } from "./origins.ts";

/** A fetch handler: for Workers, `Deno.serve`, `Bun.serve`, `serve` of `fetcd/node`, a route of Next or Hono. */
export interface EtcdProxy {
  /** Answers a request. */
  (request: Request): Promise<Response>;
  /** Ends what is open, and the client of etcd. */
  close(): Promise<void>;
}

/** Has a request answered, unless a page sent it whose origin is not allowed: those are refused before anything else. */
export async function answerAllowed(
  request: Request,
  origins: OriginRules,
  answer: (request: Request, url: URL, cors: Record<string, string>) => Promise<Response>,
): Promise<Response> {
  const url = new URL(request.url);
  const cors = origins.headersFor(request, url);
  if (cors === undefined) {
    return new Response("this Origin is not allowed\n", { status: 403, headers: { "content-type": "text/plain" } });
  }
  if (request.method === "OPTIONS") return new Response(null, { status: 204, headers: cors });
  return answer(request, url, cors);
}

/** What comes before `/v3/` is a route of the host, which the proxy passes over. */
export function pathOf({ pathname }: URL): string {
  const start = pathname.lastIndexOf("/v3/");
  return start < 0 ? pathname.slice(pathname.lastIndexOf("/")) : pathname.slice(start);
}

/**
 * The body of a request. Throws if a browser sends its type without a preflight, texts apart, if it is too large, or if
 * `authorize` has read it.
 */
export async function readBody(request: Request, maxBytes: number): Promise<string> {
  const type = request.headers.get("content-type") ?? "";
  if (type !== "" && !/^(?:application\/json|text\/plain)\s*(?:;|$)/i.test(type)) {
    throw new RpcError(code.invalidArgument, "fetcd proxy: expected the content type application/json");
  }
  if (request.bodyUsed) {
    throw new RpcError(code.internal, "fetcd proxy: authorize read the body; read request.clone() instead");
  }
  const body = await boundedText(request.body, maxBytes);
  if (body === undefined) throw etcdFailure("requestTooLarge");
  return body;
}
