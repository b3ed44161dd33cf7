import { beforeAll, describe, onTestFinished } from "vitest";
import { createMemoryEtcd } from "../../src/memory/index.ts";
import { createEtcdV2, type EtcdV2Options } from "../../src/v2/index.ts";
import { type ConnectV2, rootUser } from "../suites-v2/connect.ts";
import { suitesV2 } from "../suites-v2/suites.ts";

const targets = [
  { version: "3.4", auth: false },
  { version: "3.5", auth: true },
] as const;

/** One memory for all suites of a target, as real servers have it. */
function connectTo({ version, auth }: (typeof targets)[number]): ConnectV2 {
  const memory = createMemoryEtcd({ version });
  const endpoints = ["http://127.0.0.1:2379"];
  beforeAll(async () => {
    if (!auth) return;
    await using etcd = createEtcdV2({ endpoints, fetch: memory.fetch });
    await etcd.auth.users.add(rootUser.username, rootUser.password);
    await etcd.auth.enable();
  });
  const connect = (more: Partial<EtcdV2Options> = {}): ReturnType<ConnectV2> => {
    const etcd = createEtcdV2({ endpoints, fetch: memory.fetch, ...(auth && { auth: rootUser }), ...more });
    onTestFinished(() => etcd.close());
    return etcd;
  };
  return Object.assign(connect, { target: { version, members: 1, endpoints, auth, fetch: memory.fetch } });
}

describe.each(targets)("v2 of an etcd $version in memory, auth: $auth", (target) => {
  const connect = connectTo(target);
  for (const [name, suite] of Object.entries(suitesV2)) describe(name, () => suite(connect));
});
