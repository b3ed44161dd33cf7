import type { Fetch } from "../../src/transport/http/http.ts";

export interface Sent {
  readonly url: string;
  readonly init: RequestInit;
  /** The names of the headers, lower case. */
  readonly headerNames: readonly string[];
  readonly body: string;
}

export interface ScriptedFetch {
  readonly fetch: Fetch;
  /** Every request, oldest first. */
  readonly sent: readonly Sent[];
}

/** A `fetch` that answers from a script, and that aborts as a real one does. */
export function scriptedFetch(answer: (sent: Sent) => Response | Promise<Response>): ScriptedFetch {
  const all: Sent[] = [];
  return {
    sent: all,
    fetch: async (url, init) => {
      const body = typeof init.body === "string" ? init.body : "";
      const sent = { url, init, body, headerNames: [...new Headers(init.headers).keys()] };
      all.push(sent);
      const { signal } = init;
      if (!signal) return answer(sent);
      signal.throwIfAborted();
      const aborted = new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      aborted.catch(() => undefined);
      return Promise.race([answer(sent), aborted]);
    },
  };
}

/** A `fetch` that never answers. */
export const silentFetch = (): ScriptedFetch => scriptedFetch(() => new Promise<never>(() => undefined));

/** A body in the given pieces; then it ends, breaks with `end`, or stays open until cancelled. */
export function bodyOf(
  pieces: readonly (string | Uint8Array)[],
  end: "close" | "open" | { readonly error: unknown } = "close",
): { readonly body: ReadableStream<Uint8Array>; readonly isCancelled: () => boolean } {
  let cancelled = false;
  let next = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = pieces[next++];
      if (piece !== undefined) controller.enqueue(typeof piece === "string" ? new TextEncoder().encode(piece) : piece);
      else if (end === "close") controller.close();
      else if (end !== "open") controller.error(end.error);
      else return new Promise<void>(() => undefined);
      return undefined;
    },
    cancel() {
      cancelled = true;
    },
  });
  return { body, isCancelled: () => cancelled };
}

/** An answer of etcd with the least in it. */
export const okJson = (more: object = {}): Response => Response.json({ header: { revision: "7" }, ...more });
