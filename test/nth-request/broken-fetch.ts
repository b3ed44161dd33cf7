import type { Fetch } from "../../src/transport/http/http.ts";
import { lostAnswer, refused } from "../transport/network-failures.ts";

/** What may become of one request of an operation. */
export const breaks = [
  "refused",
  "reset",
  "answer lost",
  "answer cut",
  "401",
  "429",
  "503",
  "503 with Retry-After",
  "HTML 200",
  "silence",
  "applied in silence",
] as const;
export type Break = (typeof breaks)[number];

/** By the number of the request, from 1. */
export type Plan = ReadonlyMap<number, Break>;

export interface BrokenFetch {
  readonly fetch: Fetch;
  /** From here on requests are counted, and broken as the plan says. */
  arm(plan: Plan): void;
  /** Requests since then. From here on none is broken. */
  disarm(): number;
}

/** A `fetch` that breaks the requests of a plan, each before or after the server has seen it. */
export function brokenFetch(inner: Fetch): BrokenFetch {
  let plan: Plan | undefined;
  let count = 0;
  return {
    arm(given) {
      plan = given;
      count = 0;
    },
    disarm() {
      plan = undefined;
      return count;
    },
    async fetch(url, init) {
      const kind = plan?.get(++count);
      return kind === undefined ? inner(url, init) : broken(kind, inner, url, init);
    },
  };
}

async function broken(kind: Break, inner: Fetch, url: string, init: RequestInit): Promise<Response> {
  switch (kind) {
    case "refused":
      throw refused();
    case "reset":
      throw lostAnswer();
    case "answer lost":
      await carriedOut(inner, url, init);
      throw lostAnswer();
    case "answer cut": {
      const text = await carriedOut(inner, url, init);
      const half = new TextEncoder().encode(text.slice(0, Math.ceil(text.length / 2)));
      return new Response(cutAfter(half), { headers: { "content-type": "application/json" } });
    }
    case "401":
      return new Response("who are you?", { status: 401 });
    case "429":
      return new Response("slow down", { status: 429 });
    case "503":
      return new Response("nobody is here", { status: 503 });
    case "503 with Retry-After":
      return new Response("nobody is here", { status: 503, headers: { "retry-after": "0" } });
    case "HTML 200":
      return new Response("<!doctype html><h1>Sign in</h1>", { headers: { "content-type": "text/html" } });
    case "silence":
      return silent(init);
    case "applied in silence":
      void carriedOut(inner, url, { ...init, signal: null }).catch(() => undefined);
      return silent(init);
  }
}

/** Lets the server carry out the request, and reads what it answers: all of it, or of a watch the beginning. */
async function carriedOut(inner: Fetch, url: string, init: RequestInit): Promise<string> {
  const response = await inner(url, init);
  if (!/\/v3\/watch$|wait=true/.test(url)) return response.text();
  const reader = response.body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  void reader?.cancel().catch(() => undefined);
  return new TextDecoder().decode(value);
}

function silent({ signal }: RequestInit): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted === true) reject(signal.reason as Error);
    signal?.addEventListener("abort", () => reject(signal.reason as Error));
  });
}

function cutAfter(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let sent = false;
  return new ReadableStream({
    pull(controller) {
      if (sent) controller.error(lostAnswer());
      else controller.enqueue(bytes);
      sent = true;
    },
  });
}
