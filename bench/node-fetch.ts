import type { NodeFetch } from "../src/node/index.ts";

const rounds = 30;
const perRound = 150;

/** A get by bare HTTP: `createNodeFetch` against the built-in fetch, in turns. The target is 0.8 of its latency. */
export async function nodeFetchRow(endpoint: string, own: NodeFetch): Promise<string> {
  const body = JSON.stringify({ key: btoa("bench/warm-up") });
  const get = async (fetch: (url: string, init: RequestInit) => Promise<Response>): Promise<unknown> => {
    const { signal } = new AbortController();
    const answer = await fetch(`${endpoint}/v3/kv/range`, { method: "POST", redirect: "manual", body, signal });
    return JSON.parse(await answer.text());
  };
  const timed = async (fetch: typeof globalThis.fetch | NodeFetch): Promise<number> => {
    const start = performance.now();
    for (let i = 0; i < perRound; i++) await get(fetch);
    return (performance.now() - start) / perRound;
  };
  for (const fetch of [globalThis.fetch, own]) await timed(fetch);
  const ratios: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const builtIn = await timed(globalThis.fetch);
    ratios.push((await timed(own)) / builtIn);
  }
  const ratio = ratios.toSorted((a, b) => a - b)[rounds / 2] ?? NaN;
  return `createNodeFetch / fetch, a get: ${ratio.toFixed(2)} of the latency   ≤ 0.80${ratio > 0.8 ? "  MISSED" : ""}`;
}
