// Watches side by side on a real etcd: fetcd, the least that somebody without a client does (a line split and
// `JSON.parse`), and the package `etcd3`. `npx tsx bench/watch.ts` runs all; with names of tables, those alone.
import { startEtcd } from "../e2e/etcd.ts";
import type * as Fetcd from "../src/index.ts";
import { root } from "../test/package/project.ts";
import { catchUpTable } from "./watch/catch-up.ts";
import { cutTable } from "./watch/cuts.ts";
import { latencyTable, liveTable, pastTable } from "./watch/live.ts";
import { memoryTable } from "./watch/memory.ts";
import { waysTo } from "./watch/ways.ts";

const { createEtcd } = (await import(`${root}/dist/index.js`)) as typeof Fetcd;
await using server = await startEtcd({ version: "3.5", quotaBytes: 8 * 2 ** 30, flags: ["--unsafe-no-fsync"] });
const endpoint = server.endpoints[0] ?? "";
const etcd = createEtcd({ endpoints: endpoint });
const ways = waysTo(endpoint, etcd);
const tables = {
  "catch-up": () => catchUpTable(createEtcd),
  past: () => pastTable(endpoint, etcd, ways),
  live: () => liveTable(endpoint, ways),
  latency: () => latencyTable(endpoint, ways),
  memory: () => memoryTable(ways),
  cuts: () => cutTable(endpoint, createEtcd),
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in tables));
if (unknown.length > 0) throw new Error(`no table ${unknown.join()}; there are ${Object.keys(tables).join(", ")}`);
console.log(`etcd ${server.version} without fsync, Node ${process.versions.node}`);
for (const [name, print] of Object.entries(tables)) if (wanted.length === 0 || wanted.includes(name)) await print();
await ways.close();
