import type { EtcdV2Options } from "../../src/v2/index.ts";

export interface SeenFetch {
  readonly url: string;
  readonly init: RequestInit;
}

export type Script = (request: SeenFetch) => Response | Promise<Response>;

/** A `fetch` that answers as told, and writes down what it was asked. Like the real one it hears its signal. */
export function scripted(script: Script): { fetch: NonNullable<EtcdV2Options["fetch"]>; seen: SeenFetch[] } {
  const seen: SeenFetch[] = [];
  return {
    seen,
    async fetch(url, init) {
      seen.push({ url, init });
      const { signal } = init;
      return new Promise<Response>((resolve, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason as Error));
        Promise.resolve()
          .then(() => script({ url, init }))
          .then(resolve, reject);
      });
    },
  };
}
