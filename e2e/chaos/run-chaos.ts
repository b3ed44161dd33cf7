import { setTimeout as pause } from "node:timers/promises";
import { createEtcd, type Etcd } from "../../src/index.ts";
import { type EtcdVersion, startEtcd } from "../etcd.ts";
import { history } from "../faults/ground-truth.ts";
import { faultProxy } from "../fault-proxy.ts";
import type { Change, Lease, Operation, Watched } from "./client-history.ts";
import { readLeases } from "./read-leases.ts";
import { plague } from "./nemesis.ts";
import { seededBugs } from "./seeded-bugs.ts";
import { judgement, type Violations } from "./judgement.ts";
import { randomOf, recordWatch, runWorkload } from "./workload.ts";

export interface ChaosOptions {
  readonly version: EtcdVersion;
  readonly durationMs: number;
  /** It goes on until so many operations are done, however long that takes. Default 0. */
  readonly minOperations?: number;
  readonly seed: number;
  /** Default 8. */
  readonly clients?: number;
  /**
   * How many things each client does at a time. Default 3, so that it is not one stuck call that keeps it from working.
   */
  readonly linesPerClient?: number;
  /** Default 4. */
  readonly watchers?: number;
  /** Only faults of these kinds. Default: all. */
  readonly only?: readonly string[] | undefined;
  /** A client that is wrong on purpose, by its name in `seededBugs`. */
  readonly bug?: string | undefined;
  /** Told now and then how far it is. */
  readonly progress?: (line: string) => void;
}

export interface ChaosReport {
  readonly version: string;
  readonly seed: number;
  readonly operations: number;
  /** By outcome. */
  readonly outcomes: Readonly<Record<Operation["outcome"], number>>;
  /** By what was called. */
  readonly methods: Readonly<Record<string, number>>;
  /** Of the writes whose outcome is unknown, those that took place. */
  readonly unknownApplied: number;
  /** How often each kind of fault was injected. */
  readonly faults: Readonly<Record<string, number>>;
  readonly changes: number;
  /** How often a watch was opened again. */
  readonly reconnects: number;
  readonly violations: Violations;
  readonly checkMs: number;
  /** All that the checkers looked at. */
  readonly record: {
    readonly operations: readonly Operation[];
    readonly log: readonly Change[];
    readonly watched: readonly Watched[];
    readonly leases: readonly Lease[];
  };
}

const prefix = "chaos/";
/** Shorter than most faults: who waits for one to be over finds out little. */
const callMs = 2000;

/** Clients at work on three members of etcd behind proxies while things go wrong, and what the checkers say of it. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { version, durationMs, seed, bug, only, clients: lines = 8, watchers = 4, progress } = options;
  const { minOperations = 0, linesPerClient = 3 } = options;
  const wrong = bug === undefined ? undefined : seededBugs[bug];
  if (bug !== undefined && wrong === undefined) throw new RangeError(`no such bug: ${bug}`);
  await using server = await startEtcd({ version, members: 3 });
  const proxies = await Promise.all(server.endpoints.map((url) => faultProxy(url)));
  let reconnects = 0;
  const random = randomOf(seed);
  const open = (i: number): Etcd => {
    // Each prefers another member.
    const endpoints = proxies.map((_, at) => proxies[(at + i) % proxies.length]?.url ?? "");
    const etcd = createEtcd({
      endpoints,
      timeoutMs: callMs,
      logger: (event) => {
        if (event.type === "watch" && event.state === "retrying") reconnects++;
      },
    });
    return wrong?.(etcd, random) ?? etcd;
  };
  const all = Array.from({ length: lines + watchers }, (_, i) => open(i));
  try {
    const watching = all.slice(lines).map((etcd) => recordWatch(etcd, prefix, 1n));
    const stop = new AbortController();
    let [count, over] = [0, false];
    const stopIfDone = (): void => {
      if (over && count >= minOperations) stop.abort();
    };
    const timer = setTimeout(() => {
      over = true;
      stopIfDone();
    }, durationMs);
    const done = (): void => {
      count++;
      stopIfDone();
    };
    const counts: Record<string, number> = {};
    const faulty = plague({ server, proxies }, { random, stop: stop.signal, only }, (fault) => {
      counts[fault] = (counts[fault] ?? 0) + 1;
      progress?.(fault);
    });
    const clients = all.slice(0, lines).flatMap((etcd) => Array.from({ length: linesPerClient }, () => etcd));
    const operations = await runWorkload({ clients, seed, prefix, stop: stop.signal, done }).finally(() => {
      stop.abort();
      clearTimeout(timer);
    });
    await faulty;
    await server.waitReady();

    // A write whose outcome is unknown may take place for as long as the server itself would wait; after that nothing
    // changes any more.
    await pause(uncertainMs);
    await using truth = createEtcd({ endpoints: server.endpoints });
    const call = performance.now();
    const { revision } = await truth.put(`${prefix}end`, "end");
    const last = { type: "put", value: "end", revision } as const;
    operations.push({ client: -1, key: `${prefix}end`, call, end: performance.now(), outcome: "ok", action: last });
    const watched = await Promise.all(watching.map((each) => each.end(revision)));
    const log = (await history(server, prefix, 1n)).map(
      ({ type, key, value, revision: at }): Change => ({ type, key, value, revision: BigInt(at) }),
    );
    const leases = await readLeases((path, body) => server.post(path, body));
    const from = performance.now();
    const violations = judgement(operations, log, watched, leases);
    const outcomes = { ok: 0, applied: 0, "not-applied": 0, unknown: 0 };
    const methods: Record<string, number> = {};
    for (const { outcome, method = "put" } of operations) {
      outcomes[outcome]++;
      methods[method] = (methods[method] ?? 0) + 1;
    }
    const written = new Set(log.map(({ value }) => value));
    const uncertain = operations.filter(({ outcome }) => outcome === "unknown");
    return {
      version: server.version,
      seed,
      operations: operations.length,
      outcomes,
      methods,
      unknownApplied: uncertain.filter(({ action }) => "value" in action && written.has(action.value)).length,
      faults: counts,
      changes: log.length,
      reconnects,
      violations,
      checkMs: performance.now() - from,
      record: { operations, log, watched, leases },
    };
  } finally {
    await Promise.all(all.map((etcd) => etcd.close()));
    await Promise.all(proxies.map((proxy) => proxy.close()));
  }
}

/** How long after the last fault a write that was given up may still come. */
const uncertainMs = 8000;
