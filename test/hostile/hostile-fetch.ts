import type { Hostility } from "./mutate.ts";
import { mutated } from "./mutate.ts";

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** A `fetch` whose answers are mutated on their way; those of streams line by line. */
export function hostileFetch(fetch: Fetch, { mutations, from, count }: Hostility): Fetch {
  let answers = 0;
  const isChosen = (): boolean => {
    const n = answers++;
    return n >= from && n < from + count;
  };
  const change = (text: string): string => mutations.reduce(mutated, text);

  /** Not by `pipeThrough`: some engines report its end as an unhandled rejection. */
  function lines(response: Response): Response {
    const reader = response.body?.getReader();
    const decoder = new TextDecoder();
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
        if (done) return controller.close();
        const text = decoder.decode(value);
        controller.enqueue(encoder.encode(isChosen() ? `${change(text.trimEnd())}\n` : text));
      },
      cancel: (reason) => reader?.cancel(reason),
    });
    return new Response(body, { status: response.status, headers: response.headers });
  }

  return async (url, init) => {
    const response = await fetch(url, init);
    if (/\/v3\/(?:watch|lease\/keepalive|maintenance\/snapshot|kv\/rangestream)|[?&]wait=true/.test(url))
      return lines(response);
    if (!isChosen()) return response;
    const status = mutations.find((mutation) => mutation.kind === "status")?.status ?? response.status;
    const headers = new Headers(response.headers);
    headers.delete("content-length");
    headers.set("location", "http://127.0.0.1:1/elsewhere");
    return new Response(change(await response.text()), { status, headers });
  };
}
