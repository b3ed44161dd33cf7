import type { Fetch } from "../../src/transport/http/http.ts";
import { lostAnswer } from "../../test/transport/network-failures.ts";

export interface Losses {
  /** How often, from 0 to 1, the server gets a request and the client gets a reset. */
  readonly answer: number;
  /** How often a request is sent twice, as browsers do by themselves when a connection dies under them. */
  readonly replay: number;
  /** Which path suffers; others pass. */
  readonly path: RegExp;
}

export interface LossyFetch {
  readonly fetch: Fetch;
  readonly counts: { readonly lost: number; readonly replayed: number };
}

/** The platform's `fetch` over a lossy network. The losses come in an order that `seed` fixes. */
export function lossyFetch({ answer, replay, path }: Losses, seed: number): LossyFetch {
  const counts = { lost: 0, replayed: 0 };
  let state = seed % 2147483647 || 1;
  const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  return {
    counts,
    async fetch(url, init) {
      const [replays, loses] = [random() < replay, random() < answer];
      if (!path.test(url)) return fetch(url, init);
      if (replays) {
        counts.replayed++;
        await (await fetch(url, init)).arrayBuffer();
      }
      const response = await fetch(url, init);
      if (!loses) return response;
      counts.lost++;
      await response.arrayBuffer();
      throw lostAnswer();
    },
  };
}
