import { describe, inject, onTestFinished } from "vitest";
import { createEtcd, type EtcdOptions } from "../../../src/index.ts";
import { createMemoryEtcd } from "../../../src/memory/index.ts";
import type { Connect } from "../../../test/suites/connect.ts";
import { storageSuites } from "../../../test/suites/storage.ts";
import { suites } from "../../../test/suites/suites.ts";
import { suitesToRun } from "../provided.ts";

// The suites, all or those asked for, in whatever runtime this file is run, on real servers that run elsewhere and on one in
// memory right here.

type Way = Pick<EtcdOptions, "endpoints" | "fetch">;

interface There {
  readonly version: string;
  readonly crossOrigin: boolean;
}

function connectTo({ version, crossOrigin }: There, way: { readonly endpoints: readonly string[] } & Way): Connect {
  const connect = (options: Partial<EtcdOptions> = {}): ReturnType<Connect> => {
    const etcd = createEtcd({ ...way, ...options } as EtcdOptions);
    onTestFinished(() => etcd.close());
    return etcd;
  };
  const target = { version, transport: "gateway" as const, members: 1, endpoints: way.endpoints, crossOrigin };
  return Object.assign(connect, { target });
}

function runSuites(where: string, connect: Connect): void {
  describe(where, () => {
    const all = { ...suites, ...storageSuites };
    for (const [name, suite] of suitesToRun("v3", all, inject("onlySuites"))) describe(name, () => suite(connect));
  });
}

const inPage = "document" in globalThis;

for (const { version, endpoint } of inject("etcds")) {
  runSuites(`etcd ${version}`, connectTo({ version, crossOrigin: inPage }, { endpoints: [endpoint] }));
}

const memory = createMemoryEtcd({ version: "3.5", minLeaseTtl: 1 });
runSuites(
  "memory",
  connectTo({ version: "3.5", crossOrigin: false }, { endpoints: ["http://127.0.0.1:2379"], fetch: memory.fetch }),
);
