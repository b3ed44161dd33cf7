import { describe, onTestFinished } from "vitest";
import { createEtcd, type EtcdOptions } from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";
import { type Access, createProxy } from "../../src/proxy/index.ts";
import { shareOf } from "../share-of-suites.ts";
import type { Connect } from "../suites/connect.ts";
import { suites } from "../suites/suites.ts";

/**
 * Who the caller is, the proxy knows by itself: a login of etcd's goes nowhere. And compaction does not reach watches that
 * the proxy has kept open over the break of a caller.
 */
const { auth: _login, outlasting: _compaction, ...through } = suites;

const everything: Access = {
  subject: "tester",
  allow: [
    { read: { all: true }, write: { all: true }, lease: true, cluster: "write", maintenance: "write", auth: "write" },
  ],
};

/** One memory, and a proxy in front of it, for all suites. */
function connectThrough(access: Access): Connect {
  const memory = createMemoryEtcd({ version: "3.5", minLeaseTtl: 1 });
  const proxy = createProxy({
    etcd: { fetch: memory.fetch },
    authorize: () => access,
    limits: {
      requests: 1e6,
      totalRequests: 1e6,
      watches: 1e6,
      totalWatches: 1e6,
      leases: 1e6,
      perSecond: 1e9,
      burst: 1e9,
      totalPerSecond: 1e9,
      totalBurst: 1e9,
      totalLeases: 1e6,
      bodyBytes: 1e9,
    },
  });
  const endpoints = ["http://127.0.0.1:2379"];
  const connect = (more: Partial<EtcdOptions> = {}): ReturnType<Connect> => {
    const etcd = createEtcd({ endpoints, fetch: (url, init) => proxy(new Request(url, init)), ...more } as EtcdOptions);
    onTestFinished(() => etcd.close());
    return etcd;
  };
  return Object.assign(connect, {
    target: { version: "3.5", transport: "gateway" as const, members: 1, endpoints, ownLeaseIds: true },
  });
}

describe.each([
  ["", everything, 0],
  [" for a tenant", { ...everything, namespace: "tenants/a/" }, 1],
] as const)("a proxy in front of an etcd in memory%s", (_name, access, way) => {
  const connect = connectThrough(access);
  for (const [name, suite] of Object.entries(shareOf(through, way, 2))) describe(name, () => suite(connect));
});
