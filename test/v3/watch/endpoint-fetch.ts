import type { Fetch } from "../../../src/transport/http/fetch.ts";
import { lostAnswer, refused } from "../../transport/network-failures.ts";

/** What becomes of the requests to one endpoint. */
export type EndpointState =
  /** They reach the server. */
  | "up"
  /** Refused before they are sent. */
  | "refused"
  /** They get no answer, and what is open says nothing more. */
  | "silent"
  /** Answered with a page. */
  | "foreign"
  /** Answered with a 503 that asks for five seconds. */
  | "busy";

export interface EndpointFetch {
  readonly fetch: Fetch;
  readonly states: Map<string, EndpointState>;
  /** The path of each request, as in `a /v3/watch`. */
  readonly requests: string[];
  /** Breaks the streams of an endpoint. */
  cut(host: string, how?: "reset" | "end"): void;
}

/** A fetch whose hosts, each named in a URL as `http://a`, are members of one server. All are up at first. */
export function endpointFetch(fetch: Fetch): EndpointFetch {
  const states = new Map<string, EndpointState>();
  const requests: string[] = [];
  const cuts = new Set<{ readonly host: string; readonly cut: (how: "reset" | "end") => void }>();

  function carried(host: string, response: Response, signal: AbortSignal | null | undefined): Response {
    const reader = response.body?.getReader();
    if (reader === undefined) return response;
    let ends: ReadableStreamDefaultController<Uint8Array> | undefined;
    const stream = {
      host,
      cut(how: "reset" | "end") {
        cuts.delete(stream);
        if (how === "reset") ends?.error(lostAnswer());
        else ends?.close();
        void reader.cancel().catch(() => undefined);
      },
    };
    cuts.add(stream);
    signal?.addEventListener("abort", () => cuts.delete(stream));
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        ends = controller;
      },
      async pull(controller) {
        const { done, value } = await reader.read();
        if (states.get(host) === "silent") await new Promise(() => undefined);
        if (!cuts.has(stream)) return;
        if (value !== undefined) controller.enqueue(value);
        if (done) controller.close();
      },
      cancel: (reason) => reader.cancel(reason),
    });
    return new Response(body, response);
  }

  return {
    states,
    requests,
    async fetch(url, init) {
      const { host, pathname } = new URL(url);
      requests.push(`${host} ${pathname}`);
      const state = states.get(host) ?? "up";
      if (state === "refused") throw refused();
      if (state === "busy") return new Response("", { status: 503, headers: { "retry-after": "5" } });
      if (state === "foreign") return new Response("<html>login</html>\n");
      if (state === "silent") {
        return new Promise((_, reject) => {
          init.signal?.addEventListener("abort", () => reject(init.signal?.reason as Error));
        });
      }
      const response = await fetch(url, init);
      return pathname === "/v3/watch" ? carried(host, response, init.signal) : response;
    },
    cut(host, how = "reset") {
      for (const each of cuts) if (each.host === host) each.cut(how);
    },
  };
}
