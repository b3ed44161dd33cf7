// Watches side by side on a real etcd: fetcd, the least that somebody without a client does (a line split and
// `JSON.parse`), and the package `etcd3`. `npx tsx bench/watch.ts`, with the number of events as an argument;
// 0 leaves out all but the cuts.
import { Etcd3 } from "etcd3";
import { startEtcd } from "../e2e/etcd.ts";
import { faultProxy } from "../e2e/fault-proxy.ts";
import type * as Fetcd from "../src/index.ts";
import { root } from "../test/package/project.ts";

const events = Number(process.argv[2] ?? 20_000);
const { createEtcd } = (await import(`${root}/dist/index.js`)) as typeof Fetcd;
await using server = await startEtcd({ version: "3.5", quotaBytes: 8 * 2 ** 30, flags: ["--unsafe-no-fsync"] });
const endpoint = server.endpoints[0] ?? "";
await using etcd = createEtcd({ endpoints: endpoint });
const grpc = new Etcd3({ hosts: endpoint });
const value = "v".repeat(100);

/** A way to watch: calls back for each event. Resolves when it has begun, with what ends it. */
type Watch = (key: string, from: bigint | undefined, onEvent: () => void) => Promise<() => unknown>;

const fetcd: Watch = async (key, from, onEvent) => {
  const watch = etcd.watch(key, { from });
  await watch.ready;
  void (async () => {
    for await (const _ of watch) onEvent();
  })();
  return () => watch.cancel();
};

const raw: Watch = async (key, from, onEvent) => {
  const controller = new AbortController();
  const create = { key: btoa(key), ...(from === undefined ? {} : { start_revision: `${from}` }) };
  const body = JSON.stringify({ create_request: create });
  const answer = await fetch(`${endpoint}/v3/watch`, { method: "POST", body, signal: controller.signal });
  const reading = async (): Promise<void> => {
    let rest = "";
    const decoder = new TextDecoder();
    for await (const piece of answer.body ?? []) {
      const lines = (rest + decoder.decode(piece as Uint8Array, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const { result } = JSON.parse(line) as { result: { events?: unknown[] } };
        for (const _ of result.events ?? []) onEvent();
      }
    }
  };
  reading().catch(() => undefined);
  return () => controller.abort();
};

const etcd3: Watch = async (key, from, onEvent) => {
  const builder = grpc.watch().key(key);
  const watcher = await (from === undefined ? builder : builder.startRevision(`${from}`)).create();
  watcher.on("put", onEvent);
  return () => watcher.cancel();
};

const ways = { "split, JSON.parse": raw, fetcd, etcd3 } as const;

/** Time and processor time until all watchers have had so many events each, which `write` causes. */
async function measure(
  watch: Watch,
  keys: readonly string[],
  from: bigint | undefined,
  perWatcher: number,
  write: () => Promise<unknown>,
): Promise<{ ms: number; cpuMicros: number }> {
  let left = keys.length * perWatcher;
  let done: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (done = resolve));
  const onEvent = (): void => {
    if (--left === 0) done();
  };
  let cpu = process.cpuUsage();
  let start = performance.now();
  const ends = await Promise.all(keys.map((key) => watch(key, from, onEvent)));
  if (from === undefined) {
    cpu = process.cpuUsage();
    start = performance.now();
  }
  await write();
  await all;
  const { user, system } = process.cpuUsage(cpu);
  const ms = performance.now() - start;
  await Promise.all(ends.map((end) => end()));
  return { ms, cpuMicros: user + system };
}

console.log(`etcd ${server.version}, Node ${process.versions.node}\n`);
const row = (name: string, way: string, count: number, { ms, cpuMicros }: { ms: number; cpuMicros: number }): void =>
  console.log(
    `${name.padEnd(38)}${way.padEnd(20)}${((count * 1000) / ms).toFixed(0).padStart(9)} events/s${(cpuMicros / count).toFixed(1).padStart(8)} cpu µs/event`,
  );

const { revision } = await etcd.put("hot", value);
for (let i = 0; i < events; i += 100) await Promise.all(Array.from({ length: 100 }, () => etcd.put("hot", value)));
for (const round of events === 0 ? [] : [1, 2])
  for (const [way, watch] of Object.entries(ways)) {
    const cost = await measure(watch, ["hot"], revision + 1n, events, () => Promise.resolve());
    if (round === 2) row(`catch up with ${events}`, way, events, cost);
  }

for (const watchers of events === 0 ? [] : [1, 10, 100, 1000]) {
  const puts = Math.max(20, Math.floor(2000 / watchers));
  const write = async (): Promise<void> => {
    for (let i = 0; i < puts; i++) await server.post("/v3/kv/put", { key: btoa("one"), value: btoa(value) });
  };
  for (const [way, watch] of Object.entries(ways)) {
    if (way !== "split, JSON.parse" || watchers <= 100)
      row(
        `${watchers} watchers of one key`,
        way,
        watchers * puts,
        await measure(
          watch,
          Array.from({ length: watchers }, () => "one"),
          undefined,
          puts,
          write,
        ),
      );
  }
}

console.log("\none cut in a catch-up of 3,000 revisions, at bytes: events that never came");
for (let i = 0; i < 3000; i += 100) await Promise.all(Array.from({ length: 100 }, () => etcd.put("cut", value)));
const { entries } = await etcd.range("cut");
/** How long each may take to come by the rest, in milliseconds. */
const cutMs = 6000;
const last = entries[0]?.modRevision ?? 0n;
const begin = last - 2999n;
for (const bytes of [50_000, 150_000, 300_000]) {
  for (const way of ["fetcd", "etcd3"] as const) {
    await using proxy = await faultProxy(endpoint);
    let seen = 0;
    await proxy.set({ kind: "cutAfter", bytes, how: "rst" });
    if (way === "fetcd") {
      await using client = createEtcd({ endpoints: proxy.url });
      const watch = client.watch("cut", { from: begin });
      setTimeout(() => void proxy.set({ kind: "pass" }), 500);
      setTimeout(() => void watch.cancel(), cutMs);
      for await (const _ of watch) if (++seen === 3000) break;
    } else {
      const client = new Etcd3({ hosts: proxy.url });
      const watcher = client.watch().key("cut").startRevision(`${begin}`).watcher();
      watcher.on("put", () => seen++);
      watcher.on("error", () => undefined);
      setTimeout(() => void proxy.set({ kind: "pass" }), 500);
      await new Promise((resolve) => setTimeout(resolve, cutMs));
      await watcher.cancel().catch(() => undefined);
      client.close();
    }
    console.log(`${String(bytes).padStart(8)} ${way.padEnd(8)}${3000 - seen}`);
  }
}
grpc.close();
