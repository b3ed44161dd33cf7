import { randomBytes } from "node:crypto";
import type { Command } from "commander";
import { act, type Context } from "./run-action.ts";
import { badFeature } from "./exit-error.ts";
import { sizeText } from "./forms/go-numbers.ts";
import { parseGoDuration } from "./go-duration.ts";
import { argument } from "./global-options.ts";
import { group } from "./group.ts";
import { reportProgress } from "./progress.ts";
import { withScheme } from "./connected.ts";

interface CheckFlags {
  readonly load: string;
  readonly prefix: string;
  readonly autoCompact?: boolean;
  readonly autoDefrag?: boolean;
}

interface Load {
  readonly limit: number;
  readonly clients: number;
}
type Loads = Readonly<Record<"s" | "m" | "l" | "xl", Load>>;

/** The loads of etcdctl: maximum writes per second (`limit`), and how many run at the same time (`clients`). */
const perfLoads: Loads = {
  s: { limit: 150, clients: 50 },
  m: { limit: 1_000, clients: 200 },
  l: { limit: 8_000, clients: 500 },
  xl: { limit: 15_000, clients: 1_000 },
};
/** Number of keys of 1 KiB (`limit`), and how many are written at the same time (`clients`). */
const datascaleLoads: Loads = {
  s: { limit: 10_000, clients: 50 },
  m: { limit: 100_000, clients: 200 },
  l: { limit: 1_000_000, clients: 500 },
  xl: { limit: 3_000_000, clients: 1_000 },
};
const names = {
  s: ["s", "small"],
  m: ["m", "medium"],
  l: ["l", "large"],
  xl: ["xl", "xLarge"],
} as const;

/** `check perf` and `check datascale`. */
export function addCheckCommands(program: Command): void {
  const check = group(program, "check", "measure the cluster");
  const add = (name: string, description: string): Command =>
    check
      .command(name)
      .description(description)
      .option("--load <load>", "s (small), m (medium), l (large) or xl (xLarge)", "s")
      .option(
        "--prefix <prefix>",
        "write the keys below this prefix; they are deleted at the end",
        `/etcdctl-check-${name}/`,
      )
      .option("--auto-compact", "compact up to the last revision afterwards")
      .option("--auto-defrag", "defragment each endpoint afterwards");

  add("perf", "measure writes per second, and how long they take")
    .option("--duration <duration>", "how long to write", argument(parseGoDuration), 60_000)
    .action((flags: CheckFlags & { duration: number }, command: Command) =>
      act(command, (context) => perf(context, flags)),
    );
  add("datascale", "measure the memory that a server needs to hold data").action(
    (flags: CheckFlags, command: Command) => act(command, (context) => datascale(context, flags)),
  );
}

function loadOf(loads: Loads, given: string): Load {
  for (const name of ["s", "m", "l", "xl"] as const) {
    if (names[name].some((each) => each === given)) return loads[name];
  }
  throw badFeature(`unknown load option ${given}`);
}

async function perf(context: Context, flags: CheckFlags & { duration: number }): Promise<void> {
  const { out, signal } = context;
  const { limit, clients } = loadOf(perfLoads, flags.load);
  const progress = reportProgress("check perf", out.json);
  const began = performance.now();
  const end = began + flags.duration;
  const took: number[] = [];
  let started = 0;
  try {
    await atATime(context, clients, async (put) => {
      // Spread evenly over each second, so that the limit per second holds.
      const due = began + (started++ * 1_000) / limit;
      if (due >= end || signal.aborted) return false;
      await pause(due - performance.now(), signal);
      const sent = performance.now();
      await put(`${flags.prefix}${randomBytes(8).toString("hex")}`, randomBytes(1_024));
      took.push(performance.now() - sent);
      const passedMs = performance.now() - began;
      progress.at(`${took.length} writes, ${Math.round(passedMs / 1_000)} s`, passedMs / flags.duration);
      return true;
    });
  } finally {
    progress.done();
    await cleanUp(context, flags);
  }
  const seconds = (performance.now() - began) / 1_000;
  const throughput = took.length / Math.max(seconds, flags.duration / 1_000);
  const slowest = Math.max(0, ...took) / 1_000;
  const mean = took.reduce((sum, each) => sum + each, 0) / Math.max(1, took.length);
  const deviation =
    Math.sqrt(took.reduce((sum, each) => sum + (each - mean) ** 2, 0) / Math.max(1, took.length)) / 1_000;
  const results = [
    result(throughput >= 0.9 * limit, `Throughput is ${Math.floor(throughput)} writes/s`, "Throughput too low: "),
    result(slowest < 0.5, `Slowest request took ${slowest.toFixed(6)}s`, "Slowest request took too long: "),
    result(deviation < 0.1, `Stddev is ${deviation.toFixed(6)}s`, "Stddev too high: "),
  ];
  const passed = results.every(({ ok }) => ok);
  for (const { ok, text } of results) await out.say(`${ok ? "PASS" : "FAIL"}: ${text}`, { ok, text });
  await out.say(passed ? "PASS" : "FAIL", { ok: passed });
  if (!passed) process.exitCode = 1;
}

function result(ok: boolean, text: string, complaint: string): { readonly ok: boolean; readonly text: string } {
  return { ok, text: ok ? text : `${complaint}${text.replace(/^.* (?=\d)/, "")}` };
}

async function datascale(context: Context, flags: CheckFlags): Promise<void> {
  const { etcd, out, signal } = context;
  const { limit, clients } = loadOf(datascaleLoads, flags.load);
  const before = await residentBytes(context);
  if ((await etcd.count({ prefix: flags.prefix }, { signal })) > 0n) {
    throw new Error(`there are keys below ${flags.prefix}: delete them, or choose another --prefix`);
  }
  const progress = reportProgress("check datascale", out.json);
  let written = 0;
  let after: number;
  try {
    await out.say(
      `Start data scale check for work load [${limit} key-value pairs, 1024 bytes per key-value, ${clients} concurrent clients].`,
      { limit, clients },
    );
    let started = 0;
    await atATime(context, clients, async (put) => {
      if (started++ >= limit || signal.aborted) return false;
      await put(`${flags.prefix}${randomBytes(8).toString("hex")}`, randomBytes(1_008));
      progress.at(`${++written} of ${limit} keys`, written / limit);
      return true;
    });
    after = await residentBytes(context);
  } finally {
    progress.done();
    await cleanUp(context, flags);
  }
  await out.say(`PASS: Approximate system memory used : ${sizeText(Math.max(0, after - before))}.`, {
    ok: true,
    bytes: Math.max(0, after - before),
  });
}

type Put = (key: string, value: Uint8Array) => Promise<unknown>;

/** Runs `many` loops at the same time, each of which calls `next` until it resolves with `false`. */
async function atATime({ etcd, signal }: Context, many: number, next: (put: Put) => Promise<boolean>): Promise<void> {
  const put: Put = (key, value) => etcd.put(key, value, { signal });
  await Promise.all(
    Array.from({ length: many }, async () => {
      while (await next(put));
    }),
  );
}

async function cleanUp(context: Context, { prefix, autoCompact, autoDefrag }: CheckFlags): Promise<void> {
  const { etcd, clientOf, options, out } = context;
  // Without `signal`, so that the keys are deleted even after an interrupt.
  const { revision } = await etcd.delete({ prefix });
  if (autoCompact === true) {
    await out.say(`Compacting with revision ${revision}`, { revision });
    await etcd.compact(revision, { physical: true });
    await out.say(`Compacted with revision ${revision}`, { revision });
  }
  for (const endpoint of autoDefrag === true ? options.endpoints : []) {
    await out.say(`Defragmenting "${endpoint}"`, { endpoint });
    await clientOf([endpoint]).maintenance.defragment();
    await out.say(`Defragmented "${endpoint}"`, { endpoint });
  }
}

/** Memory that the first endpoint uses, read from its metrics. */
async function residentBytes({ options, fetch, signal }: Context): Promise<number> {
  const endpoint = withScheme(options.endpoints[0] ?? "", options);
  const answer = await fetch(`${endpoint}/metrics`, { redirect: "manual", signal });
  const found = /^process_resident_memory_bytes (\S+)$/m.exec(await answer.text());
  if (!found) throw new Error(`${endpoint}/metrics does not report the memory of the server`);
  return Number(found[1]);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (ms <= 0 || signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end, { once: true });
  });
}
