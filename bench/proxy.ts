// What a proxy costs, on a real etcd: requests and watches there, latency beside a direct watch, processor time for each
// event that is delivered, and memory for a client that does not read. `npx tsx bench/proxy.ts`, after a build.
import { startEtcd } from "../e2e/etcd.ts";
import { plainRequest } from "../e2e/plain-request.ts";
import type * as Fetcd from "../src/index.ts";
import type * as FetcdNode from "../src/node/index.ts";
import type * as FetcdProxy from "../src/proxy/index.ts";
import { root } from "../test/package/project.ts";
import { startWriter } from "./watch/writer.ts";

const { createEtcd } = (await import(`${root}/dist/index.js`)) as typeof Fetcd;
const { serve } = (await import(`${root}/dist/node/index.js`)) as typeof FetcdNode;
const { createProxy } = (await import(`${root}/dist/proxy/index.js`)) as typeof FetcdProxy;

const clients = 100;
const watchesEach = 10;
const ranges = 5;
const value = "v".repeat(100);

await using etcd = await startEtcd({ version: "3.5", quotaBytes: 8 * 2 ** 30, flags: ["--unsafe-no-fsync"] });
const endpoint = etcd.endpoints[0] ?? "";
/** Requests of the proxy that are under way at etcd. */
const open = new Set<unknown>();
const counted: typeof fetch = async (input, init) => {
  const request = {};
  open.add(request);
  init?.signal?.addEventListener("abort", () => open.delete(request), { once: true });
  return fetch(input, init).catch((error: unknown) => {
    open.delete(request);
    throw error;
  });
};
const proxy = createProxy({
  etcd: { endpoints: endpoint, fetch: counted },
  authorize: (request) => ({
    subject: request.headers.get("authorization") ?? "bench",
    allow: [{ read: { all: true }, write: { all: true } }],
  }),
});
const direct = createEtcd({ endpoints: endpoint });
using writer = startWriter();
console.log(`etcd ${etcd.version} without fsync, Node ${process.versions.node}`);
await fanOut();
await latency();
await slowClient();
await proxy.close();
await direct.close();

/** Watches of many clients, each read as bytes: what the reader costs is not the proxy's. */
async function fanOut(): Promise<void> {
  const before = await etcd.metrics("etcd_debugging_mvcc_watcher_total");
  let lines = 0;
  let created = 0;
  const stop = new AbortController();
  const opened = Array.from({ length: clients }, async (_, client) => {
    const creates = Array.from({ length: watchesEach }, (_, i) => ({
      create_request: { key: btoa(`fan/${i % ranges}/`), range_end: btoa(`fan/${i % ranges}0`) },
    }));
    const request = new Request("http://proxy.test/v3/watch", {
      method: "POST",
      headers: { authorization: `client-${client}` },
      body: creates.map((each) => JSON.stringify(each)).join("\n"),
      signal: stop.signal,
    });
    const { body } = await proxy(request);
    void (async () => {
      for await (const chunk of body ?? [])
        for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++;
    })().catch(() => undefined);
    return request;
  });
  const held = await Promise.all(opened);
  while (lines < clients * watchesEach) await pause(20);
  created = lines;
  await pause(500);
  const watchers = (await etcd.metrics("etcd_debugging_mvcc_watcher_total")) - before;
  console.log(`\n${clients * watchesEach} watches of ${clients} clients on ${ranges} ranges`);
  row("requests at etcd", open.size, "", open.size <= 4);
  row("watches at etcd", watchers, "", watchers <= ranges);
  const costs: number[] = [];
  for (let round = 0; round < 4; round++) {
    const puts = 1000;
    const expected = lines + (puts * clients * watchesEach) / ranges;
    const started = process.cpuUsage();
    await writer.write({ endpoint, keys: Array.from({ length: ranges }, (_, i) => `fan/${i}/a`), puts, value });
    while (lines < expected) await pause(5);
    const { user, system } = process.cpuUsage(started);
    // The first round is for the compiler.
    if (round > 0) costs.push((user + system) / (expected - created));
    created = expected;
  }
  const cost = costs.toSorted((a, b) => a - b)[1] ?? NaN;
  row("CPU for a delivered event", cost, "µs", cost <= 5);
  stop.abort();
  held.length = 0;
}

/** From the sending of a put to the event of it, over HTTP, directly and through a proxy that is served; in turns. */
async function latency(): Promise<void> {
  await using server = await serve(proxy);
  const through = createEtcd({ endpoints: server.url });
  const took = new Map<string, number[]>([
    ["direct", []],
    ["proxy", []],
  ]);
  const body = { key: btoa("latency"), value: btoa(value) };
  for (let round = 0; round < 21; round++)
    for (const [name, client] of [
      ["direct", direct],
      ["proxy", through],
    ] as const) {
      let heard: () => void = () => undefined;
      const watch = client.watch("latency");
      await watch.ready;
      void (async () => {
        for await (const _ of watch) heard();
      })();
      for (let i = 0; i < 20; i++) {
        const event = new Promise<void>((resolve) => (heard = resolve));
        const start = performance.now();
        const answered = plainRequest(`${endpoint}/v3/kv/put`, { body });
        await event;
        if (round > 0) took.get(name)?.push(performance.now() - start);
        await answered;
      }
      await watch.cancel();
    }
  const median = (name: string): number => {
    const sorted = (took.get(name) ?? []).toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? NaN;
  };
  console.log("\nput to event, median");
  row("direct", median("direct"), "ms");
  row("through the proxy, served over HTTP", median("proxy"), "ms");
  row("ratio", median("proxy") / median("direct"), "", median("proxy") / median("direct") <= 1.5);
  await through.close();
}

/** A client that reads nothing, while more is written than may wait for it. */
async function slowClient(): Promise<void> {
  const memory = (): number => {
    globalThis.gc?.();
    const { heapUsed, external, arrayBuffers } = process.memoryUsage();
    return heapUsed + external + arrayBuffers;
  };
  const stop = new AbortController();
  const request = new Request("http://proxy.test/v3/watch", {
    method: "POST",
    body: JSON.stringify({ create_request: { key: btoa("slow") } }),
    signal: stop.signal,
  });
  const { body } = await proxy(request);
  const reader = body?.getReader();
  await reader?.read();
  const before = memory();
  let most = 0;
  const big = "v".repeat(100_000);
  for (let i = 0; i < 120; i++) {
    await direct.put("slow", big);
    most = Math.max(most, memory() - before);
  }
  // It is given what waited for it, and then the end.
  let ended = false;
  while (!ended) ended = (await reader?.read())?.done !== false;
  console.log("\na client that reads nothing, of 120 events of 100 kB");
  row("memory, at most", most / 2 ** 20, "MiB", most <= 8 * 2 ** 20);
  row("left behind", ended ? 1 : 0, "", ended);
  stop.abort();
}

function row(name: string, number: number, unit: string, met?: boolean): void {
  const shown = Number.isInteger(number) ? `${number}` : number.toFixed(2);
  const verdict = met === undefined ? "" : met ? "  met" : "  MISSED";
  console.log(`${name.padEnd(40)}${shown.padStart(10)} ${unit}${verdict}`);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
