import { describe, onTestFinished } from "vitest";
import { createEtcd, type EtcdOptions } from "../../src/index.ts";
import { createMemoryEtcd, type MemoryEtcdOptions } from "../../src/memory/index.ts";
import { shareOf } from "../share-of-suites.ts";
import type { Connect } from "../suites/connect.ts";
import { besideOddKeys } from "../suites/beside-odd-keys.ts";
import { recipeSuites, suites } from "../suites/suites.ts";

/** Of the dialects of 3.5 each suite is run over one, over the other another day. */
const targets = [
  [{ version: "3.4", dialect: "gateway1" }, suites],
  [{ version: "3.5", dialect: "gateway1" }, shareOf(suites, 0, 2)],
  [{ version: "3.5", dialect: "gateway2" }, shareOf(suites, 1, 2)],
] as const;

/** One memory for all suites of a target, as real servers have it. */
function connectTo(options: MemoryEtcdOptions & { readonly version: string }): Connect {
  const memory = createMemoryEtcd({ minLeaseTtl: 1, ...options });
  const endpoints = ["http://127.0.0.1:2379"];
  const connect = (more: Partial<EtcdOptions> = {}): ReturnType<Connect> => {
    const etcd = createEtcd({ endpoints, fetch: memory.fetch, ...more } as EtcdOptions);
    onTestFinished(() => etcd.close());
    return etcd;
  };
  return Object.assign(connect, {
    target: { version: options.version, transport: "gateway" as const, members: 1, endpoints },
  });
}

describe.each(targets)("an etcd in memory of %o", (target, chosen) => {
  const connect = connectTo(target);
  for (const [name, suite] of Object.entries(chosen)) describe(name, () => suite(connect));
});

// Each test sends a MiB more.
describe("beside keys and values that are not text, empty and 1 MiB large, in memory", { timeout: 30_000 }, () => {
  for (const [name, suite] of Object.entries(recipeSuites)) {
    // A memory for each: what it is compacted of is hashed, a MiB for each test.
    describe(name, () => suite(besideOddKeys(connectTo({ version: "3.5" }))));
  }
});
