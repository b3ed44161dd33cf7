import type { Fetch } from "../../../src/transport/http/http.ts";

/** A fetch that counts the watch requests which are open. */
export interface CountingFetch {
  readonly fetch: Fetch;
  /** Now, at most so far, and all that were ever sent. */
  readonly open: number;
  readonly most: number;
  readonly sent: number;
  /** What the requests that are open asked for: the watches in each. */
  readonly loads: readonly number[];
  /** What the last request was, as it was sent. */
  readonly last: string;
}

export function countingFetch(fetch: Fetch): CountingFetch {
  const open = new Map<AbortSignal, number>();
  let most = 0;
  let sent = 0;
  let last = "";
  return {
    async fetch(url, init) {
      if (!url.endsWith("/v3/watch")) return fetch(url, init);
      const { signal } = init;
      if (!signal) throw new Error("a watch that cannot be ended");
      last = String(init.body);
      open.set(signal, last.split("create_request").length - 1);
      sent++;
      most = Math.max(most, open.size);
      signal.addEventListener("abort", () => open.delete(signal));
      return fetch(url, init);
    },
    get open() {
      return open.size;
    },
    get most() {
      return most;
    },
    get sent() {
      return sent;
    },
    get loads() {
      return [...open.values()];
    },
    get last() {
      return last;
    },
  };
}

/** A fetch that, as browsers do for one origin, has so many connections for everything and lets the rest wait. */
export function limitedFetch(fetch: Fetch, connections: number): Fetch {
  let free = connections;
  const queue: (() => void)[] = [];
  const release = (): void => {
    const next = queue.shift();
    if (next === undefined) free++;
    else next();
  };
  return async (url, init) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => queue.push(resolve));
    let held = true;
    const done = (): void => {
      if (held) release();
      held = false;
    };
    init.signal?.addEventListener("abort", done);
    try {
      const response = await fetch(url, init);
      // A connection is busy until its answer has been read.
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
      void response.body?.pipeTo(writable).then(done, done);
      return new Response(readable, response);
    } catch (error) {
      done();
      throw error;
    }
  };
}
