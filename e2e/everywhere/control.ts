import { type Fault, type FaultProxy, faultProxy } from "../fault-proxy.ts";
import { type Answer, type HttpAnswer, responder, type Responder } from "../responder.ts";
import { serve, type ServedHandler } from "../../src/node/serve.ts";

/** What tests inside of a runtime may ask for, since it takes a server: each one a POST with JSON. */
export interface Orders {
  /** A proxy that breaks what it carries. */
  readonly proxy: { readonly target: string };
  readonly fault: { readonly url: string; readonly fault: Fault };
  readonly cut: { readonly url: string; readonly how: "fin" | "rst" };
  /** A server that gives one answer after the other; the last one stays. */
  readonly script: { readonly answers: readonly Answer[] };
  /** What a proxy or a scripted server has seen, preflights left out. */
  readonly seen: { readonly url: string };
}

export interface Seen {
  /** As in "POST /v3/kv/put". */
  readonly lines: readonly string[];
  readonly headerNames: readonly string[];
  readonly open: number;
}

/** Serves orders from whatever origin. */
export async function controlServer(): Promise<ServedHandler> {
  const proxies = new Map<string, FaultProxy>();
  const scripts = new Map<string, Responder>();
  const orders: { readonly [K in keyof Orders]: (order: Orders[K]) => Promise<unknown> } = {
    async proxy({ target }) {
      const proxy = await faultProxy(target);
      proxies.set(proxy.url, proxy);
      return proxy.url;
    },
    fault: async ({ url, fault }) => proxies.get(url)?.set(fault),
    cut: async ({ url, how }) => proxies.get(url)?.cutAll(how),
    async script({ answers }) {
      let next = 0;
      const server = await responder((request) => {
        if (request.method === "OPTIONS") return { headers: allowed };
        return open(answers[Math.min(next++, answers.length - 1)] ?? "hang");
      });
      scripts.set(server.url, server);
      return server.url;
    },
    async seen({ url }): Promise<Seen> {
      const requests = scripts.get(url)?.requests.filter(({ method }) => method !== "OPTIONS") ?? [];
      const proxy = proxies.get(url);
      const lines = proxy?.requestLines.filter((line) => !line.startsWith("OPTIONS "));
      return {
        lines: lines ?? requests.map(({ method, path }) => `${method} ${path}`),
        headerNames: [...new Set(requests.flatMap(({ headers }) => Object.keys(headers)))],
        open: proxy?.counts.open ?? 0,
      };
    },
  };
  const handler = async (request: Request): Promise<Response> => {
    const name = new URL(request.url).pathname.slice(1) as keyof Orders;
    const order = orders[name] as (order: unknown) => Promise<unknown>;
    const result = await order(JSON.parse(await request.text()));
    return Response.json(result ?? null, { headers: allowed });
  };
  const server = await serve(handler, { cors: "*" });
  const close = async (): Promise<void> => {
    await Promise.all([...proxies.values(), ...scripts.values()].map((each) => each.close()));
    await server.close();
  };
  return { ...server, close, [Symbol.asyncDispose]: close };
}

const allowed = { "access-control-allow-origin": "*", "access-control-allow-headers": "authorization, content-type" };

/** Pages of another origin may read it. */
function open(answer: Answer): Answer {
  if (typeof answer === "string" || "raw" in answer) return answer;
  const { headers } = answer satisfies HttpAnswer;
  return { ...answer, headers: { ...allowed, ...headers } };
}
