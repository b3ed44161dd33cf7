import { describe, inject, onTestFinished } from "vitest";
import { createMemoryEtcd } from "../../../src/memory/index.ts";
import { createEtcdV2, type EtcdV2Options } from "../../../src/v2/index.ts";
import type { ConnectV2, TargetV2 } from "../../../test/suites-v2/connect.ts";
import { suitesV2 } from "../../../test/suites-v2/suites.ts";
import { suitesToRun } from "../provided.ts";

// The suites of v2, all or those asked for, in whatever runtime this file is run, on real servers that run elsewhere and on one in memory here.

interface Way {
  readonly endpoints: readonly string[];
  readonly fetch?: TargetV2["fetch"];
}

function connectTo(there: Pick<TargetV2, "version" | "crossOrigin">, way: Way): ConnectV2 {
  const connect = (options: Partial<EtcdV2Options> = {}): ReturnType<ConnectV2> => {
    const etcd = createEtcdV2({ ...way, ...options });
    onTestFinished(() => etcd.close());
    return etcd;
  };
  const target = {
    ...there,
    members: 1,
    auth: false,
    fetch: (url: string, init: RequestInit) => fetch(url, init),
    ...way,
  };
  return Object.assign(connect, { target });
}

function runSuites(where: string, connect: ConnectV2): void {
  describe(where, () => {
    describe("v2", () => {
      for (const [name, suite] of suitesToRun("v2", suitesV2, inject("onlySuites")))
        describe(name, () => suite(connect));
    });
  });
}

const inPage = "document" in globalThis;

for (const { version, endpoint } of inject("etcdsV2")) {
  runSuites(`etcd ${version}`, connectTo({ version, crossOrigin: inPage }, { endpoints: [endpoint] }));
}

const memory = createMemoryEtcd({ version: "3.5" });
runSuites("memory", connectTo({ version: "3.5" }, { endpoints: ["http://127.0.0.1:2379"], fetch: memory.fetch }));
