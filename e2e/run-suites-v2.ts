import { afterAll, beforeAll, describe, onTestFinished } from "vitest";
import { createEtcdV2, type EtcdV2Options } from "../src/v2/index.ts";
import { shareOf } from "../test/share-of-suites.ts";
import { type ConnectV2, type TargetV2, rootUser } from "../test/suites-v2/connect.ts";
import { suitesV2 } from "../test/suites-v2/suites.ts";
import { type Etcd as Rig, type EtcdVersion, startEtcd } from "./etcd.ts";

export interface TargetV2Setup {
  readonly version: EtcdVersion;
  readonly members: 1 | 3;
  readonly auth: boolean;
}

/**
 * With authentication on, etcd hashes the password of every v2 request, which takes it a tenth of a second and more.
 * Suites of thousands of requests go as guests there, who may do everything with keys.
 */
const asGuest: ReadonlySet<string> = new Set(["ttl", "watch", "locks"]);

/**
 * Declares every suite of v2 at each of the targets, on one server per target. `ways`: each target has its share of the suites,
 * one of so many.
 */
export function runSuitesV2(targets: readonly TargetV2Setup[], { ways }: { readonly ways?: number } = {}): void {
  describe.each(targets)("v2 of etcd $version, members: $members, auth: $auth", (setup) => {
    const connectAs = connectTo(setup);
    const chosen = ways === undefined ? suitesV2 : shareOf(suitesV2, targets.indexOf(setup), ways);
    for (const [name, suite] of Object.entries(chosen)) {
      describe(name, () => suite(connectAs(setup.auth && !asGuest.has(name))));
    }
  });
}

function connectTo({ version, members, auth }: TargetV2Setup): (asRoot: boolean) => ConnectV2 {
  let open: Rig | undefined;
  const rig = (): Rig => {
    if (open === undefined) throw new Error("a suite connects in its tests and hooks, where the server runs");
    return open;
  };
  beforeAll(async () => {
    open = await startEtcd({ version, members, v2: true });
    if (!auth) return;
    await using etcd = createEtcdV2({ endpoints: open.endpoints });
    await etcd.auth.users.add(rootUser.username, rootUser.password);
    await etcd.auth.enable();
  });
  afterAll(() => open?.close());

  const target: TargetV2 = {
    version,
    members,
    auth,
    fetch: (url, init) => fetch(url, init),
    get endpoints() {
      return rig().endpoints;
    },
  };
  return (asRoot) => {
    const connect = (options: Partial<EtcdV2Options> = {}): ReturnType<ConnectV2> => {
      const etcd = createEtcdV2({ endpoints: rig().endpoints, ...(asRoot && { auth: rootUser }), ...options });
      onTestFinished(() => etcd.close());
      return etcd;
    };
    return Object.assign(connect, { target });
  };
}
