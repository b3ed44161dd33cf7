import type { EtcdOptions } from "../../src/index.ts";

type Fetch = NonNullable<EtcdOptions["fetch"]>;

/** A fetch that counts the bytes of bodies, both ways, and the requests. */
export interface CountingFetch {
  readonly fetch: Fetch;
  /** What travelled since the last call. */
  taken(): { readonly bytes: number; readonly requests: number };
}

export function countingFetch(inner: Fetch): CountingFetch {
  let bytes = 0;
  let requests = 0;
  return {
    async fetch(input, init) {
      requests++;
      if (typeof init?.body === "string") bytes += init.body.length;
      const response = await inner(input, init);
      const counted = response.body?.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform(chunk, controller) {
            bytes += chunk.length;
            controller.enqueue(chunk);
          },
        }),
      );
      return new Response(counted ?? null, response);
    },
    taken() {
      const counts = { bytes, requests };
      bytes = 0;
      requests = 0;
      return counts;
    },
  };
}
