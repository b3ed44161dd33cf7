import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Case, faultsIn, sampled } from "../test/nth-request/broken-requests.ts";
import { recipeOperations } from "../test/nth-request/recipe-operations.ts";
import { type Operation, runCase, type Subject } from "../test/nth-request/run-broken-request.ts";
import { seed, whole } from "../test/nth-request/sample.ts";
import { truthOf } from "../test/nth-request/truth.ts";
import { measured } from "../test/nth-request/unbroken.ts";
import { v2Operations } from "../test/nth-request/v2-operations.ts";
import { v2Subject } from "../test/nth-request/v2-subject.ts";
import { v3Operations } from "../test/nth-request/v3-operations.ts";
import { v3Subject } from "../test/nth-request/v3-subject.ts";
import type { Etcd } from "../src/v3/client.ts";
import { type Etcd as Server, type EtcdVersion, startEtcd } from "./etcd.ts";

/** How many cases of each target run, unless all do. */
const size = 300;
/** Of each target: a case has a server for itself, and leaves it as it was. */
const servers = 3;

const v3Table = [...v3Operations, ...recipeOperations];
const v3At = (url: string): Subject<Etcd> => ({ ...v3Subject(fetch, url), end: () => empty(url) });
// What 3.4 does not serve is refused there, whatever breaks.
const served = v3Table.filter(({ name }) => name !== "maintenance.hashKv");
declareCases("v3", "3.4", served, v3At);
declareCases("v3", "3.5", v3Table, v3At);
// With nothing to show who it is: authentication is off, and each name is used once.
declareCases("v2", "3.5", v2Operations, (url) => v2Subject(fetch, url, { auth: undefined }));

function declareCases<C>(
  api: "v2" | "v3",
  version: EtcdVersion,
  table: readonly Operation<C>[],
  worldAt: (url: string) => Subject<C>,
): void {
  describe(`whichever request of an operation of ${api} breaks, on etcd ${version}`, () => {
    const free: Server[] = [];
    beforeAll(async () => {
      const options = { version, v2: api === "v2" };
      free.push(...(await Promise.all(Array.from({ length: servers }, () => startEtcd(options)))));
    });
    afterAll(() => Promise.all(free.map((server) => server.close())));

    async function run({ operation, plan }: Case<C>): Promise<string | undefined> {
      const server = free.pop();
      if (server === undefined) throw new Error("more cases at a time than servers");
      try {
        return (await runCase(worldAt(server.endpoints[0] ?? ""), operation, plan)).fault;
      } finally {
        free.push(server);
      }
    }

    it("what it reports is true, in time, and nothing is left that it did not announce", async () => {
      const operations = table.filter(({ memoryOnly }) => memoryOnly !== true);
      const { singles, pairs, wrong } = await measured(operations, () => worldAt(free[0]?.endpoints[0] ?? ""));
      expect(wrong).toEqual([]);
      const all = [...singles, ...pairs];
      const cases = whole ? all : [...sampled(singles, size * 0.7, seed % 1), ...sampled(pairs, size * 0.3, seed % 1)];
      expect(cases.length).toBeGreaterThanOrEqual(size);
      expect(await faultsIn(cases, servers, run), `seed ${seed}, ${cases.length} cases`).toEqual([]);
    }, 3_600_000);
  });
}

/** Removes all keys, leases, users and roles of v3. */
async function empty(url: string): Promise<void> {
  const { post } = truthOf(fetch, url);
  const list = async (path: string, field: string): Promise<unknown[]> =>
    ((await post(path))[field] ?? []) as unknown[];
  await post("/v3/kv/deleterange", { key: "AA==", range_end: "AA==" });
  for (const lease of await list("/v3/lease/leases", "leases")) await post("/v3/lease/revoke", lease as object);
  for (const name of await list("/v3/auth/user/list", "users")) await post("/v3/auth/user/delete", { name });
  for (const role of await list("/v3/auth/role/list", "roles")) await post("/v3/auth/role/delete", { role });
}
