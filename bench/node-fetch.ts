import { readFileSync } from "node:fs";
import { Etcd3 } from "etcd3";
import { type Etcd, startEtcd } from "../e2e/etcd.ts";
import type * as Fetcd from "../src/index.ts";
import type * as FetcdNode from "../src/node/index.ts";
import { measure, ratio } from "./measure.ts";

// In Node: fetcd over `createNodeFetch` and over the built-in fetch, beside the package `etcd3` over gRPC, with TLS too.

export interface Packages {
  readonly createEtcd: (typeof Fetcd)["createEtcd"];
  readonly createNodeFetch: (typeof FetcdNode)["createNodeFetch"];
}

interface Contestant {
  readonly name: string;
  get(key: string): Promise<unknown>;
  put(key: string, value: Uint8Array): Promise<unknown>;
  close(): unknown;
}

/** The most that fetcd over `createNodeFetch` may cost, as multiples of `etcd3`. */
const target = { latencyMs: 1.1, cpuMs: 0.8 };
const own = "createNodeFetch";
const key = "bench/node-fetch";
const value = Uint8Array.from({ length: 64 }, (_, i) => (i * 7919) >> 3);

/** The lines of a table. `budgetMs`: for each of its cases, about. */
export async function nodeFetchRows(packages: Packages, budgetMs: number): Promise<string[]> {
  const lines = [
    ["", "fetcd", "fetcd", `${own} / etcd3`, "fetch / etcd3"],
    ["", "ms", "cpu ms", "ms    cpu", "ms    cpu"],
  ];
  for (const tls of [false, true]) {
    await using server = await startEtcd({
      version: "3.5",
      flags: ["--unsafe-no-fsync"],
      ...(tls && { tls: "server" as const }),
    });
    const contestants = contestantsOf(server, packages);
    try {
      for (const { put, get } of contestants) for (let i = 0; i < 300; i++) await put(key, value).then(() => get(key));
      for (const name of ["get", "put"] as const) {
        for (const concurrency of [1, 64]) {
          const calls = contestants.map((each) => [each.name, () => each[name](key, value)] as const);
          const rounds = await measure(new Map(calls), { concurrency, budgetMs });
          const costs = rounds.get(own) ?? [];
          const middle = (of: "latencyMs" | "cpuMs"): string =>
            (costs.map((cost) => cost[of]).toSorted((a, b) => a - b)[costs.length >> 1] ?? NaN).toFixed(3);
          const pair = (one: string): string =>
            rounds.has(one)
              ? (["latencyMs", "cpuMs"] as const).map((of) => ratio(rounds, one, "etcd3", of).toFixed(2)).join("  ")
              : "";
          const missed = (["latencyMs", "cpuMs"] as const).some((of) => ratio(rounds, own, "etcd3", of) > target[of]);
          lines.push([
            `${name} 64 B, ${concurrency} at a time${tls ? ", TLS" : ""}`,
            middle("latencyMs"),
            middle("cpuMs"),
            pair(own),
            pair("fetch"),
            `  ≤ ${target.latencyMs.toFixed(2)} ${target.cpuMs.toFixed(2)}${missed ? "  MISSED" : ""}`,
          ]);
        }
      }
    } finally {
      for (const each of contestants) await each.close();
    }
  }
  const widths = [30, 9, 9, 25, 18];
  return lines.map((cells) =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(30) : cell.padStart(widths[i] ?? 0)))
      .join("")
      .trimEnd(),
  );
}

function contestantsOf(server: Etcd, { createEtcd, createNodeFetch }: Packages): Contestant[] {
  const endpoints = server.endpoints[0] ?? "";
  const ca = server.certs === undefined ? undefined : readFileSync(server.certs.ca);
  const fetch = createNodeFetch(ca === undefined ? {} : { ca });
  const overNode = createEtcd({ endpoints, fetch });
  const grpc = new Etcd3({ hosts: endpoints, ...(ca !== undefined && { credentials: { rootCertificate: ca } }) });
  const contestants: Contestant[] = [
    {
      name: own,
      get: (name) => overNode.get(name),
      put: (name, bytes) => overNode.put(name, bytes),
      close: async () => {
        await overNode.close();
        await fetch.close();
      },
    },
    {
      name: "etcd3",
      get: (name) => grpc.get(name).exec(),
      put: (name, bytes) => grpc.put(name).value(Buffer.from(bytes)).exec(),
      close: () => grpc.close(),
    },
  ];
  // The built-in fetch takes no certificate of an authority.
  if (ca === undefined) {
    const overFetch = createEtcd({ endpoints });
    contestants.push({
      name: "fetch",
      get: (name) => overFetch.get(name),
      put: (name, bytes) => overFetch.put(name, bytes),
      close: () => overFetch.close(),
    });
  }
  return contestants;
}
