// Side by side on a real etcd: fetcd, raw `fetch`, and the package `etcd3`. `npm run bench -- get MiB` runs the cases
// whose names hold both words; "batch" and "size" are two more. README.md says how to read it.
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { startEtcd } from "../e2e/etcd.ts";
import type * as Fetcd from "../src/index.ts";
import type * as FetcdNode from "../src/node/index.ts";
import { sizeReport } from "../scripts/size-report.ts";
import { setup as checkBuild } from "../test/package/global-setup.ts";
import { root } from "../test/package/project.ts";
import { coldFlagRow } from "./cold-flag.ts";
import { helpCost, importCost } from "../scripts/start-costs.ts";
import { batchedKeys, batchedValue, type Case, cases } from "./cases.ts";
import { type Contestant, etcd3, fetcd, names, rawFetch } from "./contestants.ts";
import { flagRows } from "./flags.ts";
import { nodeFetchRows } from "./node-fetch.ts";
import { measure, type Rounds } from "./measure.ts";
import { batchRow, batchTitle, caseRow, caseTitle, sizeRow, sizeTitle, startRow } from "./report.ts";

const { values: options, positionals } = parseArgs({
  // Per case, about.
  options: { seconds: { type: "string", default: "1.5" } },
  allowPositionals: true,
});
const budgetMs = Number(options.seconds) * 1000;
const wanted = (name: string): boolean => positionals.every((word) => name.includes(word));

buildIfStale();
const wantedCases = cases.filter(({ name }) => wanted(name));
if (wantedCases.length > 0 || wanted("batch")) await race();
if (wanted("node fetch")) await nodeFetch();
if (wanted("flags")) console.log(`\n${(await flagRows()).join("\n")}`);
if (wanted("start")) await start();
if (wanted("size")) await sizes();

async function race(): Promise<void> {
  // What users run: the loader that runs this file has not touched it.
  const { createEtcd } = (await import(`${root}/dist/index.js`)) as typeof Fetcd;
  // Without fsync: a disk would be most of every put, and hide what the clients cost.
  await using server = await startEtcd({ version: "3.5", quotaBytes: 8 * 2 ** 30, flags: ["--unsafe-no-fsync"] });
  const endpoint = server.endpoints[0] ?? "";
  const single = fetcd(names.fetcd, endpoint, createEtcd);
  const batching = fetcd(names.batched, endpoint, createEtcd, { batchReads: true });
  const raw = rawFetch(names.fetch, endpoint);
  const bounded = rawFetch(names.bounded, endpoint, { timeoutMs: 10_000 });
  const buffer = rawFetch(names.buffer, endpoint, { base64: "Buffer" });
  const grpc = etcd3(names.etcd3, endpoint);
  try {
    for (const { get, put } of [single, batching, raw, bounded, buffer, grpc]) await warmUp(get, put);
    console.log(`etcd ${server.version} without fsync, Node ${process.versions.node}\n`);
    if (wantedCases.length > 0) console.log(caseTitle);
    for (const each of wantedCases) console.log(caseRow(each, await run(each, [single, raw, bounded, buffer, grpc])));
    if (wanted("batch")) {
      console.log(`\n${batchTitle}`);
      const rounds = await runBatches(batching, [single, raw, grpc]);
      for (const name of rounds.keys()) console.log(batchRow(name, rounds));
    }
  } finally {
    grpc.close();
  }
}

async function nodeFetch(): Promise<void> {
  const { createNodeFetch } = (await import(`${root}/dist/node/index.js`)) as typeof FetcdNode;
  const { createEtcd } = (await import(`${root}/dist/index.js`)) as typeof Fetcd;
  console.log(`\n${(await nodeFetchRows({ createEtcd, createNodeFetch }, budgetMs)).join("\n")}`);
}

async function start(): Promise<void> {
  console.log(`\n${startRow('import "fetcd" / an empty file, time', importCost(), 5)}`);
  console.log(startRow("fetcd --help / node -e 0, CPU", helpCost(), 2));
  console.log(await coldFlagRow());
}

/** The first calls of a process run uncompiled code, ours the most of it. */
async function warmUp(get: Contestant["get"], put: Contestant["put"]): Promise<void> {
  for (let i = 0; i < 500; i++) {
    await put("bench/warm-up", batchedValue);
    await get("bench/warm-up");
  }
}

async function run({ prepare, call, concurrency }: Case, contestants: readonly Contestant[]): Promise<Rounds> {
  await prepare(contestants[0]?.put ?? (() => Promise.resolve()));
  return measure(new Map(contestants.map((each) => [each.name, () => call(each)])), { concurrency, budgetMs });
}

async function runBatches(batching: Contestant, others: readonly Contestant[]): Promise<Rounds> {
  await Promise.all(batchedKeys.map((key) => batching.put(key, batchedValue)));
  const all = ({ get }: Contestant) => Promise.all(batchedKeys.map((key) => get(key)));
  return measure(new Map([batching, ...others].map((each) => [each.name, () => all(each)])), {
    concurrency: 1,
    budgetMs: 2 * budgetMs,
  });
}

async function sizes(): Promise<void> {
  console.log(`\n${sizeTitle}`);
  for (const row of await sizeReport()) console.log(sizeRow(row));
}

function buildIfStale(): void {
  try {
    checkBuild();
  } catch {
    const { status } = spawnSync("npm", ["run", "build"], { cwd: root, stdio: "inherit" });
    if (status !== 0) process.exit(1);
  }
}
